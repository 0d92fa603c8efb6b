#include <algorithm>

#include "engine/backend/common/scalar_math.h"
#include "engine/backend/ref/loops.h"
#include "engine/backend/ref/ref_kernels.h"

namespace sg::ref {
namespace {

// scale[n,c] at element i of x [N,...,C], or 1 without a scale.
template <typename T>
class ChannelScale {
 public:
  ChannelScale(const TensorView& scale, const Shape& x)
      : scale_(scale.as<T>()), channels_(x.dim(-1)), image_(x.NumElements() / std::max<int64_t>(1, x.dim(0))) {}

  Real<T> At(int64_t i) const {
    return scale_ == nullptr ? Real<T>(1) : static_cast<Real<T>>(scale_[i / image_ * channels_ + i % channels_]);
  }

 private:
  const T* const scale_;
  const int64_t channels_, image_;  // elements per pixel and per image
};

}  // namespace

void RefKernels::BiasAct(const BiasActArgs& args) {
  const Shape& shape = args.x.shape;
  const DType dtype = args.x.dtype;
  const int64_t channels = shape.dim(-1);
  const bool has_bias = args.bias.data != nullptr, has_noise = args.noise.data != nullptr;
  DispatchFloat("BiasAct", dtype, [&](auto type) {
    using T = decltype(type);
    using R = Real<T>;
    const T *x = args.x.as<T>(), *bias = args.bias.as<T>(), *noise = args.noise.as<T>();
    T* y = args.y.as<T>();
    const R in_gain = static_cast<R>(args.in_gain), slope = static_cast<R>(args.slope);
    const R gain = static_cast<R>(args.gain), clamp = static_cast<R>(args.clamp);
    const R strength = has_noise ? static_cast<R>(*args.strength.as<T>()) : R(0);
    const ChannelScale<T> scale(args.scale, shape);
    const int64_t n = args.x.NumElements();
    for (int64_t i = 0; i < n; ++i) {
      R pre = in_gain * scale.At(i) * static_cast<R>(x[i]);
      if (has_bias) pre += static_cast<R>(bias[i % channels]);
      if (has_noise) pre += strength * static_cast<R>(noise[i / channels]);
      y[i] = static_cast<T>(BiasActValue(pre, slope, gain, clamp));
    }
  });
}

void RefKernels::BiasActGrad(const BiasActGradArgs& args) {
  const Shape& shape = args.dy.shape;
  DispatchFloat("BiasActGrad", args.dy.dtype, [&](auto type) {
    using T = decltype(type);
    using R = Real<T>;
    const T *dy = args.dy.as<T>(), *y = args.y.as<T>();
    T* dx = args.dx.as<T>();
    const R in_gain = static_cast<R>(args.in_gain), slope = static_cast<R>(args.slope);
    const R gain = static_cast<R>(args.gain), clamp = static_cast<R>(args.clamp);
    const ChannelScale<T> scale(args.scale, shape);
    const int64_t n = args.dy.NumElements();
    for (int64_t i = 0; i < n; ++i) {
      const R factor = in_gain * scale.At(i) * BiasActSlope(static_cast<R>(y[i]), slope, gain, clamp);
      dx[i] = static_cast<T>(factor * static_cast<R>(dy[i]));
    }
  });
}

}  // namespace sg::ref
