// Stands in for the CUDA backend in a build without CUDA.
#ifndef ENGINE_BACKEND_CUDA_STUB_CUDA_STUB_H_
#define ENGINE_BACKEND_CUDA_STUB_CUDA_STUB_H_

#include "engine/backend/backend.h"

namespace sg {

// Null: there is no CUDA in this build.
Backend* CudaBackend(int index);

}  // namespace sg

#endif  // ENGINE_BACKEND_CUDA_STUB_CUDA_STUB_H_
