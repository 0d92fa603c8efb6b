#include <algorithm>

#include "engine/backend/cuda/queue/work_kernel.h"

// Random123, which philox.h includes, has a function of this name too.
#define mulhilo32 curand_mulhilo32
#include <curand_kernel.h>
#undef mulhilo32

#include "engine/backend/common/scalar_math.h"
#include "engine/backend/cuda/kernels/device_functions.cuh"
#include "engine/backend/cuda/launch/launch.h"
#include "engine/base/philox.h"

namespace sg::cuda {
namespace {

using Quad = Pack<float, kQuad>;

// To integers: round to nearest even, saturate, NaN gives 0.
__device__ inline int32_t ToInt32(float x) {
  if (x != x) return 0;
  if (x >= 2147483648.0f) return INT32_MAX;
  if (x < -2147483648.0f) return INT32_MIN;
  return static_cast<int32_t>(rintf(x));
}
__device__ inline uint8_t ToUint8(float x) {
  if (!(x > 0)) return 0;
  return x >= 255 ? 255 : static_cast<uint8_t>(rintf(x));
}

// The types are not template parameters: the branch is the same for all threads, and there is one kernel instead of
// dozens.
__device__ inline float LoadFloat(const void* from, DType type, int64_t at) {
  switch (type) {
    case DType::kF32: return static_cast<const float*>(from)[at];
    case DType::kBF16: return ToFloat(static_cast<const BF16*>(from)[at]);
    case DType::kI32: return static_cast<float>(static_cast<const int32_t*>(from)[at]);
    default: return static_cast<float>(static_cast<const uint8_t*>(from)[at]);
  }
}
__device__ inline void StoreFloat(void* to, DType type, int64_t at, float value) {
  switch (type) {
    case DType::kF32: static_cast<float*>(to)[at] = value; return;
    case DType::kBF16: static_cast<BF16*>(to)[at] = FromFloat<BF16>(value); return;
    case DType::kI32: static_cast<int32_t*>(to)[at] = ToInt32(value); return;
    default: static_cast<uint8_t*>(to)[at] = ToUint8(value);
  }
}

template <typename T>
__device__ Quad LoadQuadOf(const void* from, int64_t at) {
  const Pack<T, kQuad> pack = LoadPack<kQuad>(static_cast<const T*>(from) + at);
  Quad quad;
  for (int k = 0; k < kQuad; ++k) quad.v[k] = static_cast<float>(pack.v[k]);
  return quad;
}
__device__ inline Quad LoadQuad(const void* from, DType type, int64_t at) {
  switch (type) {
    case DType::kF32: return LoadPack<kQuad>(static_cast<const float*>(from) + at);
    case DType::kBF16: return LoadQuadOf<BF16>(from, at);
    case DType::kI32: return LoadQuadOf<int32_t>(from, at);
    default: return LoadQuadOf<uint8_t>(from, at);
  }
}
__device__ inline void StoreQuad(void* to, DType type, int64_t at, const Quad& quad) {
  if (type == DType::kF32) return StorePack(static_cast<float*>(to) + at, quad);
  if (type == DType::kBF16) {
    Pack<BF16, kQuad> pack;
    for (int k = 0; k < kQuad; ++k) pack.v[k] = FromFloat<BF16>(quad.v[k]);
    return StorePack(static_cast<BF16*>(to) + at, pack);
  }
  if (type == DType::kI32) {
    Pack<int32_t, kQuad> pack;
    for (int k = 0; k < kQuad; ++k) pack.v[k] = ToInt32(quad.v[k]);
    return StorePack(static_cast<int32_t*>(to) + at, pack);
  }
  Pack<uint8_t, kQuad> pack;
  for (int k = 0; k < kQuad; ++k) pack.v[k] = ToUint8(quad.v[k]);
  StorePack(static_cast<uint8_t*>(to) + at, pack);
}

// The operands of four neighboring results.
struct Operands {
  Quad same[2], mapped[3];
};

// The bits of every backend: cuRAND's Philox4x32-10 with its counter given as philox.h defines it. The maps from bits
// to numbers are philox.h's: cuRAND's own normals use the fast sine of the GPU, whose error the CPU's does not have.
__device__ inline Quad RandomQuad(const Work& work, int64_t index) {
  const uint64_t block = work.random.offset + static_cast<uint64_t>(index / kQuad);
  const uint4 counter =
      make_uint4(static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                 static_cast<uint32_t>(work.random.stream), static_cast<uint32_t>(work.random.stream >> 32));
  const uint2 key = make_uint2(static_cast<uint32_t>(work.random.seed), static_cast<uint32_t>(work.random.seed >> 32));
  const uint4 bits = curand_Philox4x32_10(counter, key);
  if (work.kind == WorkKind::kUniform) {
    return {UniformFromBits(bits.x), UniformFromBits(bits.y), UniformFromBits(bits.z), UniformFromBits(bits.w)};
  }
  Quad quad;
  NormalPairFromBits(bits.x, bits.y, &quad.v[0], &quad.v[1]);
  NormalPairFromBits(bits.z, bits.w, &quad.v[2], &quad.v[3]);
  return quad;
}

// What multiplies element k of x: the input gain and, if there is one, the scale.
__device__ inline float InputFactor(const Work& work, const Operands& in, int k) {
  return work.mapped[2] != nullptr ? work.math.in_gain * in.mapped[2].v[k] : work.math.in_gain;
}

__device__ inline Quad BiasActQuad(const Work& work, const Operands& in) {
  const float strength = work.math.strength != nullptr ? LoadFloat(work.math.strength, work.in_type, 0) : 0.0f;
  Quad y;
  for (int k = 0; k < kQuad; ++k) {
    float pre = InputFactor(work, in, k) * in.same[0].v[k];
    if (work.mapped[0] != nullptr) pre += in.mapped[0].v[k];
    if (work.mapped[1] != nullptr) pre += strength * in.mapped[1].v[k];
    y.v[k] = BiasActValue(pre, work.math.slope, work.math.gain, work.math.clamp);
  }
  return y;
}

__device__ inline Quad BiasActGradQuad(const Work& work, const Operands& in) {
  Quad dx;
  for (int k = 0; k < kQuad; ++k) {
    const float factor =
        InputFactor(work, in, k) * BiasActSlope(in.same[1].v[k], work.math.slope, work.math.gain, work.math.clamp);
    dx.v[k] = factor * in.same[0].v[k];
  }
  return dx;
}

__device__ inline Quad Compute(const Work& work, int64_t index, const Operands& in) {
  Quad y = in.same[0];
  switch (work.kind) {
    case WorkKind::kUnary:
      DispatchUnary(static_cast<UnaryFn>(work.fn), [&](auto fn) {
        for (float& v : y.v) v = fn(v, work.math.alpha, work.math.beta);
      });
      break;
    case WorkKind::kBinary:
      DispatchBinary(static_cast<BinaryFn>(work.fn), [&](auto fn) {
        for (int k = 0; k < kQuad; ++k) {
          y.v[k] = fn(in.mapped[0].v[k], in.mapped[1].v[k], work.math.alpha, work.math.beta);
        }
      });
      break;
    case WorkKind::kWhere:
      for (int k = 0; k < kQuad; ++k) {
        y.v[k] = in.mapped[0].v[k] != 0 ? in.mapped[1].v[k] : in.mapped[2].v[k];
      }
      break;
    case WorkKind::kBiasAct: return BiasActQuad(work, in);
    case WorkKind::kBiasActGrad: return BiasActGradQuad(work, in);
    case WorkKind::kUniform:
    case WorkKind::kNormal: return RandomQuad(work, index);
    default: break;  // kCast: the types say it all
  }
  return y;
}

// Four neighbors of each operand, which lie together or are one.
__device__ inline Operands LoadPacked(const Work& work, int64_t index) {
  Operands in = {};
  for (int k = 0; k < 2; ++k) {
    if (work.same[k] != nullptr) in.same[k] = LoadQuad(work.same[k], work.in_type, index);
  }
  const auto offsets = work.map.Map(index);
  for (int k = 0; k < 3; ++k) {
    if (work.mapped[k] == nullptr) continue;
    if (work.map.stride[0][k] != 0) {
      in.mapped[k] = LoadQuad(work.mapped[k], work.in_type, offsets.at[k]);
    } else {
      const float value = LoadFloat(work.mapped[k], work.in_type, offsets.at[k]);
      in.mapped[k] = {value, value, value, value};
    }
  }
  return in;
}

__device__ inline Operands LoadOneByOne(const Work& work, int64_t index, int count) {
  Operands in = {};
  for (int e = 0; e < kQuad; ++e) {  // the elements that do not exist, too, so that the loop unrolls
    if (e >= count) continue;
    for (int k = 0; k < 2; ++k) {
      if (work.same[k] != nullptr) in.same[k].v[e] = LoadFloat(work.same[k], work.in_type, index + e);
    }
    const auto offsets = work.map.Map(index + e);
    for (int k = 0; k < 3; ++k) {
      if (work.mapped[k] != nullptr) {
        in.mapped[k].v[e] = LoadFloat(work.mapped[k], work.in_type, offsets.at[k]);
      }
    }
  }
  return in;
}

template <typename T>
__device__ void FillQuadOf(const Work& work, int64_t index, int count) {
  T* to = static_cast<T*>(work.out) + index;
  const T value = static_cast<T>(work.fill.value);
  if (work.packed && count == kQuad) return StorePack(to, Pack<T, kQuad>{{value, value, value, value}});
  for (int e = 0; e < count; ++e) to[e] = value;
}
__device__ inline void FillQuad(const Work& work, int64_t index, int count) {
  switch (work.bytes) {
    case 1: return FillQuadOf<uint8_t>(work, index, count);
    case 2: return FillQuadOf<uint16_t>(work, index, count);
    default: return FillQuadOf<uint32_t>(work, index, count);
  }
}

__device__ inline void RunElementwise(const Work& work, int64_t block) {
  for (int j = 0; j < kQuadsPerThread; ++j) {
    const int64_t index = ((block * kQuadsPerThread + j) * kWorkThreads + threadIdx.x) * kQuad;
    if (index >= work.count) return;
    const int count = work.count - index < kQuad ? static_cast<int>(work.count - index) : kQuad;
    if (work.kind == WorkKind::kFill) {
      FillQuad(work, index, count);
    } else if (work.packed && count == kQuad) {
      StoreQuad(work.out, work.out_type, index, Compute(work, index, LoadPacked(work, index)));
    } else {
      const Quad y = Compute(work, index, LoadOneByOne(work, index, count));
      for (int e = 0; e < kQuad; ++e) {
        if (e < count) StoreFloat(work.out, work.out_type, index + e, y.v[e]);
      }
    }
  }
}

template <typename T>
__device__ void CopyElements(const Work& work, int64_t block) {
  const int64_t begin = block * kElementsPerBlock, end = begin + kElementsPerBlock;
  for (int64_t i = begin + threadIdx.x; i < end && i < work.count; i += kWorkThreads) {
    const auto offsets = work.map.Map(i);
    static_cast<T*>(work.out)[offsets.at[1]] = static_cast<const T*>(work.mapped[0])[offsets.at[0]];
  }
}

__device__ inline void RunCopy(const Work& work, int64_t block) {
  switch (work.bytes) {
    case 1: return CopyElements<uint8_t>(work, block);
    case 2: return CopyElements<uint16_t>(work, block);
    case 4: return CopyElements<uint32_t>(work, block);
    case 8: return CopyElements<Pack<uint32_t, 2>>(work, block);
    default: return CopyElements<Pack<uint32_t, 4>>(work, block);
  }
}

// out[split, r] = alpha * sum of mapped[0] * mapped[1] over the terms of one split, for every result r. No atomics, and
// a split that depends on the shapes alone: equal inputs give equal bits on every GPU.
// Returns the element of the result that is this thread's, or -1.
__device__ inline int64_t RunReduce(const Work& work, int64_t block) {
  __shared__ float partial[kWorkThreads];
  const ReduceLayout& layout = work.reduce.layout;
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = layout.terms_are_dense ? thread % layout.lanes : thread / layout.results;
  const int slot = layout.terms_are_dense ? thread / layout.lanes : thread % layout.results;
  const int64_t split = block / work.reduce.result_blocks;
  const int64_t result = (block - split * work.reduce.result_blocks) * layout.results + slot;
  const int64_t begin = split * work.reduce.terms_per_split;
  const int64_t end =
      begin + work.reduce.terms_per_split < work.reduce.terms ? begin + work.reduce.terms_per_split : work.reduce.terms;
  float sum = 0;
  if (result < work.count) {
    const auto base = work.map.Map(result);
    for (int64_t t = begin + lane; t < end; t += layout.lanes) {
      const auto offset = work.terms.Map(t);
      const float value = LoadFloat(work.mapped[0], work.in_type, base.at[0] + offset.at[0]);
      sum += work.mapped[1] == nullptr ? value
                                       : value * LoadFloat(work.mapped[1], work.in_type, base.at[1] + offset.at[1]);
    }
  }
  __syncthreads();  // the last block's sums have been read
  float* mine = &partial[lane * layout.results + slot];
  *mine = sum;
  __syncthreads();
  for (int half = layout.lanes / 2; half > 0; half /= 2) {
    if (lane < half) *mine += mine[half * layout.results];
    __syncthreads();
  }
  if (lane != 0 || result >= work.count) return -1;
  const int64_t index = split * work.count + result;
  StoreFloat(work.out, work.out_type, index, work.reduce.alpha * *mine);
  return index;
}

// A tile of one operand in shared memory; beyond the matrix are zeros. The depth is padded against bank conflicts.
using MatMulTile = float[kMatMulTile][kMatMulStep + 1];
__device__ inline void LoadTile(const void* from, DType type, int64_t line0, int64_t lines, int64_t line_stride,
                                int64_t depth0, int64_t depth, int64_t depth_stride, MatMulTile& tile) {
  for (int i = static_cast<int>(threadIdx.x); i < kMatMulTile * kMatMulStep; i += kWorkThreads) {
    // Neighboring threads read neighbors.
    const int line = depth_stride == 1 ? i / kMatMulStep : i % kMatMulTile;
    const int k = depth_stride == 1 ? i % kMatMulStep : i / kMatMulTile;
    const bool exists = line0 + line < lines && depth0 + k < depth;
    tile[line][k] = exists ? LoadFloat(from, type, (line0 + line) * line_stride + (depth0 + k) * depth_stride) : 0.0f;
  }
}

// The element of a product that is this thread's, or -1.
__device__ inline int64_t OwnElement(const Work& work, int64_t block, int64_t* row, int64_t* column) {
  const int64_t across = (work.matmul.columns + kMatMulTile - 1) / kMatMulTile;
  const int thread = static_cast<int>(threadIdx.x);
  *row = block / across * kMatMulTile + thread / kMatMulTile;
  *column = block % across * kMatMulTile + thread % kMatMulTile;
  const bool exists = *row < work.matmul.rows && *column < work.matmul.columns;
  return exists ? *row * work.matmul.columns + *column : -1;
}

__device__ inline int64_t RunMatMul(const Work& work, int64_t block) {
  __shared__ MatMulTile a, b;
  int64_t row, column;
  const int64_t index = OwnElement(work, block, &row, &column);
  const int a_line = static_cast<int>(threadIdx.x) / kMatMulTile, b_line = static_cast<int>(threadIdx.x) % kMatMulTile;
  float sum = 0;
  for (int64_t k0 = 0; k0 < work.matmul.depth; k0 += kMatMulStep) {
    __syncthreads();  // the last step's tiles have been read
    LoadTile(work.mapped[0], work.in_type, row - a_line, work.matmul.rows, work.matmul.a_row, k0, work.matmul.depth,
             work.matmul.a_depth, a);
    LoadTile(work.mapped[1], work.in_type, column - b_line, work.matmul.columns, work.matmul.b_column, k0,
             work.matmul.depth, work.matmul.b_depth, b);
    __syncthreads();
    for (int k = 0; k < kMatMulStep; ++k) sum += a[a_line][k] * b[b_line][k];
  }
  if (index >= 0) StoreFloat(work.out, work.out_type, index, work.matmul.alpha * sum);
  return index;
}

// What follows the first work of a group, for the one element that this thread has made of it.
__device__ inline void FollowElementwise(const Work& work, int64_t index) {
  const Operands in = LoadOneByOne(work, index, 1);
  StoreFloat(work.out, work.out_type, index, Compute(work, index, in).v[0]);
}

// A block takes a group's block: all of the group's works, one after another. No more registers than leave room for
// four blocks.
template <int kCapacity>
__global__ void SG_LAUNCH_BOUNDS(kWorkThreads, 4) WorkKernel(SG_KERNEL_PARAMETER(WorkList<kCapacity>) list) {
  for (uint32_t block = blockIdx.x; block < list.blocks; block += gridDim.x) {
    int g = 0;
    while (g + 1 < list.groups && list.group[g + 1].first_block <= block) ++g;
    const WorkGroup& group = list.group[g];
    const Work& first = list.work[group.first];
    const int64_t own = block - group.first_block;
    if (IsElementwise(first.kind)) {
      for (int w = group.first; w < group.end; ++w) RunElementwise(list.work[w], own);
    } else if (first.kind == WorkKind::kCopy) {
      RunCopy(first, own);
    } else {
      const int64_t index = first.kind == WorkKind::kMatMul ? RunMatMul(first, own) : RunReduce(first, own);
      for (int w = group.first + 1; index >= 0 && w < group.end; ++w) FollowElementwise(list.work[w], index);
    }
  }
}

}  // namespace

template <int kCapacity>
void LaunchWorks(const char* name, const WorkList<kCapacity>& list, int multiprocessors, cudaStream_t stream) {
  // A few times what fits, so that the last blocks do not leave the GPU half empty.
  constexpr uint32_t kBlocksPerMultiprocessor = 32;
  const uint32_t most = kBlocksPerMultiprocessor * static_cast<uint32_t>(multiprocessors);
  Launch(name, WorkKernel<kCapacity>, dim3(std::min(list.blocks, most)), kWorkThreads, 0, stream, list);
}

template void LaunchWorks(const char*, const WorkList<kFewWorks>&, int, cudaStream_t);
template void LaunchWorks(const char*, const WorkList<kMostWorks>&, int, cudaStream_t);

}  // namespace sg::cuda
