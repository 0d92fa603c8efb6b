#include <cstdint>
#include <utility>

#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/compute_type.h"
#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

int Extent(int64_t extent) {
  SG_CHECK(extent <= INT32_MAX) << "[MatMul] an extent of " << extent << " is more than cuBLAS takes";
  return static_cast<int>(extent);
}

// A small product takes less time than a call of cuBLAS, so the gain is in sharing launches: the products of layers
// that do not depend on each other go together. Their f32 operands are not rounded to TF32.
constexpr int64_t kMostSmallProducts = int64_t{1} << 24, kMostSmallDepth = 1024;

void AddSmall(Context& context, const MatMulArgs& args, int64_t rows, int64_t columns, int64_t depth) {
  QueuedKernel kernel = {};
  kernel.kind = KernelKind::kMatMul;
  kernel.in_type = args.a.dtype;
  kernel.out_type = DType::kF32;
  kernel.count = rows * columns;
  kernel.blocks = ((rows + kMatMulTile - 1) / kMatMulTile) * ((columns + kMatMulTile - 1) / kMatMulTile);
  kernel.out = args.y.data;
  kernel.mapped[0] = args.a.data;
  kernel.mapped[1] = args.b.data;
  const int64_t a_row = args.transpose_a ? 1 : depth, a_depth = args.transpose_a ? rows : 1;
  const int64_t b_depth = args.transpose_b ? 1 : columns, b_column = args.transpose_b ? depth : 1;
  kernel.matmul = {rows, columns, depth, a_row, a_depth, b_depth, b_column, static_cast<float>(args.alpha)};
  context.queue().Add("MatMul", kernel, {{args.a}, {args.b}}, args.y);
}

}  // namespace

void CudaKernels::MatMul(const MatMulArgs& args) {
  const Shape &a_shape = args.a.shape, &b_shape = args.b.shape, &y_shape = args.y.shape;
  const int64_t batch = y_shape.rank() == 3 ? y_shape.dim(0) : 1, rows = y_shape.dim(-2), cols = y_shape.dim(-1);
  const int64_t depth = a_shape.dim(args.transpose_a ? -2 : -1);
  CheckComputeType("MatMul", args.a.dtype);
  if (args.y.NumElements() == 0) return;
  if (depth == 0) return Fill({args.y, 0});

  if (batch == 1 && rows * cols * depth <= kMostSmallProducts && depth <= kMostSmallDepth) {
    return AddSmall(context_, args, rows, cols, depth);
  }
  context_.queue().Before({args.a, args.b}, {args.y});
  // cuBLAS stores matrices by columns and so sees the transpose of a row-major matrix: y' = b' a'.
  const cudaDataType_t type = args.a.dtype == DType::kBF16 ? CUDA_R_16BF : CUDA_R_32F;
  const cublasComputeType_t compute =
      type == CUDA_R_32F && context_.options().tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  const float alpha = static_cast<float>(args.alpha), beta = 0;
  SG_CUBLAS_CHECK(cublasGemmStridedBatchedEx(
      context_.cublas(), args.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N, args.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N,
      Extent(cols), Extent(rows), Extent(depth), &alpha, args.b.data, type, Extent(b_shape.dim(-1)), depth * cols,
      args.a.data, type, Extent(a_shape.dim(-1)), rows * depth, &beta, args.y.data, CUDA_R_32F, Extent(cols),
      rows * cols, Extent(batch), compute, CUBLAS_GEMM_DEFAULT));
  CountLibraryCall();
}

}  // namespace sg::cuda
