// A bytecode interpreter for small kernels. A QueuedKernel is an instruction and a KernelBatch is a program. The host
// passes the program as a launch parameter. Each block finds its instructions in it and branches on their kind, which
// is cheap because all threads of a block take the same branch.
//
// A training step has about a thousand kernels that take less time to run than to launch. As separate CUDA kernels they
// could not share launches, since a launch runs one function. The price is that every launch reserves the registers and
// the shared memory of the most demanding kind.
#include <algorithm>

#include "engine/backend/cuda/queue/interpreter.h"

// Random123, which philox.h includes, has a function of this name too.
#define mulhilo32 curand_mulhilo32
#include <curand_kernel.h>
#undef mulhilo32

#include "engine/backend/common/convert.h"
#include "engine/backend/common/scalar_math.h"
#include "engine/backend/cuda/kernels/device_functions.cuh"
#include "engine/backend/cuda/launch/launch.h"
#include "engine/base/philox.h"

namespace sg::cuda {
namespace {

using Quad = Pack<float, kQuad>;

// Types are values, not template parameters: all threads take the same branch, and dozens of kernels become one.
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
    case DType::kI32: static_cast<int32_t*>(to)[at] = Convert<int32_t>(value); return;
    default: static_cast<uint8_t*>(to)[at] = Convert<uint8_t>(value);
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
    for (int k = 0; k < kQuad; ++k) pack.v[k] = Convert<int32_t>(quad.v[k]);
    return StorePack(static_cast<int32_t*>(to) + at, pack);
  }
  Pack<uint8_t, kQuad> pack;
  for (int k = 0; k < kQuad; ++k) pack.v[k] = Convert<uint8_t>(quad.v[k]);
  StorePack(static_cast<uint8_t*>(to) + at, pack);
}

// The operands of four neighboring results.
struct Operands {
  Quad same[2], mapped[3];
};

// The same bits as on every backend: cuRAND's Philox4x32-10 with the counter that philox.h defines. Bits are mapped to
// numbers by philox.h too, because cuRAND's normals use the GPU's fast sine, which is less accurate.
__device__ inline Quad RandomQuad(const QueuedKernel& kernel, int64_t index) {
  const uint64_t block = kernel.random.offset + static_cast<uint64_t>(index / kQuad);
  const uint4 counter =
      make_uint4(static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                 static_cast<uint32_t>(kernel.random.stream), static_cast<uint32_t>(kernel.random.stream >> 32));
  const uint2 key =
      make_uint2(static_cast<uint32_t>(kernel.random.seed), static_cast<uint32_t>(kernel.random.seed >> 32));
  const uint4 bits = curand_Philox4x32_10(counter, key);
  if (kernel.kind == KernelKind::kUniform) {
    return {UniformFromBits(bits.x), UniformFromBits(bits.y), UniformFromBits(bits.z), UniformFromBits(bits.w)};
  }
  Quad quad;
  NormalPairFromBits(bits.x, bits.y, &quad.v[0], &quad.v[1]);
  NormalPairFromBits(bits.z, bits.w, &quad.v[2], &quad.v[3]);
  return quad;
}

// The factor of element k of x: the input gain times the optional scale.
__device__ inline float InputFactor(const QueuedKernel& kernel, const Operands& in, int k) {
  return kernel.mapped[2] != nullptr ? kernel.math.in_gain * in.mapped[2].v[k] : kernel.math.in_gain;
}

__device__ inline Quad BiasActQuad(const QueuedKernel& kernel, const Operands& in) {
  const float strength = kernel.math.strength != nullptr ? LoadFloat(kernel.math.strength, kernel.in_type, 0) : 0.0f;
  Quad y;
  for (int k = 0; k < kQuad; ++k) {
    float pre = InputFactor(kernel, in, k) * in.same[0].v[k];
    if (kernel.mapped[0] != nullptr) pre += in.mapped[0].v[k];
    if (kernel.mapped[1] != nullptr) pre += strength * in.mapped[1].v[k];
    y.v[k] = BiasActValue(pre, kernel.math.slope, kernel.math.gain, kernel.math.clamp);
  }
  return y;
}

__device__ inline Quad BiasActGradQuad(const QueuedKernel& kernel, const Operands& in) {
  Quad dx;
  for (int k = 0; k < kQuad; ++k) {
    const float factor = InputFactor(kernel, in, k) *
                         BiasActSlope(in.same[1].v[k], kernel.math.slope, kernel.math.gain, kernel.math.clamp);
    dx.v[k] = factor * in.same[0].v[k];
  }
  return dx;
}

