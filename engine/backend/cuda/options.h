// The CudaOptions in force.
#ifndef ENGINE_BACKEND_CUDA_OPTIONS_H_
#define ENGINE_BACKEND_CUDA_OPTIONS_H_

#include "engine/backend/cuda/cuda_backend.h"

namespace sg::cuda {

const CudaOptions& Options();

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_OPTIONS_H_
