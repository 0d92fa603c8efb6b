#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/backend/common/scalar_math.h"
#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/loops/load_store.h"
#include "engine/backend/cpu/loops/loop_nest.h"
#include "engine/backend/cpu/loops/parallel.h"

namespace sg::cpu {
namespace {

struct ActParams {
  float in_gain, slope, gain, clamp;
};

template <typename Args>
ActParams MakeActParams(const Args& args) {
  return {static_cast<float>(args.in_gain), static_cast<float>(args.slope), static_cast<float>(args.gain),
          static_cast<float>(args.clamp)};
}

// The column strides of scale, bias and noise are compile-time constants.
template <int kScale, int kBias, int kNoise, typename T>
void BiasActRow(const T* __restrict x, const T* __restrict scale, const T* __restrict bias, const T* __restrict noise,
                float strength, ActParams p, int64_t n, T* __restrict y) {
#pragma omp simd
  for (int64_t c = 0; c < n; ++c) {
    const float pre = p.in_gain * ToFloat(scale[c * kScale]) * ToFloat(x[c]) + ToFloat(bias[c * kBias]) +
                      strength * ToFloat(noise[c * kNoise]);
    y[c] = FromFloat<T>(BiasActValue(pre, p.slope, p.gain, p.clamp));
  }
}

template <int kScale, typename T>
void BiasActGradRow(const T* __restrict dy, const T* __restrict y, const T* __restrict scale, ActParams p, int64_t n,
                    T* __restrict dx) {
#pragma omp simd
  for (int64_t c = 0; c < n; ++c) {
    const float factor = p.in_gain * ToFloat(scale[c * kScale]);
    dx[c] = FromFloat<T>(factor * ToFloat(dy[c]) * BiasActSlope(ToFloat(y[c]), p.slope, p.gain, p.clamp));
  }
}

// Calls f(n, begin, end) for each image n that overlaps the pixels [begin, end).
template <typename F>
void ForEachImage(int64_t begin, int64_t end, int64_t pixels, const F& f) {
  while (begin < end) {
    const int64_t n = begin / pixels, image_end = std::min(end, (n + 1) * pixels);
    f(n, begin, image_end);
    begin = image_end;
  }
}

// The loop over pixels x channels, image by image, with strides for scale, bias and noise. A missing operand is
// replaced by a 1 or 0 of stride 0.
template <typename T>
void BiasActAs(const BiasActArgs& args) {
  const ActParams params = MakeActParams(args);
  const bool has_scale = args.scale.data != nullptr, has_bias = args.bias.data != nullptr;
  const bool has_noise = args.noise.data != nullptr;
  const T zero = T(), one = FromFloat<T>(1.0f);
  const T* const scales = has_scale ? args.scale.as<const T>() : &one;
  const T* const bias = has_bias ? args.bias.as<const T>() : &zero;
  const T* const noises = has_noise ? args.noise.as<const T>() : &zero;
  const float strength = has_noise ? ToFloat(*args.strength.as<const T>()) : 0.0f;
  const int64_t channels = args.x.shape[-1], pixels = channels == 0 ? 0 : args.x.NumElements() / channels;
  const int64_t image = has_scale ? pixels / std::max<int64_t>(1, args.x.shape[0]) : pixels;
  const std::array<int64_t, 4> by_pixel = {channels, 0, 0, has_noise}, by_channel = {1, has_scale, has_bias, 0};
  const auto run = [&](int64_t n, int64_t begin, int64_t end) {
    const T *x = args.x.as<const T>() + begin * channels, *scale = scales + (has_scale ? n * channels : 0);
    const T* noise = noises + begin * by_pixel[3];
    T* y = args.y.as<T>() + begin * channels;
    if (channels < kShortRow) {
      ForEachChunk<T, 4>({x, scale, bias, noise}, by_pixel, by_channel, end - begin, channels,
                         [&](int64_t first, int64_t count, const auto& q) {
                           BiasActRow<1, 1, 1>(q[0], q[1], q[2], q[3], strength, params, count, y + first);
                         });
      return;
    }
    const auto row = has_scale ? (has_bias ? BiasActRow<1, 1, 0, T> : BiasActRow<1, 0, 0, T>)
                               : (has_bias ? BiasActRow<0, 1, 0, T> : BiasActRow<0, 0, 0, T>);
    for (int64_t i = 0; i < end - begin; ++i) {
      row(x + i * channels, scale, bias, noise + i * by_pixel[3], strength, params, channels, y + i * channels);
    }
  };
  ParallelFor(pixels, GrainOf(channels), [&](int64_t begin, int64_t end) { ForEachImage(begin, end, image, run); });
}

template <typename T>
void BiasActGradAs(const BiasActGradArgs& args) {
  const ActParams params = MakeActParams(args);
  const T *dys = args.dy.as<const T>(), *ys = args.y.as<const T>(), *scales = args.scale.as<const T>();
  T* const dxs = args.dx.as<T>();
  if (scales == nullptr) {
    const T one = FromFloat<T>(1.0f);
    ParallelFor(args.dy.NumElements(), kElementGrain, [&](int64_t begin, int64_t end) {
      BiasActGradRow<0>(dys + begin, ys + begin, &one, params, end - begin, dxs + begin);
    });
    return;
  }
  const int64_t channels = args.dy.shape[-1], pixels = channels == 0 ? 0 : args.dy.NumElements() / channels;
  const auto run = [&](int64_t n, int64_t begin, int64_t end) {
    const T *dy = dys + begin * channels, *y = ys + begin * channels, *scale = scales + n * channels;
    T* dx = dxs + begin * channels;
    if (channels < kShortRow) {
      ForEachChunk<T, 3>({dy, y, scale}, {channels, channels, 0}, {1, 1, 1}, end - begin, channels,
                         [&](int64_t first, int64_t count, const auto& q) {
                           BiasActGradRow<1>(q[0], q[1], q[2], params, count, dx + first);
                         });
      return;
    }
    for (int64_t i = 0; i < (end - begin) * channels; i += channels) {
      BiasActGradRow<1>(dy + i, y + i, scale, params, channels, dx + i);
    }
  };
  const int64_t image = pixels / std::max<int64_t>(1, args.dy.shape[0]);
  ParallelFor(pixels, GrainOf(channels), [&](int64_t begin, int64_t end) { ForEachImage(begin, end, image, run); });
}

}  // namespace

void CpuKernels::BiasAct(const BiasActArgs& args) {
  DispatchFloat("BiasAct", args.x.dtype, [&](auto zero) { BiasActAs<decltype(zero)>(args); });
}

void CpuKernels::BiasActGrad(const BiasActGradArgs& args) {
  DispatchFloat("BiasActGrad", args.dy.dtype, [&](auto zero) { BiasActGradAs<decltype(zero)>(args); });
}

}  // namespace sg::cpu