__device__ inline Quad Compute(const QueuedKernel& kernel, int64_t index, const Operands& in) {
  Quad y = in.same[0];
  switch (kernel.kind) {
    case KernelKind::kUnary:
      DispatchUnary(static_cast<UnaryFn>(kernel.fn), [&](auto fn) {
        for (float& v : y.v) v = fn(v, kernel.math.alpha, kernel.math.beta);
      });
      break;
    case KernelKind::kBinary:
      DispatchBinary(static_cast<BinaryFn>(kernel.fn), [&](auto fn) {
        for (int k = 0; k < kQuad; ++k) {
          y.v[k] = fn(in.mapped[0].v[k], in.mapped[1].v[k], kernel.math.alpha, kernel.math.beta);
        }
      });
      break;
    case KernelKind::kWhere:
      for (int k = 0; k < kQuad; ++k) {
        y.v[k] = in.mapped[0].v[k] != 0 ? in.mapped[1].v[k] : in.mapped[2].v[k];
      }
      break;
    case KernelKind::kBiasAct: return BiasActQuad(kernel, in);
    case KernelKind::kBiasActGrad: return BiasActGradQuad(kernel, in);
    case KernelKind::kUniform:
    case KernelKind::kNormal: return RandomQuad(kernel, index);
    default: break;  // kCast: loading and storing convert
  }
  return y;
}

// Loads four neighbors of each operand, which are adjacent or the same element.
__device__ inline Operands LoadPacked(const QueuedKernel& kernel, int64_t index) {
  Operands in = {};
  for (int k = 0; k < 2; ++k) {
    if (kernel.same[k] != nullptr) in.same[k] = LoadQuad(kernel.same[k], kernel.in_type, index);
  }
  const auto offsets = kernel.map.Map(index);
  for (int k = 0; k < 3; ++k) {
    if (kernel.mapped[k] == nullptr) continue;
    if (kernel.map.stride[0][k] != 0) {
      in.mapped[k] = LoadQuad(kernel.mapped[k], kernel.in_type, offsets.at[k]);
    } else {
      const float value = LoadFloat(kernel.mapped[k], kernel.in_type, offsets.at[k]);
      in.mapped[k] = {value, value, value, value};
    }
  }
  return in;
}

__device__ inline Operands LoadOneByOne(const QueuedKernel& kernel, int64_t index, int count) {
  Operands in = {};
  for (int e = 0; e < kQuad; ++e) {  // a constant trip count lets the loop unroll
    if (e >= count) continue;
    for (int k = 0; k < 2; ++k) {
      if (kernel.same[k] != nullptr) in.same[k].v[e] = LoadFloat(kernel.same[k], kernel.in_type, index + e);
    }
    const auto offsets = kernel.map.Map(index + e);
    for (int k = 0; k < 3; ++k) {
      if (kernel.mapped[k] != nullptr) {
        in.mapped[k].v[e] = LoadFloat(kernel.mapped[k], kernel.in_type, offsets.at[k]);
      }
    }
  }
  return in;
}

template <typename T>
__device__ void FillQuadOf(const QueuedKernel& kernel, int64_t index, int count) {
  T* to = static_cast<T*>(kernel.out) + index;
  const T value = static_cast<T>(kernel.fill.value);
  if (kernel.packed && count == kQuad) return StorePack(to, Pack<T, kQuad>{{value, value, value, value}});
  for (int e = 0; e < count; ++e) to[e] = value;
}
__device__ inline void FillQuad(const QueuedKernel& kernel, int64_t index, int count) {
  switch (kernel.bytes) {
    case 1: return FillQuadOf<uint8_t>(kernel, index, count);
    case 2: return FillQuadOf<uint16_t>(kernel, index, count);
    default: return FillQuadOf<uint32_t>(kernel, index, count);
  }
}

__device__ inline void RunElementwise(const QueuedKernel& kernel, int64_t block) {
  for (int j = 0; j < kQuadsPerThread; ++j) {
    const int64_t index = ((block * kQuadsPerThread + j) * kBlockThreads + threadIdx.x) * kQuad;
    if (index >= kernel.count) return;
    const int count = kernel.count - index < kQuad ? static_cast<int>(kernel.count - index) : kQuad;
    if (kernel.kind == KernelKind::kFill) {
      FillQuad(kernel, index, count);
    } else if (kernel.packed && count == kQuad) {
      StoreQuad(kernel.out, kernel.out_type, index, Compute(kernel, index, LoadPacked(kernel, index)));
    } else {
      const Quad y = Compute(kernel, index, LoadOneByOne(kernel, index, count));
      for (int e = 0; e < kQuad; ++e) {
        if (e < count) StoreFloat(kernel.out, kernel.out_type, index + e, y.v[e]);
      }
    }
  }
}

