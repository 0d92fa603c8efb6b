// Fill, Unary, Binary, Where, Cast. Each thread moves 16 bytes at a time where extents and addresses allow it.
#include <cmath>

#include "engine/backend/cuda/check.h"
#include "engine/backend/cuda/check_args.h"
#include "engine/backend/cuda/device_functions.cuh"
#include "engine/backend/cuda/dispatch.h"
#include "engine/backend/cuda/index_map.h"
#include "engine/backend/cuda/kernels.h"
#include "engine/backend/cuda/launch.h"
#include "engine/backend/scalar_math.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

constexpr int kThreads = 256;

template <typename T>
__global__ void FillKernel(T* y, T value, int64_t n) {
  for (int64_t i = GlobalThread(); i < n; i += GlobalThreads()) y[i] = value;
}

template <typename F, typename T, int kCount>
__global__ void UnaryKernel(const T* x, T* y, float alpha, float beta, int64_t packs) {
  for (int64_t i = GlobalThread(); i < packs; i += GlobalThreads()) {
    Pack<T, kCount> pack = LoadPack<kCount>(x + i * kCount);
    for (int k = 0; k < kCount; ++k) pack.v[k] = FromFloat<T>(F()(ToFloat(pack.v[k]), alpha, beta));
    StorePack(y + i * kCount, pack);
  }
}

// kCount neighbours along the fastest dimension, in which the operand is dense (stride 1) or repeats (stride 0).
template <int kCount, typename T>
__device__ Pack<T, kCount> LoadOperand(const T* from, int64_t stride) {
  if (stride != 0) return LoadPack<kCount>(from);
  Pack<T, kCount> pack;
  for (int k = 0; k < kCount; ++k) pack.v[k] = *from;
  return pack;
}

template <typename F, typename T, int kCount>
__global__ void BinaryKernel(const T* a, const T* b, T* y, IndexMap<2> map, float alpha, float beta, int64_t packs) {
  for (int64_t i = GlobalThread(); i < packs; i += GlobalThreads()) {
    const auto offsets = map.Map(i * kCount);
    const Pack<T, kCount> pa = LoadOperand<kCount>(a + offsets.at[0], map.stride[0][0]);
    const Pack<T, kCount> pb = LoadOperand<kCount>(b + offsets.at[1], map.stride[0][1]);
    Pack<T, kCount> result;
    for (int k = 0; k < kCount; ++k) {
      result.v[k] = FromFloat<T>(F()(ToFloat(pa.v[k]), ToFloat(pb.v[k]), alpha, beta));
    }
    StorePack(y + i * kCount, result);
  }
}

template <typename T, int kCount>
__global__ void WhereKernel(const T* condition, const T* a, const T* b, T* y, IndexMap<3> map, int64_t packs) {
  for (int64_t i = GlobalThread(); i < packs; i += GlobalThreads()) {
    const auto offsets = map.Map(i * kCount);
    const Pack<T, kCount> pc = LoadOperand<kCount>(condition + offsets.at[0], map.stride[0][0]);
    const Pack<T, kCount> pa = LoadOperand<kCount>(a + offsets.at[1], map.stride[0][1]);
    const Pack<T, kCount> pb = LoadOperand<kCount>(b + offsets.at[2], map.stride[0][2]);
    Pack<T, kCount> result;
    for (int k = 0; k < kCount; ++k) result.v[k] = ToFloat(pc.v[k]) != 0 ? pa.v[k] : pb.v[k];
    StorePack(y + i * kCount, result);
  }
}

// To integers: round to nearest even, saturate, NaN gives 0.
template <typename To>
__device__ To FromFloatTo(float x) {
  return FromFloat<To>(x);
}
template <>
__device__ inline int32_t FromFloatTo<int32_t>(float x) {
  if (x != x) return 0;
  if (x >= 2147483648.0f) return INT32_MAX;
  if (x < -2147483648.0f) return INT32_MIN;
  return static_cast<int32_t>(rintf(x));
}
template <>
__device__ inline uint8_t FromFloatTo<uint8_t>(float x) {
  if (!(x > 0)) return 0;
  return x >= 255 ? 255 : static_cast<uint8_t>(rintf(x));
}

