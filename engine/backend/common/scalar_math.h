// The scalar functions behind Unary, Binary, BiasAct and AdamStep, written once for all backends. T is float or double.
//
// A backend instantiates its loop per function: DispatchUnary(fn, f) calls f with a stateless functor, which keeps the
// switch outside the loop.
//
//   DispatchUnary(args.fn, [&](auto fn) { y[i] = fn(x[i], alpha, beta); });
#ifndef ENGINE_BACKEND_COMMON_SCALAR_MATH_H_
#define ENGINE_BACKEND_COMMON_SCALAR_MATH_H_

#include <cmath>

#include "engine/backend/kernel_args.h"
#include "engine/base/host_device.h"

namespace sg {

// Unary functors: operator()(x, alpha, beta).
struct AffineFn {
  template <typename T>
  SG_HD T operator()(T x, T alpha, T beta) const {
    return alpha * x + beta;
  }
};
struct ExpFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return std::exp(x);
  }
};
struct LogFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return std::log(x);
  }
};
struct SqrtFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return std::sqrt(x);
  }
};
struct RsqrtFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return T(1) / std::sqrt(x);
  }
};
struct ReciprocalFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return T(1) / x;
  }
};
struct SquareFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return x * x;
  }
};
struct AbsFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return std::fabs(x);
  }
};
struct TanhFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return std::tanh(x);
  }
};
struct SigmoidFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return T(1) / (T(1) + std::exp(-x));
  }
};
struct SoftplusFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return (x > T(0) ? x : T(0)) + std::log1p(std::exp(-std::fabs(x)));
  }
};
struct LeakyReluFn {
  template <typename T>
  SG_HD T operator()(T x, T alpha, T) const {
    return x > T(0) ? x : alpha * x;
  }
};
// These comparisons keep a NaN input a NaN.
struct ClampFn {
  template <typename T>
  SG_HD T operator()(T x, T lo, T hi) const {
    return x < lo ? lo : (x > hi ? hi : x);
  }
};
struct SignFn {
  template <typename T>
  SG_HD T operator()(T x, T, T) const {
    return T((x > T(0)) - (x < T(0)));
  }
};
struct LeakyReluMaskFn {
  template <typename T>
  SG_HD T operator()(T x, T alpha, T) const {
    return x > T(0) ? T(1) : alpha;
  }
};
struct ClampMaskFn {
  template <typename T>
  SG_HD T operator()(T x, T lo, T hi) const {
    return lo <= x && x <= hi ? T(1) : T(0);
  }
};

// Binary functors: operator()(a, b, alpha, beta).
struct AddFn {
  template <typename T>
  SG_HD T operator()(T a, T b, T alpha, T beta) const {
    return alpha * a + beta * b;
  }
};
struct MulFn {
  template <typename T>
  SG_HD T operator()(T a, T b, T alpha, T) const {
    return alpha * a * b;
  }
};
struct DivFn {
  template <typename T>
  SG_HD T operator()(T a, T b, T alpha, T) const {
    return alpha * a / b;
  }
};
struct MaximumFn {
  template <typename T>
  SG_HD T operator()(T a, T b, T, T) const {
    return a > b || a != a ? a : b;
  }
};
struct GreaterFn {
  template <typename T>
  SG_HD T operator()(T a, T b, T, T) const {
    return a > b ? T(1) : T(0);
  }
};

SG_HD_CALLS_BACK
template <typename F>
SG_HD void DispatchUnary(UnaryFn fn, F&& f) {
  switch (fn) {
    case UnaryFn::kAffine: return f(AffineFn());
    case UnaryFn::kExp: return f(ExpFn());
    case UnaryFn::kLog: return f(LogFn());
    case UnaryFn::kSqrt: return f(SqrtFn());
    case UnaryFn::kRsqrt: return f(RsqrtFn());
    case UnaryFn::kReciprocal: return f(ReciprocalFn());
    case UnaryFn::kSquare: return f(SquareFn());
    case UnaryFn::kAbs: return f(AbsFn());
    case UnaryFn::kTanh: return f(TanhFn());
    case UnaryFn::kSigmoid: return f(SigmoidFn());
    case UnaryFn::kSoftplus: return f(SoftplusFn());
    case UnaryFn::kLeakyRelu: return f(LeakyReluFn());
    case UnaryFn::kClamp: return f(ClampFn());
    case UnaryFn::kSign: return f(SignFn());
    case UnaryFn::kLeakyReluMask: return f(LeakyReluMaskFn());
    case UnaryFn::kClampMask: return f(ClampMaskFn());
  }
}

SG_HD_CALLS_BACK
template <typename F>
SG_HD void DispatchBinary(BinaryFn fn, F&& f) {
  switch (fn) {
    case BinaryFn::kAdd: return f(AddFn());
    case BinaryFn::kMul: return f(MulFn());
    case BinaryFn::kDiv: return f(DivFn());
    case BinaryFn::kMaximum: return f(MaximumFn());
    case BinaryFn::kGreater: return f(GreaterFn());
  }
}

// One element of BiasAct: `pre` is in_gain * scale * x + bias + strength * noise.
template <typename T>
SG_HD T BiasActValue(T pre, T slope, T gain, T clamp) {
  const T y = gain * (pre > T(0) ? pre : slope * pre);
  if (!(clamp > T(0))) return y;
  return y < -clamp ? -clamp : (y > clamp ? clamp : y);
}

// The factor that BiasActGrad applies to dy, without in_gain and scale.
template <typename T>
SG_HD T BiasActSlope(T y, T slope, T gain, T clamp) {
  const T factor = y > T(0) ? gain : gain * slope;
  return clamp > T(0) && (y >= clamp || y <= -clamp) ? T(0) : factor;
}

// The constants of one AdamStep. Differences are computed in f64, because 1 - 0.999f is wrong in the fifth digit.
template <typename T>
struct AdamCoefficients {
  T lr, beta1, beta2, one_minus_beta1, one_minus_beta2, eps;
  T m_correction, v_correction;  // 1 / (1 - beta^step)
};

template <typename T>
AdamCoefficients<T> MakeAdamCoefficients(const AdamStepArgs& a) {
  return {static_cast<T>(a.lr),
          static_cast<T>(a.beta1),
          static_cast<T>(a.beta2),
          static_cast<T>(1 - a.beta1),
          static_cast<T>(1 - a.beta2),
          static_cast<T>(a.eps),
          static_cast<T>(1 / (1 - std::pow(a.beta1, static_cast<double>(a.step)))),
          static_cast<T>(1 / (1 - std::pow(a.beta2, static_cast<double>(a.step))))};
}

// One element of AdamStep. kHasM is false if beta1 is 0; then `m` is null.
template <bool kHasM, typename T>
SG_HD void AdamUpdate(T g, const AdamCoefficients<T>& c, T* p, T* m, T* v) {
  T first = g;
  if constexpr (kHasM) {
    *m = c.beta1 * *m + c.one_minus_beta1 * g;
    first = *m * c.m_correction;
  }
  *v = c.beta2 * *v + c.one_minus_beta2 * g * g;
  *p -= c.lr * first / (std::sqrt(*v * c.v_correction) + c.eps);
}

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_SCALAR_MATH_H_
