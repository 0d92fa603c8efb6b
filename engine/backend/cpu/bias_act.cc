#include <array>
#include <cstdint>

#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/load_store.h"
#include "engine/backend/cpu/loop_nest.h"
#include "engine/backend/cpu/parallel.h"
#include "engine/backend/scalar_math.h"

namespace sg::cpu {
namespace {

struct ActParams {
  float in_gain, slope, gain, clamp;
};

// The column strides of bias and noise are known to the compiler.
template <int kBias, int kNoise, typename T>
void BiasActRow(const T* __restrict x, const T* __restrict bias, const T* __restrict noise, float strength, ActParams p,
                int64_t n, T* __restrict y) {
#pragma omp simd
  for (int64_t c = 0; c < n; ++c) {
    const float pre = p.in_gain * ToFloat(x[c]) + ToFloat(bias[c * kBias]) + strength * ToFloat(noise[c * kNoise]);
    y[c] = FromFloat<T>(BiasActValue(pre, p.slope, p.gain, p.clamp));
  }
}

template <typename T>
void BiasActGradRange(const T* __restrict dy, const T* __restrict y, float scale, ActParams p, int64_t n,
                      T* __restrict dx) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    dx[i] = FromFloat<T>(scale * ToFloat(dy[i]) * BiasActSlope(ToFloat(y[i]), p.slope, p.gain, p.clamp));
  }
}

ActParams MakeActParams(double in_gain, double slope, double gain, double clamp) {
  return {static_cast<float>(in_gain), static_cast<float>(slope), static_cast<float>(gain), static_cast<float>(clamp)};
}

// Pixels x channels, with the strides of bias and noise; an absent one is a zero of stride 0.
template <typename T>
void BiasActAs(const BiasActArgs& args) {
  const ActParams params = MakeActParams(args.in_gain, args.slope, args.gain, args.clamp);
  const bool has_bias = args.bias.data != nullptr, has_noise = args.noise.data != nullptr;
  const T zero = T();
  const T* bias = has_bias ? args.bias.as<const T>() : &zero;
  const T* noise = has_noise ? args.noise.as<const T>() : &zero;
  const float strength = has_noise ? ToFloat(*args.strength.as<const T>()) : 0.0f;
  const int64_t channels = args.x.shape[-1], pixels = channels == 0 ? 0 : args.x.NumElements() / channels;
  const std::array<int64_t, 3> by_pixel = {channels, 0, has_noise}, by_channel = {1, has_bias, 0};
  ParallelFor(pixels, GrainOf(channels), [&](int64_t begin, int64_t end) {
    const std::array<const T*, 3> in = {args.x.as<const T>() + begin * channels, bias, noise + begin * by_pixel[2]};
    T* y = args.y.as<T>() + begin * channels;
    if (channels < kShortRow) {
      ForEachChunk<T, 3>(in, by_pixel, by_channel, end - begin, channels, [&](int64_t first, int64_t n, const auto& q) {
        BiasActRow<1, 1>(q[0], q[1], q[2], strength, params, n, y + first);
      });
      return;
    }
    for (int64_t i = 0; i < end - begin; ++i) {
      const T *xi = in[0] + i * channels, *ni = in[2] + i * by_pixel[2];
      if (has_bias) {
        BiasActRow<1, 0>(xi, bias, ni, strength, params, channels, y + i * channels);
      } else {
        BiasActRow<0, 0>(xi, bias, ni, strength, params, channels, y + i * channels);
      }
    }
  });
}

}  // namespace

void BiasAct(const BiasActArgs& args) {
  DispatchFloat("BiasAct", args.x.dtype, [&](auto zero) { BiasActAs<decltype(zero)>(args); });
}

void BiasActGrad(const BiasActGradArgs& args) {
  const ActParams params = MakeActParams(1, args.slope, args.gain, args.clamp);
  DispatchFloat("BiasActGrad", args.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    ParallelFor(args.dy.NumElements(), kElementGrain, [&](int64_t begin, int64_t end) {
      BiasActGradRange(args.dy.as<const T>() + begin, args.y.as<const T>() + begin, static_cast<float>(args.scale),
                       params, end - begin, args.dx.as<T>() + begin);
    });
  });
}

}  // namespace sg::cpu