template <typename To, typename From>
struct Converter {
  static __device__ To Convert(From x) { return FromFloatTo<To>(ToFloat(x)); }
};
template <typename To>
struct Converter<To, int32_t> {
  static __device__ To Convert(int32_t x) { return FromFloatTo<To>(static_cast<float>(x)); }
};
template <typename To>
struct Converter<To, uint8_t> {
  static __device__ To Convert(uint8_t x) { return FromFloatTo<To>(static_cast<float>(x)); }
};
// Between integers not every value passes through f32.
template <>
struct Converter<uint8_t, int32_t> {
  static __device__ uint8_t Convert(int32_t x) { return x < 0 ? 0 : x > 255 ? 255 : static_cast<uint8_t>(x); }
};

template <typename From, typename To, int kCount>
__global__ void CastKernel(const From* x, To* y, int64_t packs) {
  for (int64_t i = GlobalThread(); i < packs; i += GlobalThreads()) {
    const Pack<From, kCount> pack = LoadPack<kCount>(x + i * kCount);
    Pack<To, kCount> result;
    for (int k = 0; k < kCount; ++k) result.v[k] = Converter<To, From>::Convert(pack.v[k]);
    StorePack(y + i * kCount, result);
  }
}

// Whether kCount neighbours of each operand can be read at once: the fastest dimension is a multiple of kCount long, so
// that a pack never crosses its end, and every step of the other dimensions keeps the alignment.
template <int kCount>
bool CanPack(const IndexMap<kCount>& map, const Shape& shape, int pack) {
  const int64_t n = shape.NumElements();
  if (n % pack != 0) return false;
  if (map.rank > 1 && map.extent[0].divisor % pack != 0) return false;
  for (int k = 0; k < kCount; ++k) {
    if (map.stride[0][k] != 0 && map.stride[0][k] != 1) return false;
    for (int d = 1; d < map.rank; ++d) {
      if (map.stride[0][k] == 1 && map.stride[d][k] % pack != 0) return false;
    }
  }
  return true;
}

template <typename F, typename T>
void LaunchUnary(Context& context, const UnaryArgs& args) {
  const T* x = args.x.as<T>();
  T* y = args.y.as<T>();
  const float alpha = static_cast<float>(args.alpha), beta = static_cast<float>(args.beta);
  constexpr int kPack = kPackSize<T>;
  const int64_t n = args.y.NumElements(), packed = IsAligned(x, y) ? n / kPack * kPack : 0;
  if (packed > 0) {
    Launch("UnaryKernel", UnaryKernel<F, T, kPack>, BlocksFor(context, packed / kPack, kThreads), kThreads, 0,
           context.stream(), x, y, alpha, beta, packed / kPack);
  }
  if (packed < n) {
    Launch("UnaryKernel", UnaryKernel<F, T, 1>, BlocksFor(context, n - packed, kThreads), kThreads, 0, context.stream(),
           x + packed, y + packed, alpha, beta, n - packed);
  }
}

template <typename F, typename T, int kPack>
void LaunchBinary(Context& context, const BinaryArgs& args, const IndexMap<2>& map) {
  const int64_t packs = args.y.NumElements() / kPack;
  Launch("BinaryKernel", BinaryKernel<F, T, kPack>, BlocksFor(context, packs, kThreads), kThreads, 0, context.stream(),
         args.a.as<T>(), args.b.as<T>(), args.y.as<T>(), map, args.alpha, args.beta, packs);
}

template <typename T, int kPack>
void LaunchWhere(Context& context, const WhereArgs& args, const IndexMap<3>& map) {
  const int64_t packs = args.y.NumElements() / kPack;
  Launch("WhereKernel", WhereKernel<T, kPack>, BlocksFor(context, packs, kThreads), kThreads, 0, context.stream(),
         args.condition.as<T>(), args.a.as<T>(), args.b.as<T>(), args.y.as<T>(), map, packs);
}

template <typename From, typename To, int kPack>
void LaunchCast(Context& context, const From* x, To* y, int64_t packs) {
  if (packs == 0) return;
  Launch("CastKernel", CastKernel<From, To, kPack>, BlocksFor(context, packs, kThreads), kThreads, 0, context.stream(),
         x, y, packs);
}

template <typename From, typename To>
void CastTo(Context& context, const CastArgs& args) {
  // 16 bytes of the wider type.
  constexpr int kPack = kPackSize<From> < kPackSize<To> ? kPackSize<From> : kPackSize<To>;
  const From* x = args.x.as<From>();
  To* y = args.y.as<To>();
  const int64_t n = args.x.NumElements(), packed = IsAligned(x, y) ? n / kPack * kPack : 0;
  LaunchCast<From, To, kPack>(context, x, y, packed / kPack);
  LaunchCast<From, To, 1>(context, x + packed, y + packed, n - packed);
}

