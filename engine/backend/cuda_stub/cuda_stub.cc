// Replaces the CUDA backend in a build without CUDA.
#include "engine/backend/cuda/cuda_backend.h"

namespace sg {
namespace {

// The options have no effect without a GPU, but CurrentCudaOptions still returns them.
CudaOptions& GlobalOptions() {
  static CudaOptions options;
  return options;
}

}  // namespace

Backend* CudaBackend(int /*index*/) { return nullptr; }

std::string CudaUnavailableReason(int /*index*/) { return "no CUDA in this build"; }

void SetCudaOptions(const CudaOptions& options) { GlobalOptions() = options; }
const CudaOptions& CurrentCudaOptions() { return GlobalOptions(); }

CudaCounts CudaCountsSoFar() { return {}; }

void ReleaseCudaBackends() {}

}  // namespace sg
