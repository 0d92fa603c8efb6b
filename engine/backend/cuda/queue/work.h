// Small kernels as data: what the device needs to know of one Fill, Unary, Binary, Where, Cast, StridedCopy, Reduce,
// BiasAct, BiasActGrad, Random or small MatMul. work_queue.h collects them; work_kernel.cu runs many in one launch.
#ifndef ENGINE_BACKEND_CUDA_QUEUE_WORK_H_
#define ENGINE_BACKEND_CUDA_QUEUE_WORK_H_

#include <cstdint>
#include <type_traits>

#include "engine/backend/cuda/kernels/index_map.h"
#include "engine/base/dtype.h"
#include "engine/base/host_device.h"

namespace sg::cuda {

constexpr int kWorkThreads = 256;  // of a block
// Elements that one thread of an elementwise work takes together, and how often.
constexpr int kQuad = 4, kQuadsPerThread = 4;
constexpr int64_t kElementsPerBlock = int64_t{kWorkThreads} * kQuad * kQuadsPerThread;

enum class WorkKind : uint8_t {
  // Elementwise: element i of the result is made by the same thread of the same block, whatever the kind, so that one
  // may read what another has written at i without a barrier.
  kFill,
  kUnary,
  kBinary,
  kWhere,
  kCast,
  kBiasAct,
  kBiasActGrad,
  kUniform,
  kNormal,
  // The others.
  kCopy,
  kReduce,
  kMatMul,
};
SG_HD bool IsElementwise(WorkKind kind) { return kind < WorkKind::kCopy; }

// MatMul: a block makes a tile of the result, an element each thread, and walks along the depth in steps.
constexpr int kMatMulTile = 16, kMatMulStep = 64;
static_assert(kMatMulTile * kMatMulTile == kWorkThreads);

// How the threads of a block are laid out over the results of Reduce and over the terms of each: `lanes` threads share
// the sum of one. Neighboring threads step in the direction in which the summed tensor is dense.
struct ReduceLayout {
  int lanes, results;  // their product is kWorkThreads
  bool terms_are_dense;
};

struct Work {
  WorkKind kind;
  uint8_t fn;     // UnaryFn or BinaryFn
  uint8_t bytes;  // of an element: kFill, kCopy
  bool packed;    // elementwise: four neighbors of every operand lie together and aligned, or are one
  DType in_type, out_type;
  int64_t count;   // elements of the result; of the box
  int64_t blocks;  // that it takes

  void* out;
  const void* same[2];    // operands that are read at the position of the result
  const void* mapped[3];  // operands that are read where the map says
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
  IndexMap<2> terms;  // of kReduce, whose results are in `map`
};
static_assert(std::is_trivially_copyable_v<Work>);

// Whether an elementwise work may follow this one in its group: the thread that has made element i goes on with it.
inline bool MayBeFollowed(const Work& work) {
  const bool sums_whole = work.kind == WorkKind::kReduce && work.reduce.terms_per_split >= work.reduce.terms;
  return IsElementwise(work.kind) || work.kind == WorkKind::kMatMul || sums_whole;
}

// Groups of one launch do not wait for each other. The works of a group run one after another, block by block; the
// first says which thread has which elements.
struct WorkGroup {
  uint32_t first_block;
  uint16_t first, end;  // works
};
template <int kCapacity>
struct WorkList {
  uint32_t blocks;  // of all groups
  int groups, works;
  WorkGroup group[kCapacity];
  Work work[kCapacity];
};
// Parameters of a kernel are limited to 32764 bytes, and all of them are copied at each launch: a short list is enough
// for most.
constexpr int kFewWorks = 6, kMostWorks = 48;
static_assert(sizeof(WorkList<kMostWorks>) <= 32764);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_QUEUE_WORK_H_
