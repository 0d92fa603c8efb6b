// Optimizer steps over lists of tensors. Each list is treated as one long vector and cut into equal parts regardless of
// tensor sizes. Hundreds of small tensors then cost only one parallel region.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/backend/common/scalar_math.h"
#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/loops/load_store.h"
#include "engine/backend/cpu/loops/parallel.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

// The concatenation of several tensors, described by their sizes.
class Concatenation {
 public:
  void Append(int64_t n) { end_.push_back(size() + n); }
  int64_t size() const { return end_.empty() ? 0 : end_.back(); }

  // Covers the elements [begin, end) of the concatenation by calls f(tensor, first, n).
  template <typename F>
  void ForEachPiece(int64_t begin, int64_t end, const F& f) const {
    size_t tensor = std::upper_bound(end_.begin(), end_.end(), begin) - end_.begin();
    for (int64_t e = begin; e < end; ++tensor) {
      const int64_t start = tensor == 0 ? 0 : end_[tensor - 1];
      const int64_t n = std::min(end, end_[tensor]) - e;
      if (n > 0) f(tensor, e - start, n);
      e += n;
    }
  }

 private:
  std::vector<int64_t> end_;
};

template <bool kHasM>
void AdamRange(const float* __restrict gradient, float grad_scale, AdamCoefficients<float> c, int64_t n,
               float* __restrict parameter, float* __restrict m, float* __restrict v) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    AdamUpdate<kHasM>(gradient[i] * grad_scale, c, &parameter[i], kHasM ? &m[i] : nullptr, &v[i]);
  }
}

template <typename T>
void LerpRange(const T* __restrict source, float t, int64_t n, T* __restrict target) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float old = ToFloat(target[i]), s = ToFloat(source[i]);
    const bool finite = s - s == 0;
    target[i] = FromFloat<T>(finite ? old + (s - old) * t : old);
  }
}

template <typename T>
double SumOfSquares(const T* x, int64_t n) {
  constexpr int64_t kRun = 256;  // elements summed in f32
  double total = 0;
  for (int64_t i = 0; i < n; i += kRun) {
    const int64_t m = std::min(kRun, n - i);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < m; ++j) sum += ToFloat(x[i + j]) * ToFloat(x[i + j]);
    total += sum;
  }
  return total;
}

}  // namespace

void CpuKernels::AdamStep(const AdamStepArgs& args) {
  const float grad_scale = *args.grad_scale.as<const float>();
  if (!std::isfinite(grad_scale)) return;
  const AdamCoefficients<float> coefficients = MakeAdamCoefficients<float>(args);
  Concatenation all;
  for (const AdamTensor& t : args.tensors) {
    SG_CHECK(t.parameter.dtype == DType::kF32) << "[AdamStep] a parameter of " << t.parameter.dtype;
    all.Append(t.parameter.NumElements());
  }
  ParallelFor(all.size(), kElementGrain, [&](int64_t begin, int64_t end) {
    all.ForEachPiece(begin, end, [&](size_t i, int64_t first, int64_t n) {
      const AdamTensor& t = args.tensors[i];
      const float* gradient = t.gradient.as<const float>() + first;
      float *parameter = t.parameter.as<float>() + first, *v = t.v.as<float>() + first;
      if (args.beta1 != 0) {
        AdamRange<true>(gradient, grad_scale, coefficients, n, parameter, t.m.as<float>() + first, v);
      } else {
        AdamRange<false>(gradient, grad_scale, coefficients, n, parameter, nullptr, v);
      }
    });
  });
}

void CpuKernels::Lerp(const LerpArgs& args) {
  Concatenation all;
  for (const LerpPair& pair : args.pairs) all.Append(pair.target.NumElements());
  ParallelFor(all.size(), kElementGrain, [&](int64_t begin, int64_t end) {
    all.ForEachPiece(begin, end, [&](size_t i, int64_t first, int64_t n) {
      const LerpPair& pair = args.pairs[i];
      DispatchFloat("Lerp", pair.target.dtype, [&](auto zero) {
        using T = decltype(zero);
        LerpRange(pair.source.as<const T>() + first, static_cast<float>(args.t), n, pair.target.as<T>() + first);
      });
    });
  });
}

void CpuKernels::SquaredNorm(const SquaredNormArgs& args) {
  constexpr int64_t kPart = 65536;  // fixed, to make the result independent of the thread count
  Concatenation all;
  for (const TensorView& tensor : args.tensors) all.Append(tensor.NumElements());
  std::vector<double> partial((all.size() + kPart - 1) / kPart);
  ParallelFor(static_cast<int64_t>(partial.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      double sum = 0;
      all.ForEachPiece(p * kPart, std::min(all.size(), (p + 1) * kPart), [&](size_t i, int64_t first, int64_t n) {
        const TensorView& tensor = args.tensors[i];
        DispatchFloat("SquaredNorm", tensor.dtype,
                      [&](auto zero) { sum += SumOfSquares(tensor.as<const decltype(zero)>() + first, n); });
      });
      partial[p] = sum;
    }
  });
  double total = 0;
  for (double sum : partial) total += sum;
  DispatchFloat("SquaredNorm", args.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    *args.y.as<T>() = FromFloat<T>(static_cast<float>(total));
  });
}

}  // namespace sg::cpu
