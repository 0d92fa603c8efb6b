// AdamStep, Lerp, SquaredNorm.
#include <cmath>

#include "engine/backend/common/scalar_math.h"
#include "engine/backend/ref/kernels.h"

namespace sg::ref {
namespace {

template <bool kHasM, typename T>
void AdamStepOf(const AdamStepArgs& args) {
  const T grad_scale = *args.grad_scale.as<T>();
  if (!std::isfinite(grad_scale)) return;
  const AdamCoefficients<T> coefficients = MakeAdamCoefficients<T>(args);
  for (const AdamTensor& t : args.tensors) {
    T *p = t.parameter.as<T>(), *m = t.m.as<T>(), *v = t.v.as<T>();
    const T* g = t.gradient.as<T>();
    const int64_t n = t.parameter.NumElements();
    for (int64_t i = 0; i < n; ++i) {
      AdamUpdate<kHasM>(g[i] * grad_scale, coefficients, &p[i], kHasM ? &m[i] : nullptr, &v[i]);
    }
  }
}

}  // namespace

void AdamStep(const AdamStepArgs& args) {
  const DType dtype = args.grad_scale.dtype;
  SG_CHECK(dtype == DType::kF32 || dtype == DType::kF64) << "[AdamStep] no kernel for " << dtype;
  SG_CHECK(args.grad_scale.NumElements() == 1) << "[AdamStep] grad_scale " << args.grad_scale.shape;
  SG_CHECK(args.step >= 1) << "[AdamStep] steps count from 1, got " << args.step;
  for (const AdamTensor& t : args.tensors) {
    const Shape& shape = t.parameter.shape;
    CheckTensor("AdamStep", "parameter", t.parameter, dtype, shape);
    if (args.beta1 != 0) CheckTensor("AdamStep", "m", t.m, dtype, shape);
    CheckTensor("AdamStep", "v", t.v, dtype, shape);
    CheckTensor("AdamStep", "gradient", t.gradient, dtype, shape);
  }
  const bool has_m = args.beta1 != 0;
  if (dtype == DType::kF64) {
    has_m ? AdamStepOf<true, double>(args) : AdamStepOf<false, double>(args);
  } else {
    has_m ? AdamStepOf<true, float>(args) : AdamStepOf<false, float>(args);
  }
}

void Lerp(const LerpArgs& args) {
  for (const LerpPair& pair : args.pairs) {
    CheckTensor("Lerp", "source", pair.source, pair.target.dtype, pair.target.shape);
    DispatchFloat("Lerp", pair.target.dtype, [&](auto type) {
      using T = decltype(type);
      using R = Real<T>;
      T* target = pair.target.as<T>();
      const T* source = pair.source.as<T>();
      const R t = static_cast<R>(args.t);
      const int64_t n = pair.target.NumElements();
      for (int64_t i = 0; i < n; ++i) {
        const R old = static_cast<R>(target[i]);
        target[i] = static_cast<T>(old + (static_cast<R>(source[i]) - old) * t);
      }
    });
  }
}

void SquaredNorm(const SquaredNormArgs& args) {
  SG_CHECK(args.y.NumElements() == 1) << "[SquaredNorm] y must hold one element, got " << args.y.shape;
  DispatchFloat("SquaredNorm", args.y.dtype, [&](auto type) {
    using T = decltype(type);
    double sum = 0;
    for (const TensorView& tensor : args.tensors) {
      CheckTensor("SquaredNorm", "tensor", tensor, args.y.dtype, tensor.shape);
      const T* x = tensor.as<T>();
      const int64_t n = tensor.NumElements();
      for (int64_t i = 0; i < n; ++i) {
        const double value = static_cast<Real<T>>(x[i]);
        sum += value * value;
      }
    }
    *args.y.as<T>() = static_cast<T>(sum);
  });
}

}  // namespace sg::ref
