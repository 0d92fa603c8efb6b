// BiasAct and BiasActGrad: bound by memory, so 16 bytes per access wherever the number of channels allows it.
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

struct Activation {
  float in_gain, slope, gain, clamp;
};

// Packs of a pixel, and of an image where there is a scale.
struct PackCounts {
  FastDivisor pixel, image;
  bool small;  // beyond 2^31 packs in all the multiplications would overflow
};

__device__ int64_t Quotient(int64_t i, const FastDivisor& by, bool small) {
  return small ? static_cast<int64_t>(by.Divide(static_cast<uint32_t>(i))) : i / by.divisor;
}

// kCount divides the channels, so a pack lies within one pixel. Null scale and bias, and noise with strength, are left out.
template <typename T, int kCount>
__global__ void BiasActKernel(const T* x, const T* scale, const T* bias, const T* noise, const T* strength, T* y,
                              Activation act, PackCounts counts, int64_t packs) {
  const float noise_scale = noise != nullptr ? ToFloat(*strength) : 0.0f;
  for (int64_t i = GlobalThread(); i < packs; i += GlobalThreads()) {
    const int64_t pixel = Quotient(i, counts.pixel, counts.small);
    const int64_t pack = i - pixel * counts.pixel.divisor;
    const Pack<T, kCount> px = LoadPack<kCount>(x + i * kCount);
    Pack<T, kCount> pb = {}, ps = {};
    if (bias != nullptr) pb = LoadPack<kCount>(bias + pack * kCount);
    if (scale != nullptr) {
      const int64_t image = Quotient(i, counts.image, counts.small);
      ps = LoadPack<kCount>(scale + (image * counts.pixel.divisor + pack) * kCount);
    }
    const float shift = noise != nullptr ? noise_scale * ToFloat(noise[pixel]) : 0.0f;
    Pack<T, kCount> result;
    for (int k = 0; k < kCount; ++k) {
      const float factor = scale != nullptr ? act.in_gain * ToFloat(ps.v[k]) : act.in_gain;
      float pre = factor * ToFloat(px.v[k]);
      if (bias != nullptr) pre += ToFloat(pb.v[k]);
      if (noise != nullptr) pre += shift;
      result.v[k] = FromFloat<T>(BiasActValue(pre, act.slope, act.gain, act.clamp));
    }
    StorePack(y + i * kCount, result);
  }
}

// Without a scale packs may lie anywhere.
template <typename T, int kCount>
__global__ void BiasActGradKernel(const T* dy, const T* y, const T* scale, T* dx, Activation act, PackCounts counts,
                                  int64_t packs) {
  for (int64_t i = GlobalThread(); i < packs; i += GlobalThreads()) {
    const Pack<T, kCount> pdy = LoadPack<kCount>(dy + i * kCount), py = LoadPack<kCount>(y + i * kCount);
    Pack<T, kCount> ps = {};
    if (scale != nullptr) {
      const int64_t pack = i - Quotient(i, counts.pixel, counts.small) * counts.pixel.divisor;
      const int64_t image = Quotient(i, counts.image, counts.small);
      ps = LoadPack<kCount>(scale + (image * counts.pixel.divisor + pack) * kCount);
    }
    Pack<T, kCount> result;
    for (int k = 0; k < kCount; ++k) {
      const float in_gain = scale != nullptr ? act.in_gain * ToFloat(ps.v[k]) : act.in_gain;
      const float factor = in_gain * BiasActSlope(ToFloat(py.v[k]), act.slope, act.gain, act.clamp);
      result.v[k] = FromFloat<T>(factor * ToFloat(pdy.v[k]));
    }
    StorePack(dx + i * kCount, result);
  }
}

template <typename Args>
Activation ActivationOf(const Args& args) {
  return {static_cast<float>(args.in_gain), static_cast<float>(args.slope), static_cast<float>(args.gain),
          static_cast<float>(args.clamp)};
}

PackCounts CountPacks(const Shape& shape, bool has_scale, int pack) {
  PackCounts counts;
  counts.pixel = FastDivisor(static_cast<uint32_t>(shape.dim(-1) / pack));
  if (has_scale) {
    const int64_t image = shape.NumElements() / shape.dim(0) / pack;
    SG_CHECK(image <= INT32_MAX) << "[BiasAct] images of " << shape << " are too large for a scale";
    counts.image = FastDivisor(static_cast<uint32_t>(image));
  }
  counts.small = shape.NumElements() / pack <= INT32_MAX;
  return counts;
}