template <typename T>
__device__ void CopyElements(const QueuedKernel& kernel, int64_t block) {
  const int64_t begin = block * kElementsPerBlock, end = begin + kElementsPerBlock;
  for (int64_t i = begin + threadIdx.x; i < end && i < kernel.count; i += kBlockThreads) {
    const auto offsets = kernel.map.Map(i);
    static_cast<T*>(kernel.out)[offsets.at[1]] = static_cast<const T*>(kernel.mapped[0])[offsets.at[0]];
  }
}

__device__ inline void RunCopy(const QueuedKernel& kernel, int64_t block) {
  switch (kernel.bytes) {
    case 1: return CopyElements<uint8_t>(kernel, block);
    case 2: return CopyElements<uint16_t>(kernel, block);
    case 4: return CopyElements<uint32_t>(kernel, block);
    case 8: return CopyElements<Pack<uint32_t, 2>>(kernel, block);
    default: return CopyElements<Pack<uint32_t, 4>>(kernel, block);
  }
}

// out[split, r] = alpha * sum of mapped[0] * mapped[1] over the terms of one split, for every result r. There are no
// atomics and the splits depend only on shapes, so equal inputs give equal bits on every GPU.
// Returns the index of the element that this thread has stored, or -1.
__device__ inline int64_t RunReduce(const QueuedKernel& kernel, int64_t block) {
  __shared__ float partial[kBlockThreads];
  const ReduceLayout& layout = kernel.reduce.layout;
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = layout.terms_are_dense ? thread % layout.lanes : thread / layout.results;
  const int slot = layout.terms_are_dense ? thread / layout.lanes : thread % layout.results;
  const int64_t split = block / kernel.reduce.result_blocks;
  const int64_t result = (block - split * kernel.reduce.result_blocks) * layout.results + slot;
  const int64_t begin = split * kernel.reduce.terms_per_split;
  const int64_t end = begin + kernel.reduce.terms_per_split < kernel.reduce.terms
                          ? begin + kernel.reduce.terms_per_split
                          : kernel.reduce.terms;
  float sum = 0;
  if (result < kernel.count) {
    const auto base = kernel.map.Map(result);
    for (int64_t t = begin + lane; t < end; t += layout.lanes) {
      const auto offset = kernel.terms.Map(t);
      const float value = LoadFloat(kernel.mapped[0], kernel.in_type, base.at[0] + offset.at[0]);
      sum += kernel.mapped[1] == nullptr
                 ? value
                 : value * LoadFloat(kernel.mapped[1], kernel.in_type, base.at[1] + offset.at[1]);
    }
  }
  __syncthreads();  // the sums of the previous block have been read
  float* mine = &partial[lane * layout.results + slot];
  *mine = sum;
  __syncthreads();
  for (int half = layout.lanes / 2; half > 0; half /= 2) {
    if (lane < half) *mine += mine[half * layout.results];
    __syncthreads();
  }
  if (lane != 0 || result >= kernel.count) return -1;
  const int64_t index = split * kernel.count + result;
  StoreFloat(kernel.out, kernel.out_type, index, kernel.reduce.alpha * *mine);
  return index;
}

// A tile of one operand in shared memory, zero beyond the matrix. The depth is padded against bank conflicts.
using MatMulTile = float[kMatMulTile][kMatMulStep + 1];
__device__ inline void LoadTile(const void* from, DType type, int64_t line0, int64_t lines, int64_t line_stride,
                                int64_t depth0, int64_t depth, int64_t depth_stride, MatMulTile& tile) {
  for (int i = static_cast<int>(threadIdx.x); i < kMatMulTile * kMatMulStep; i += kBlockThreads) {
    // Neighboring threads read neighboring elements.
    const int line = depth_stride == 1 ? i / kMatMulStep : i % kMatMulTile;
    const int k = depth_stride == 1 ? i % kMatMulStep : i / kMatMulTile;
    const bool exists = line0 + line < lines && depth0 + k < depth;
    tile[line][k] = exists ? LoadFloat(from, type, (line0 + line) * line_stride + (depth0 + k) * depth_stride) : 0.0f;
  }
}

