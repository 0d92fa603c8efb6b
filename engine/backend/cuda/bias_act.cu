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

// kCount divides the channels, so a pack lies within one pixel. Null bias, and noise with strength, are left out.
template <typename T, int kCount>
__global__ void BiasActKernel(const T* x, const T* bias, const T* noise, const T* strength, T* y, Activation act,
                              FastDivisor channel_packs, int64_t packs) {
  const float scale = noise != nullptr ? ToFloat(*strength) : 0.0f;
  for (int64_t i = GlobalThread(); i < packs; i += GlobalThreads()) {
    // Beyond 2^31 packs the multiplication would overflow.
    const int64_t pixel = packs <= INT32_MAX ? static_cast<int64_t>(channel_packs.Divide(static_cast<uint32_t>(i)))
                                             : i / channel_packs.divisor;
    const int64_t channel = (i - pixel * channel_packs.divisor) * kCount;
    const Pack<T, kCount> px = LoadPack<kCount>(x + i * kCount);
    Pack<T, kCount> pb = {};
    if (bias != nullptr) pb = LoadPack<kCount>(bias + channel);
    const float shift = noise != nullptr ? scale * ToFloat(noise[pixel]) : 0.0f;
    Pack<T, kCount> result;
    for (int k = 0; k < kCount; ++k) {
      float pre = act.in_gain * ToFloat(px.v[k]);
      if (bias != nullptr) pre += ToFloat(pb.v[k]);
      if (noise != nullptr) pre += shift;
      result.v[k] = FromFloat<T>(BiasActValue(pre, act.slope, act.gain, act.clamp));
    }
    StorePack(y + i * kCount, result);
  }
}

template <typename T, int kCount>
__global__ void BiasActGradKernel(const T* dy, const T* y, T* dx, float scale, Activation act, int64_t packs) {
  for (int64_t i = GlobalThread(); i < packs; i += GlobalThreads()) {
    const Pack<T, kCount> pdy = LoadPack<kCount>(dy + i * kCount), py = LoadPack<kCount>(y + i * kCount);
    Pack<T, kCount> result;
    for (int k = 0; k < kCount; ++k) {
      const float factor = scale * BiasActSlope(ToFloat(py.v[k]), act.slope, act.gain, act.clamp);
      result.v[k] = FromFloat<T>(factor * ToFloat(pdy.v[k]));
    }
    StorePack(dx + i * kCount, result);
  }
}

template <typename T, int kPack>
void LaunchBiasAct(Context& context, const BiasActArgs& args) {
  const int64_t packs = args.x.NumElements() / kPack;
  const Activation act = {static_cast<float>(args.in_gain), static_cast<float>(args.slope),
                          static_cast<float>(args.gain), static_cast<float>(args.clamp)};
  const FastDivisor channel_packs(static_cast<uint32_t>(args.x.shape.dim(-1) / kPack));
  Launch("BiasActKernel", BiasActKernel<T, kPack>, BlocksFor(context, packs, kThreads), kThreads, 0, context.stream(),
         args.x.as<T>(), args.bias.as<T>(), args.noise.as<T>(), args.strength.as<T>(), args.y.as<T>(), act,
         channel_packs, packs);
}

template <typename T, int kPack>
void LaunchBiasActGrad(Context& context, const BiasActGradArgs& args, int64_t begin, int64_t end) {
  if (begin == end) return;
  const int64_t packs = (end - begin) / kPack;
  const Activation act = {1, static_cast<float>(args.slope), static_cast<float>(args.gain),
                          static_cast<float>(args.clamp)};
  Launch("BiasActGradKernel", BiasActGradKernel<T, kPack>, BlocksFor(context, packs, kThreads), kThreads, 0,
         context.stream(), args.dy.as<T>() + begin, args.y.as<T>() + begin, args.dx.as<T>() + begin, args.scale, act,
         packs);
}

}  // namespace

void BiasAct(Context& context, const BiasActArgs& args) {
  const Shape& shape = args.x.shape;
  const DType dtype = args.x.dtype;
  SG_CHECK(shape.rank() >= 1) << "[BiasAct] input must be [...,C]";
  const int64_t channels = shape.dim(-1);
  CheckTensor("BiasAct", "y", args.y, dtype, shape);
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
    const bool packs = channels % kPackSize<T> == 0 && IsAligned(args.x.data, args.bias.data, args.y.data);
    packs ? LaunchBiasAct<T, kPackSize<T>>(context, args) : LaunchBiasAct<T, 1>(context, args);
  });
}

void BiasActGrad(Context& context, const BiasActGradArgs& args) {
  CheckTensor("BiasActGrad", "y", args.y, args.dy.dtype, args.dy.shape);
  CheckTensor("BiasActGrad", "dx", args.dx, args.dy.dtype, args.dy.shape);
  const int64_t n = args.dy.NumElements();
  if (n == 0) return;
  DispatchFloat("BiasActGrad", args.dy.dtype, [&](auto type) {
    using T = decltype(type);
    constexpr int kPack = kPackSize<T>;
    const int64_t packed = IsAligned(args.dy.data, args.y.data, args.dx.data) ? n / kPack * kPack : 0;
    LaunchBiasActGrad<T, kPack>(context, args, 0, packed);
    LaunchBiasActGrad<T, 1>(context, args, packed, n);
  });
}

}  // namespace sg::cuda