void CheckScale(const char* op, const TensorView& scale, DType dtype, const Shape& x) {
  if (scale.data == nullptr) return;
  SG_CHECK(x.rank() >= 2) << "[" << op << "] a scale needs [N,...,C], got " << x;
  CheckTensor(op, "scale", scale, dtype, {x.dim(0), x.dim(-1)});
}

template <typename T, int kPack>
void LaunchBiasAct(Context& context, const BiasActArgs& args) {
  const int64_t packs = args.x.NumElements() / kPack;
  Launch("BiasActKernel", BiasActKernel<T, kPack>, BlocksFor(context, packs, kThreads), kThreads, 0, context.stream(),
         args.x.as<T>(), args.scale.as<T>(), args.bias.as<T>(), args.noise.as<T>(), args.strength.as<T>(),
         args.y.as<T>(), ActivationOf(args), CountPacks(args.x.shape, args.scale.data != nullptr, kPack), packs);
}

template <typename T, int kPack>
void LaunchBiasActGrad(Context& context, const BiasActGradArgs& args, int64_t begin, int64_t end) {
  if (begin == end) return;
  const int64_t packs = (end - begin) / kPack;
  const bool has_scale = args.scale.data != nullptr;
  const PackCounts counts = has_scale ? CountPacks(args.dy.shape, has_scale, kPack) : PackCounts();
  Launch("BiasActGradKernel", BiasActGradKernel<T, kPack>, BlocksFor(context, packs, kThreads), kThreads, 0,
         context.stream(), args.dy.as<T>() + begin, args.y.as<T>() + begin, args.scale.as<T>(), args.dx.as<T>() + begin,
         ActivationOf(args), counts, packs);
}

}  // namespace

void BiasAct(Context& context, const BiasActArgs& args) {
  const Shape& shape = args.x.shape;
  const DType dtype = args.x.dtype;
  SG_CHECK(shape.rank() >= 1) << "[BiasAct] input must be [...,C]";
  const int64_t channels = shape.dim(-1);
  CheckTensor("BiasAct", "y", args.y, dtype, shape);
  CheckScale("BiasAct", args.scale, dtype, shape);
  if (args.bias.data != nullptr) CheckTensor("BiasAct", "bias", args.bias, dtype, {channels});
  if (args.noise.data != nullptr) {
    Shape one_channel = shape;
    one_channel.set_dim(-1, 1);
    CheckTensor("BiasAct", "noise", args.noise, dtype, one_channel);
    SG_CHECK(args.strength.data != nullptr && args.strength.dtype == dtype && args.strength.NumElements() == 1)
        << "[BiasAct] noise needs a strength of one element";
  }
  if (shape.NumElements() == 0) return;
  DispatchFloat("BiasAct", dtype, [&](auto type) {
    using T = decltype(type);
    const bool packs =
        channels % kPackSize<T> == 0 && IsAligned(args.x.data, args.scale.data, args.bias.data, args.y.data);
    packs ? LaunchBiasAct<T, kPackSize<T>>(context, args) : LaunchBiasAct<T, 1>(context, args);
  });
}

void BiasActGrad(Context& context, const BiasActGradArgs& args) {
  CheckTensor("BiasActGrad", "y", args.y, args.dy.dtype, args.dy.shape);
  CheckTensor("BiasActGrad", "dx", args.dx, args.dy.dtype, args.dy.shape);
  CheckScale("BiasActGrad", args.scale, args.dy.dtype, args.dy.shape);
  const int64_t n = args.dy.NumElements();
  if (n == 0) return;
  DispatchFloat("BiasActGrad", args.dy.dtype, [&](auto type) {
    using T = decltype(type);
    constexpr int kPack = kPackSize<T>;
    int64_t packed = IsAligned(args.dy.data, args.y.data, args.scale.data, args.dx.data) ? n / kPack * kPack : 0;
    // A pack must not leave its pixel: then its channels follow each other.
    if (args.scale.data != nullptr && args.dy.shape.dim(-1) % kPack != 0) packed = 0;
    LaunchBiasActGrad<T, kPack>(context, args, 0, packed);
    LaunchBiasActGrad<T, 1>(context, args, packed, n);
  });
}

}  // namespace sg::cuda
