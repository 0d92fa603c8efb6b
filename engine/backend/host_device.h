// SG_HD marks a function that nvcc also compiles for the device.
#ifndef ENGINE_BACKEND_HOST_DEVICE_H_
#define ENGINE_BACKEND_HOST_DEVICE_H_

#ifdef __CUDACC__
#define SG_HD __host__ __device__ inline
#else
#define SG_HD inline
#endif

#endif  // ENGINE_BACKEND_HOST_DEVICE_H_
