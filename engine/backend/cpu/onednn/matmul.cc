// Matrix products by oneDNN, compiled once per geometry. alpha is an output scale passed at execution. It is therefore
// not part of the cache key, and it costs nothing since the product applies it.
#include <omp.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/memory/pool.h"
#include "engine/backend/cpu/onednn/compute_type.h"
#include "engine/backend/cpu/onednn/onednn.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

struct MatMulKey {
  int64_t batch;  // 0 for rank 2
  int64_t m, n, k;
  int64_t transpose_a, transpose_b, dtype, scaled;
  int64_t threads;
};

struct CompiledMatMul {
  DType dtype;  // of a and b
  dnnl_memory_desc_t a, b, y, scale;
  std::unique_ptr<Primitive> compute;
};

// A [rows, cols] matrix. If transposed, its memory holds [cols, rows].
dnnl_memory_desc_t MatrixDesc(int64_t batch, int64_t rows, int64_t cols, bool transposed, DType dtype) {
  // A vector has the same memory layout as its transpose. Described as a row-major matrix, it keeps a leading dimension
  // that the kernels accept.
  if (rows == 1 || cols == 1) transposed = false;
  const int64_t row_stride = transposed ? 1 : cols, col_stride = transposed ? rows : 1;
  if (batch == 0) return MakeStridedDesc({rows, cols}, dtype, {row_stride, col_stride});
  return MakeStridedDesc({batch, rows, cols}, dtype, {rows * cols, row_stride, col_stride});
}

std::unique_ptr<CompiledMatMul> CompileIn(DType dtype, const MatMulKey& key) {
  auto compiled = std::make_unique<CompiledMatMul>();
  compiled->dtype = dtype;
  compiled->a = MatrixDesc(key.batch, key.m, key.k, key.transpose_a != 0, dtype);
  compiled->b = MatrixDesc(key.batch, key.k, key.n, key.transpose_b != 0, dtype);
  compiled->y = MatrixDesc(key.batch, key.m, key.n, false, DType::kF32);
  compiled->scale = MakeDesc({1}, DType::kF32, dnnl_x);
  dnnl_matmul_desc_t operation;
  SG_DNNL(dnnl_matmul_desc_init(&operation, &compiled->a, &compiled->b, nullptr, &compiled->y));
  PrimitiveDesc desc = MakePrimitiveDesc(&operation, nullptr, key.scaled != 0);
  if (IsPoor(desc) && dtype != DType::kF32) return CompileIn(DType::kF32, key);
  SG_CHECK(desc != nullptr) << "[MatMul] oneDNN has no " << key.m << "x" << key.n << "x" << key.k << " product of "
                            << dtype;
  compiled->compute = std::make_unique<Primitive>(std::move(desc));
  return compiled;
}

std::unique_ptr<CompiledMatMul> Compile(const MatMulKey& key) { return CompileIn(static_cast<DType>(key.dtype), key); }

// From 16 rows on, oneDNN rearranges a transposed b in every call, which takes longer than a product of few rows. A
// batch of latents times the 512x512 weights of a dense layer takes 27 us for 8 rows, 250 us for 16 and 289 us for 32.
constexpr int64_t kPieceRows = 8, kFewestRows = 16, kMostRows = 64;

bool IsBetterInPieces(const MatMulArgs& args) {
  const int64_t rows = args.y.shape[-2];
  return args.y.shape.rank() == 2 && !args.transpose_a && args.transpose_b && args.a.dtype == DType::kF32 &&
         rows >= kFewestRows && rows <= kMostRows;
}

}  // namespace

void CpuKernels::MatMulInPieces(const MatMulArgs& args) {
  const int64_t rows = args.y.shape[0], terms = args.a.shape[1], columns = args.y.shape[1];
  for (int64_t first = 0; first < rows; first += kPieceRows) {
    const int64_t n = std::min(kPieceRows, rows - first);
    MatMulArgs piece = args;
    piece.a = {args.a.as<float>() + first * terms, DType::kF32, {n, terms}};
    piece.y = {args.y.as<float>() + first * columns, DType::kF32, {n, columns}};
    MatMul(piece);
  }
}

void CpuKernels::MatMul(const MatMulArgs& args) {
  const Shape &a = args.a.shape, &y = args.y.shape;
  const int rank = y.rank();
  if (y.NumElements() == 0) return;
  if (a.NumElements() == 0) return Fill({args.y, 0});
  if (IsBetterInPieces(args)) return MatMulInPieces(args);
  if (args.alpha == 0) {
    // oneDNN 2.6.3 divides by the scale in bf16, hence the separate multiplication by 0. Gives NaN where the product is
    // not finite.
    MatMul({args.a, args.b, args.y, args.transpose_a, args.transpose_b, 1});
    return Unary({args.y, args.y, UnaryFn::kAffine, 0, 0});
  }

  static auto* const cache = new PrimitiveCache<MatMulKey, CompiledMatMul>;
  const float alpha = static_cast<float>(args.alpha);
  const CompiledMatMul& matmul =
      cache->Get({rank == 3 ? y[0] : 0, y[-2], y[-1], a[args.transpose_a ? -2 : -1], args.transpose_a, args.transpose_b,
                  static_cast<int64_t>(ComputeType(args.a.dtype)), alpha != 1.0f, omp_get_max_threads()},
                 Compile);
  PoolBuffer a_scratch, b_scratch;
  const PrimitiveArgument arguments[] = {{DNNL_ARG_SRC, &matmul.a, InType(args.a, matmul.dtype, &a_scratch).data},
                                         {DNNL_ARG_WEIGHTS, &matmul.b, InType(args.b, matmul.dtype, &b_scratch).data},
                                         {DNNL_ARG_DST, &matmul.y, args.y.data},
                                         {DNNL_ARG_ATTR_OUTPUT_SCALES, &matmul.scale, &alpha}};
  matmul.compute->Execute(absl::MakeSpan(arguments).first(alpha != 1.0f ? 4 : 3));
}

}  // namespace sg::cpu
