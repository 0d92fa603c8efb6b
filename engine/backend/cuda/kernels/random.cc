// Random.
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/queue/elementwise_work.h"
#include "engine/base/check.h"

namespace sg::cuda {

void CudaKernels::Random(const RandomArgs& args) {
  SG_CHECK(args.y.dtype == DType::kF32) << "[Random] no CUDA kernel for " << args.y.dtype;
  if (args.y.NumElements() == 0) return;
  const WorkKind kind = args.distribution == Distribution::kNormal ? WorkKind::kNormal : WorkKind::kUniform;
  Work work = ElementwiseWork(kind, DType::kF32, args.y);
  work.packed = IsQuadAligned(args.y);
  work.random = {args.seed, args.stream, args.offset};
  context_.queue().Add("Random", work, {}, args.y);
}

}  // namespace sg::cuda
