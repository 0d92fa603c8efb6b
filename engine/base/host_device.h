// SG_HD marks a function that nvcc also compiles for the device.
#ifndef ENGINE_BASE_HOST_DEVICE_H_
#define ENGINE_BASE_HOST_DEVICE_H_

#ifdef __CUDACC__
#define SG_HD __host__ __device__ inline
// Put before a template that calls its argument: silences nvcc's host/device mismatch warning, since on the GPU the
// argument is a device function.
#define SG_HD_CALLS_BACK _Pragma("nv_exec_check_disable")
#else
#define SG_HD inline
#define SG_HD_CALLS_BACK
#endif

#endif  // ENGINE_BASE_HOST_DEVICE_H_
