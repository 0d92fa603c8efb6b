// AdamStep, Lerp, SquaredNorm.
#include <cmath>

#include "engine/backend/common/scalar_math.h"
#include "engine/backend/ref/loops.h"
#include "engine/backend/ref/ref_kernels.h"

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

void RefKernels::AdamStep(const AdamStepArgs& args) {
  const DType dtype = args.grad_scale.dtype;
  SG_CHECK(dtype == DType::kF32 || dtype == DType::kF64) << "[AdamStep] no kernel for " << dtype;
  const bool has_m = args.beta1 != 0;
  if (dtype == DType::kF64) {
    has_m ? AdamStepOf<true, double>(args) : AdamStepOf<false, double>(args);
  } else {
    has_m ? AdamStepOf<true, float>(args) : AdamStepOf<false, float>(args);
  }
}

void RefKernels::Lerp(const LerpArgs& args) {
  for (const LerpPair& pair : args.pairs) {
    DispatchFloat("Lerp", pair.target.dtype, [&](auto type) {
      using T = decltype(type);
      using R = Real<T>;
      T* target = pair.target.as<T>();
      const T* source = pair.source.as<T>();
      const R t = static_cast<R>(args.t);
      const int64_t n = pair.target.NumElements();
      for (int64_t i = 0; i < n; ++i) {
        const R old = static_cast<R>(target[i]), s = static_cast<R>(source[i]);
        if (std::isfinite(s)) target[i] = static_cast<T>(old + (s - old) * t);
      }
    });
  }
}

void RefKernels::SquaredNorm(const SquaredNormArgs& args) {
  DispatchFloat("SquaredNorm", args.y.dtype, [&](auto type) {
    using T = decltype(type);
    double sum = 0;
    for (const TensorView& tensor : args.tensors) {
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
