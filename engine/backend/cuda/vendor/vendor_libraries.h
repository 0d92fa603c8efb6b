// cuDNN and cuBLAS are loaded when a GPU is first asked for, not when the program starts: a program that was built with
// CUDA also runs where there is neither. vendor_libraries.cc defines the functions of these libraries that the backend
// calls, each of which forwards to the library; so the callers include NVIDIA's headers and call them as they are.
#ifndef ENGINE_BACKEND_CUDA_VENDOR_VENDOR_LIBRARIES_H_
#define ENGINE_BACKEND_CUDA_VENDOR_VENDOR_LIBRARIES_H_

#include <string>

namespace sg::cuda {

// Loads both, once. False, with the reason in *why, where one is missing; then none of their functions may be called.
bool LoadVendorLibraries(std::string* why);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_VENDOR_VENDOR_LIBRARIES_H_
