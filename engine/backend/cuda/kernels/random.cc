// Random.
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/queue/elementwise_kernel.h"
#include "engine/base/check.h"

namespace sg::cuda {

void CudaKernels::Random(const RandomArgs& args) {
  SG_CHECK(args.y.dtype == DType::kF32) << "[Random] no CUDA kernel for " << args.y.dtype;
  if (args.y.NumElements() == 0) return;
  const KernelKind kind = args.distribution == Distribution::kNormal ? KernelKind::kNormal : KernelKind::kUniform;
  QueuedKernel kernel = ElementwiseKernel(kind, DType::kF32, args.y);
  kernel.packed = IsQuadAligned(args.y);
  kernel.random = {args.seed, args.stream, args.offset};
  context_.queue().Add("Random", kernel, {}, args.y);
}

}  // namespace sg::cuda
