// A small kernel as data: the instruction that interpreter.cu executes for one Fill, Unary, Binary, Where, Cast,
// StridedCopy, Reduce, BiasAct, BiasActGrad, Random or small MatMul. kernel_queue.h collects them and launches many at
// once.
#ifndef ENGINE_BACKEND_CUDA_QUEUE_QUEUED_KERNEL_H_
#define ENGINE_BACKEND_CUDA_QUEUE_QUEUED_KERNEL_H_

#include <cstdint>
#include <type_traits>

#include "engine/backend/cuda/kernels/index_map.h"
#include "engine/base/dtype.h"
#include "engine/base/host_device.h"

namespace sg::cuda {

constexpr int kBlockThreads = 256;
// A thread of an elementwise kernel computes kQuad neighboring elements at a time, kQuadsPerThread times.
constexpr int kQuad = 4, kQuadsPerThread = 4;
constexpr int64_t kElementsPerBlock = int64_t{kBlockThreads} * kQuad * kQuadsPerThread;

enum class KernelKind : uint8_t {
  // Elementwise. Element i of the result is computed by the same thread of the same block for all of these kinds. One
  // may therefore read what another has written at i without a barrier.
  kFill,
  kUnary,
  kBinary,
  kWhere,
  kCast,
  kBiasAct,
  kBiasActGrad,
  kUniform,
  kNormal,
  // Not elementwise.
  kCopy,
  kReduce,
  kMatMul,
};
SG_HD bool IsElementwise(KernelKind kind) { return kind < KernelKind::kCopy; }

// MatMul: a block computes one tile of the result, a thread one element. The depth is walked in steps.
constexpr int kMatMulTile = 16, kMatMulStep = 64;
static_assert(kMatMulTile * kMatMulTile == kBlockThreads);

// How Reduce assigns the threads of a block: `lanes` threads share the sum of one result. Neighboring threads step in
// the direction in which the summed tensor is dense.
struct ReduceLayout {
  int lanes, results;  // their product is kBlockThreads
  bool terms_are_dense;
};

struct QueuedKernel {
  KernelKind kind;
  uint8_t fn;     // UnaryFn or BinaryFn
  uint8_t bytes;  // of an element, for kFill and kCopy
  bool packed;    // elementwise: four neighbors of every operand are one aligned access, or the same element
  DType in_type, out_type;
  int64_t count;   // elements of the result, or of the box of kCopy
  int64_t blocks;  // that the kernel needs

  void* out;
  const void* same[2];    // operands read at the index of the result
  const void* mapped[3];  // operands read at the offsets that `map` gives
  IndexMap<3> map;

  union {
    struct {
      uint32_t value;
    } fill;
    struct {
      float alpha, beta;                  // of kUnary, kBinary
      float in_gain, slope, gain, clamp;  // of kBiasAct, kBiasActGrad
      const void* strength;               // one element, or null
    } math;
    struct {
      uint64_t seed, stream, offset;
    } random;
    struct {
      int64_t result_blocks, terms, terms_per_split;
      float alpha;
      ReduceLayout layout;
    } reduce;
    struct {
      int64_t rows, columns, depth;
      int64_t a_row, a_depth, b_depth, b_column;  // strides of mapped[0] and mapped[1]
      float alpha;
    } matmul;
  };
  IndexMap<2> terms;  // of kReduce, whose results `map` locates
};
static_assert(std::is_trivially_copyable_v<QueuedKernel>);

// Whether an elementwise kernel may follow this one in its group. It may if one thread alone completes element i, since
// that thread then continues with it.
inline bool MayBeFollowed(const QueuedKernel& kernel) {
  const bool sums_whole = kernel.kind == KernelKind::kReduce && kernel.reduce.terms_per_split >= kernel.reduce.terms;
  return IsElementwise(kernel.kind) || kernel.kind == KernelKind::kMatMul || sums_whole;
}

// Groups of one launch are independent. The kernels of a group run one after another, block by block. The first decides
// which thread computes which elements.
struct KernelGroup {
  uint32_t first_block;
  uint16_t first, end;  // kernels
};
template <int kCapacity>
struct KernelBatch {
  uint32_t blocks;  // of all groups
  int groups, kernels;
  KernelGroup group[kCapacity];
  QueuedKernel kernel[kCapacity];
};
// CUDA limits the parameters of a kernel to 32764 bytes and copies all of them at each launch. Most launches fit the
// small batch.
constexpr int kSmallBatch = 6, kLargeBatch = 48;
static_assert(sizeof(KernelBatch<kLargeBatch>) <= 32764);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_QUEUE_QUEUED_KERNEL_H_
