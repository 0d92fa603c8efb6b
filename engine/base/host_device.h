// SG_HD marks a function that nvcc also compiles for the device.
#ifndef ENGINE_BASE_HOST_DEVICE_H_
#define ENGINE_BASE_HOST_DEVICE_H_

#ifdef __CUDACC__
#define SG_HD __host__ __device__ inline
// Before a template that calls what it is given: on the device that is a function of the device.
#define SG_HD_CALLS_BACK _Pragma("nv_exec_check_disable")
#else
#define SG_HD inline
#define SG_HD_CALLS_BACK
#endif

#endif  // ENGINE_BASE_HOST_DEVICE_H_
