#include "engine/backend/cuda/options.h"

namespace sg {
namespace {

CudaOptions& GlobalOptions() {
  static CudaOptions options;
  return options;
}

}  // namespace

void SetCudaOptions(const CudaOptions& options) { GlobalOptions() = options; }
const CudaOptions& CurrentCudaOptions() { return GlobalOptions(); }

namespace cuda {

const CudaOptions& Options() { return GlobalOptions(); }

}  // namespace cuda
}  // namespace sg
