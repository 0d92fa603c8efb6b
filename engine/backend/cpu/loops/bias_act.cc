#include "engine/backend/cpu/loops/bias_act.h"

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

using ActParams = BiasActConstants;

constexpr int64_t kMostRepeated = kChunk / 4;  // channels

template <typename Args>
ActParams MakeActParams(const Args& args) {
  return {static_cast<float>(args.in_gain), static_cast<float>(args.slope), static_cast<float>(args.gain),
          static_cast<float>(args.clamp)};
}

// The column strides of scale, bias and noise, and whether there is a clamp, are compile-time constants. x and y may be
// the same row.
template <bool kClamps, int kScale, int kBias, int kNoise, typename T>
void BiasActRow(const T* x, const T* scale, const T* bias, const T* noise, float strength, ActParams p, int64_t n,
                T* y) {
  if (kClamps != (p.clamp > 0)) __builtin_unreachable();
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

// The loop over pixels x channels, image by image.
template <typename T>
void BiasActAs(const BiasActArgs& args) {
  const BiasActRows<T> rows(args);
  const int64_t channels = args.x.shape[-1], pixels = channels == 0 ? 0 : args.x.NumElements() / channels;
  const int64_t image = args.scale.data != nullptr ? pixels / std::max<int64_t>(1, args.x.shape[0]) : pixels;
  const auto run = [&](int64_t n, int64_t begin, int64_t end) {
    const T* x = args.x.as<const T>() + begin * channels;
    T* y = args.y.as<T>() + begin * channels;
    rows.RunPixels(x, n, begin, end, y);
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

template <typename T>
BiasActRows<T>::BiasActRows(const BiasActArgs& args)
    : constants_(MakeActParams(args)),
      channels_(args.x.shape[-1]),
      has_scale_(args.scale.data != nullptr),
      has_bias_(args.bias.data != nullptr),
      has_noise_(args.noise.data != nullptr),
      scale_(has_scale_ ? args.scale.as<const T>() : &one_),
      bias_(has_bias_ ? args.bias.as<const T>() : &zero_),
      noise_(has_noise_ ? args.noise.as<const T>() : &zero_),
      strength_(has_noise_ ? ToFloat(*args.strength.as<const T>()) : 0.0f),
      clamps_(args.clamp > 0),
      row_(clamps_ ? ChooseRow<true>() : ChooseRow<false>()) {}

template <typename T>
template <bool kClamps>
typename BiasActRows<T>::RowFunction BiasActRows<T>::ChooseRow() const {
  return has_scale_ ? (has_bias_ ? BiasActRow<kClamps, 1, 1, 0, T> : BiasActRow<kClamps, 1, 0, 0, T>)
                    : (has_bias_ ? BiasActRow<kClamps, 0, 1, 0, T> : BiasActRow<kClamps, 0, 0, 0, T>);
}

// Rows of few channels take longer to begin than to compute. Without noise, rows follow each other as one long row with
// the operands of each channel repeated. With it, that pays for very few channels only.
template <typename T>
void BiasActRows<T>::RunPixels(const T* x, int64_t image, int64_t begin, int64_t end, T* y) const {
  const T *const scale = scale_ + (has_scale_ ? image * channels_ : 0), *noise = noise_ + (has_noise_ ? begin : 0);
  if (has_noise_ && channels_ < kShortRow) {
    const auto row = clamps_ ? BiasActRow<true, 1, 1, 1, T> : BiasActRow<false, 1, 1, 1, T>;
    ForEachChunk<T, 4>({x, scale, bias_, noise}, {channels_, 0, 0, 1}, {1, has_scale_, has_bias_, 0}, end - begin,
                       channels_, [&](int64_t first, int64_t count, const auto& q) {
                         row(q[0], q[1], q[2], q[3], strength_, constants_, count, y + first);
                       });
    return;
  }
  if (!has_noise_ && channels_ <= kMostRepeated) {
    ForEachChunk<T, 3>({x, scale, bias_}, {channels_, 0, 0}, {1, has_scale_, has_bias_}, end - begin, channels_,
                       [&](int64_t first, int64_t count, const auto& q) {
                         row_(q[0], q[1], q[2], noise, strength_, constants_, count, y + first);
                       });
    return;
  }
  for (int64_t i = begin; i < end; ++i, x += channels_, y += channels_) Run(x, image, i, 0, channels_, y);
}

template class BiasActRows<float>;
template class BiasActRows<BFloat16>;

void CpuKernels::BiasAct(const BiasActArgs& args) {
  DispatchFloat("BiasAct", args.x.dtype, [&](auto zero) { BiasActAs<decltype(zero)>(args); });
}

void CpuKernels::BiasActGrad(const BiasActGradArgs& args) {
  DispatchFloat("BiasActGrad", args.dy.dtype, [&](auto zero) { BiasActGradAs<decltype(zero)>(args); });
}

}  // namespace sg::cpu