template <typename T>
void FillWith(Context& context, const FillArgs& args, T value) {
  const int64_t n = args.y.NumElements();
  Launch("FillKernel", FillKernel<T>, BlocksFor(context, n, kThreads), kThreads, 0, context.stream(), args.y.as<T>(),
         value, n);
}

// A double as the integer that Cast would make of it.
template <typename T>
T Saturated(double value, double lowest, double highest) {
  if (std::isnan(value)) return 0;
  return static_cast<T>(std::fmin(std::fmax(std::nearbyint(value), lowest), highest));
}

}  // namespace

void Fill(Context& context, const FillArgs& args) {
  if (args.y.NumElements() == 0) return;
  switch (args.y.dtype) {
    case DType::kF32: return FillWith<float>(context, args, static_cast<float>(args.value));
    case DType::kBF16: return FillWith<BF16>(context, args, __float2bfloat16_rn(static_cast<float>(args.value)));
    case DType::kI32: return FillWith<int32_t>(context, args, Saturated<int32_t>(args.value, INT32_MIN, INT32_MAX));
    case DType::kU8: return FillWith<uint8_t>(context, args, Saturated<uint8_t>(args.value, 0, 255));
    case DType::kF64: break;
  }
  SG_CHECK(false) << "[Fill] no CUDA kernel for " << args.y.dtype;
}

void Unary(Context& context, const UnaryArgs& args) {
  CheckTensor("Unary", "y", args.y, args.x.dtype, args.x.shape);
  if (args.y.NumElements() == 0) return;
  DispatchFloat("Unary", args.x.dtype, [&](auto type) {
    using T = decltype(type);
    DispatchUnary(args.fn, [&](auto fn) { LaunchUnary<decltype(fn), T>(context, args); });
  });
}

void Binary(Context& context, const BinaryArgs& args) {
  CheckTensor("Binary", "a", args.a, args.y.dtype, args.a.shape);
  CheckTensor("Binary", "b", args.b, args.y.dtype, args.b.shape);
  const Shape& shape = args.y.shape;
  if (shape.NumElements() == 0) return;
  const IndexMap<2> map =
      MakeIndexMap<2>("Binary", shape, {BroadcastStrides(args.a.shape, shape), BroadcastStrides(args.b.shape, shape)});
  DispatchFloat("Binary", args.y.dtype, [&](auto type) {
    using T = decltype(type);
    const bool packs = IsAligned(args.a.data, args.b.data, args.y.data) && CanPack(map, shape, kPackSize<T>);
    DispatchBinary(args.fn, [&](auto fn) {
      using F = decltype(fn);
      packs ? LaunchBinary<F, T, kPackSize<T>>(context, args, map) : LaunchBinary<F, T, 1>(context, args, map);
    });
  });
}

void Where(Context& context, const WhereArgs& args) {
  CheckTensor("Where", "condition", args.condition, args.y.dtype, args.condition.shape);
  CheckTensor("Where", "a", args.a, args.y.dtype, args.a.shape);
  CheckTensor("Where", "b", args.b, args.y.dtype, args.b.shape);
  const Shape& shape = args.y.shape;
  if (shape.NumElements() == 0) return;
  const IndexMap<3> map =
      MakeIndexMap<3>("Where", shape,
                      {BroadcastStrides(args.condition.shape, shape), BroadcastStrides(args.a.shape, shape),
                       BroadcastStrides(args.b.shape, shape)});
  DispatchFloat("Where", args.y.dtype, [&](auto type) {
    using T = decltype(type);
    const bool packs =
        IsAligned(args.condition.data, args.a.data, args.b.data, args.y.data) && CanPack(map, shape, kPackSize<T>);
    packs ? LaunchWhere<T, kPackSize<T>>(context, args, map) : LaunchWhere<T, 1>(context, args, map);
  });
}

void Cast(Context& context, const CastArgs& args) {
  CheckTensor("Cast", "y", args.y, args.y.dtype, args.x.shape);
  if (args.x.NumElements() == 0) return;
  if (args.x.dtype == args.y.dtype) {
    SG_CUDA_CHECK(cudaMemcpyAsync(args.y.data, args.x.data, static_cast<size_t>(args.x.NumBytes()),
                                  cudaMemcpyDeviceToDevice, context.stream()));
    return CountCopy();
  }
  DispatchAny("Cast", args.x.dtype, [&](auto from) {
    using From = decltype(from);
    DispatchAny("Cast", args.y.dtype, [&](auto to) {
      using To = decltype(to);
      if constexpr (!std::is_same_v<From, To>) CastTo<From, To>(context, args);
    });
  });
}

}  // namespace sg::cuda
