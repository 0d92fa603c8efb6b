// Replaces the CUDA backend in a build without CUDA.
#include "engine/backend/cuda/cuda_backend.h"

namespace sg {
Backend* CudaBackend(int /*index*/) { return nullptr; }

std::string CudaUnavailableReason(int /*index*/) { return "no CUDA in this build"; }

void ConfigureCudaBackend(int /*index*/, const DeviceOptions& /*options*/) {}
DeviceOptions CudaBackendOptions(int /*index*/) { return {}; }

CudaCounts CudaCountsSoFar() { return {}; }
std::vector<std::string> CudaConvolutions(int /*index*/) { return {}; }

void ReleaseCudaBackends() {}

}  // namespace sg