// The index of the element of a product that this thread computes, or -1.
__device__ inline int64_t OwnElement(const QueuedKernel& kernel, int64_t block, int64_t* row, int64_t* column) {
  const int64_t across = (kernel.matmul.columns + kMatMulTile - 1) / kMatMulTile;
  const int thread = static_cast<int>(threadIdx.x);
  *row = block / across * kMatMulTile + thread / kMatMulTile;
  *column = block % across * kMatMulTile + thread % kMatMulTile;
  const bool exists = *row < kernel.matmul.rows && *column < kernel.matmul.columns;
  return exists ? *row * kernel.matmul.columns + *column : -1;
}

__device__ inline int64_t RunMatMul(const QueuedKernel& kernel, int64_t block) {
  __shared__ MatMulTile a, b;
  int64_t row, column;
  const int64_t index = OwnElement(kernel, block, &row, &column);
  const int a_line = static_cast<int>(threadIdx.x) / kMatMulTile, b_line = static_cast<int>(threadIdx.x) % kMatMulTile;
  float sum = 0;
  for (int64_t k0 = 0; k0 < kernel.matmul.depth; k0 += kMatMulStep) {
    __syncthreads();  // the tiles of the previous step have been read
    LoadTile(kernel.mapped[0], kernel.in_type, row - a_line, kernel.matmul.rows, kernel.matmul.a_row, k0,
             kernel.matmul.depth, kernel.matmul.a_depth, a);
    LoadTile(kernel.mapped[1], kernel.in_type, column - b_line, kernel.matmul.columns, kernel.matmul.b_column, k0,
             kernel.matmul.depth, kernel.matmul.b_depth, b);
    __syncthreads();
    for (int k = 0; k < kMatMulStep; ++k) sum += a[a_line][k] * b[b_line][k];
  }
  if (index >= 0) StoreFloat(kernel.out, kernel.out_type, index, kernel.matmul.alpha * sum);
  return index;
}

// Runs a kernel that follows the first of its group, for the one element of it that this thread has computed.
__device__ inline void FollowElementwise(const QueuedKernel& kernel, int64_t index) {
  const Operands in = LoadOneByOne(kernel, index, 1);
  StoreFloat(kernel.out, kernel.out_type, index, Compute(kernel, index, in).v[0]);
}

// Each block runs all kernels of a group, one after another, for one of the blocks of that group. The launch bounds
// limit registers to leave room for four blocks per multiprocessor.
template <int kCapacity>
__global__ void SG_LAUNCH_BOUNDS(kBlockThreads, 4)
    InterpreterKernel(SG_KERNEL_PARAMETER(KernelBatch<kCapacity>) batch) {
  for (uint32_t block = blockIdx.x; block < batch.blocks; block += gridDim.x) {
    int g = 0;
    while (g + 1 < batch.groups && batch.group[g + 1].first_block <= block) ++g;
    const KernelGroup& group = batch.group[g];
    const QueuedKernel& first = batch.kernel[group.first];
    const int64_t own = block - group.first_block;
    if (IsElementwise(first.kind)) {
      for (int w = group.first; w < group.end; ++w) RunElementwise(batch.kernel[w], own);
    } else if (first.kind == KernelKind::kCopy) {
      RunCopy(first, own);
    } else {
      const int64_t index = first.kind == KernelKind::kMatMul ? RunMatMul(first, own) : RunReduce(first, own);
      for (int w = group.first + 1; index >= 0 && w < group.end; ++w) FollowElementwise(batch.kernel[w], index);
    }
  }
}

}  // namespace

template <int kCapacity>
void LaunchBatch(const char* name, const KernelBatch<kCapacity>& batch, int multiprocessors, cudaStream_t stream) {
  // Several times what fits at once, to keep the GPU busy while the last blocks finish.
  constexpr uint32_t kBlocksPerMultiprocessor = 32;
  const uint32_t most = kBlocksPerMultiprocessor * static_cast<uint32_t>(multiprocessors);
  Launch(name, InterpreterKernel<kCapacity>, dim3(std::min(batch.blocks, most)), kBlockThreads, 0, stream, batch);
}

template void LaunchBatch(const char*, const KernelBatch<kSmallBatch>&, int, cudaStream_t);
template void LaunchBatch(const char*, const KernelBatch<kLargeBatch>&, int, cudaStream_t);

}  // namespace sg::cuda
