// AdamStep, Lerp and SquaredNorm, over all tensors of a list in one launch. The list is uploaded as a table. A block
// finds its tensor by binary search over the tensors' first blocks.
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/backend/common/scalar_math.h"
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/compute_type.h"
#include "engine/backend/cuda/kernels/device_functions.cuh"
#include "engine/backend/cuda/kernels/dispatch.h"
#include "engine/backend/cuda/launch/launch.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kElementsPerBlock = 4096;  // 16 for each thread
constexpr int kMaxPointers = 4;

struct Row {
  void* data[kMaxPointers];
  int64_t count;        // elements
  int64_t first_block;  // of the blocks that process this tensor
};

// The part of a tensor that one block processes.
struct Piece {
  const Row* row;
  int64_t begin, end;
};

__device__ inline Piece PieceOf(const Row* rows, int row_count, int64_t block) {
  int low = 0, high = row_count;  // the row is in [low, high)
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (rows[middle].first_block <= block) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const int64_t begin = (block - rows[low].first_block) * kElementsPerBlock;
  const int64_t end = begin + kElementsPerBlock;
  return {&rows[low], begin, end < rows[low].count ? end : rows[low].count};
}

template <bool kHasM>
__global__ void AdamStepKernel(const Row* rows, int row_count, const float* grad_scale, AdamCoefficients<float> c) {
  const float scale = *grad_scale;
  if (!(scale - scale == 0)) return;  // infinite or NaN
  const Piece piece = PieceOf(rows, row_count, blockIdx.x);
  float* parameter = static_cast<float*>(piece.row->data[0]);
  float* m = static_cast<float*>(piece.row->data[1]);
  float* v = static_cast<float*>(piece.row->data[2]);
  const float* gradient = static_cast<const float*>(piece.row->data[3]);
  for (int64_t i = piece.begin + threadIdx.x; i < piece.end; i += kThreads) {
    AdamUpdate<kHasM>(gradient[i] * scale, c, &parameter[i], kHasM ? &m[i] : nullptr, &v[i]);
  }
}

template <typename T>
__global__ void LerpKernel(const Row* rows, int row_count, float t) {
  const Piece piece = PieceOf(rows, row_count, blockIdx.x);
  T* target = static_cast<T*>(piece.row->data[0]);
  const T* source = static_cast<const T*>(piece.row->data[1]);
  for (int64_t i = piece.begin + threadIdx.x; i < piece.end; i += kThreads) {
    const float old = ToFloat(target[i]), s = ToFloat(source[i]);
    if (isfinite(s)) target[i] = FromFloat<T>(old + (s - old) * t);
  }
}

template <typename T>
__global__ void SquaredNormKernel(const Row* rows, int row_count, float* partial) {
  __shared__ float shared[kThreads];
  const Piece piece = PieceOf(rows, row_count, blockIdx.x);
  const T* x = static_cast<const T*>(piece.row->data[0]);
  float sum = 0;
  for (int64_t i = piece.begin + threadIdx.x; i < piece.end; i += kThreads) {
    const float value = ToFloat(x[i]);
    sum += value * value;
  }
  sum = BlockSum<kThreads>(sum, shared);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

template <typename T>
__global__ void SumPartialKernel(const float* partial, int64_t count, T* y) {
  __shared__ float shared[kThreads];
  float sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) sum += partial[i];
  sum = BlockSum<kThreads>(sum, shared);
  if (threadIdx.x == 0) *y = FromFloat<T>(sum);
}

// Collects the rows on the host, counts their blocks and uploads them.
class Table {
 public:
  void Add(std::initializer_list<const TensorView*> tensors) {
    Row row = {};
    int i = 0;
    for (const TensorView* tensor : tensors) {
      row.data[i++] = tensor->data;
      row.count = tensor->NumElements();
    }
    if (row.count == 0) return;
    row.first_block = blocks_;
    blocks_ += (row.count + kElementsPerBlock - 1) / kElementsPerBlock;
    rows_.push_back(row);
  }
  bool empty() const { return rows_.empty(); }
  int64_t blocks() const { return blocks_; }
  dim3 grid() const { return dim3(static_cast<unsigned>(blocks_)); }
  int row_count() const { return static_cast<int>(rows_.size()); }
  Scratch Upload(Context& context) const {
    const size_t bytes = rows_.size() * sizeof(Row);
    Scratch table(context, bytes);
    context.staging().Upload(table.data(), rows_.data(), bytes);
    return table;
  }

 private:
  std::vector<Row> rows_;
  int64_t blocks_ = 0;
};

}  // namespace

void CudaKernels::AdamStep(const AdamStepArgs& args) {
  SG_CHECK(args.grad_scale.dtype == DType::kF32) << "[AdamStep] no CUDA kernel for " << args.grad_scale.dtype;
  const bool has_m = args.beta1 != 0;
  Table table;
  for (const AdamTensor& t : args.tensors) {
    table.Add({&t.parameter, &t.m, &t.v, &t.gradient});
  }
  if (table.empty()) return;
  context_.Flush();
  const AdamCoefficients<float> constants = MakeAdamCoefficients<float>(args);
  const Scratch rows = table.Upload(context_);
  Launch("AdamStepKernel", has_m ? AdamStepKernel<true> : AdamStepKernel<false>, table.grid(), kThreads, 0,
         context_.stream(), rows.as<Row>(), table.row_count(), args.grad_scale.as<float>(), constants);
}

void CudaKernels::Lerp(const LerpArgs& args) {
  context_.Flush();
  Table tables[2];  // for f32 and for bf16
  for (const LerpPair& pair : args.pairs) {
    CheckComputeType("Lerp", pair.target.dtype);
    tables[pair.target.dtype == DType::kBF16].Add({&pair.target, &pair.source});
  }
  for (int bf16 = 0; bf16 < 2; ++bf16) {
    const Table& table = tables[bf16];
    if (table.empty()) continue;
    const Scratch rows = table.Upload(context_);
    Launch("LerpKernel", bf16 ? LerpKernel<BF16> : LerpKernel<float>, table.grid(), kThreads, 0, context_.stream(),
           rows.as<Row>(), table.row_count(), args.t);
  }
}

void CudaKernels::SquaredNorm(const SquaredNormArgs& args) {
  Table table;
  for (const TensorView& tensor : args.tensors) {
    table.Add({&tensor});
  }
  if (table.empty()) return Fill({args.y, 0});
  context_.Flush();
  const Scratch rows = table.Upload(context_), partial(context_, static_cast<size_t>(table.blocks()) * sizeof(float));
  DispatchFloat("SquaredNorm", args.y.dtype, [&](auto type) {
    using T = decltype(type);
    Launch("SquaredNormKernel", SquaredNormKernel<T>, table.grid(), kThreads, 0, context_.stream(), rows.as<Row>(),
           table.row_count(), partial.as<float>());
    Launch("SumPartialKernel", SumPartialKernel<T>, dim3(1), kThreads, 0, context_.stream(), partial.as<float>(),
           table.blocks(), args.y.as<T>());
  });
}

}  // namespace sg::cuda
