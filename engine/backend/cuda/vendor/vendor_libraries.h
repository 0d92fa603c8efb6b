// Loads cuDNN and cuBLAS when a GPU is first requested, not when the program starts. A program built with CUDA
// therefore also runs on machines without them. vendor_libraries.cc defines the functions of these libraries that the
// backend calls, and each forwards to the library. Callers include NVIDIA's headers and call the functions as usual.
#ifndef ENGINE_BACKEND_CUDA_VENDOR_VENDOR_LIBRARIES_H_
#define ENGINE_BACKEND_CUDA_VENDOR_VENDOR_LIBRARIES_H_

#include <string>

namespace sg::cuda {

// Loads both, once. Returns false with the reason in *why if one is missing; none of their functions may be called
// then.
bool LoadVendorLibraries(std::string* why);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_VENDOR_VENDOR_LIBRARIES_H_
