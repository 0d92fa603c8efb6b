// The kernels of the reference backend, one function per kernel of Backend, and what their loops share.
//
// Elementwise maths runs in f64 for f64 and in f32 for f32 and bf16, so that a comparison with a constant decides as it
// does on other backends; sums are accumulated in f64.
#ifndef ENGINE_BACKEND_REF_KERNELS_H_
#define ENGINE_BACKEND_REF_KERNELS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "engine/backend/kernel_args.h"
#include "engine/base/bfloat16.h"
#include "engine/base/check.h"

namespace sg::ref {

void Fill(const FillArgs& args);
void Unary(const UnaryArgs& args);
void Binary(const BinaryArgs& args);
void Where(const WhereArgs& args);
void Cast(const CastArgs& args);
void StridedCopy(const StridedCopyArgs& args);

void Reduce(const ReduceArgs& args);
void MatMul(const MatMulArgs& args);
void Conv2d(const Conv2dArgs& args);
void Conv2dInputGrad(const Conv2dInputGradArgs& args);
void Conv2dWeightGrad(const Conv2dWeightGradArgs& args);

void UpFirDn2d(const UpFirDn2dArgs& args);
void BiasAct(const BiasActArgs& args);
void BiasActGrad(const BiasActGradArgs& args);
void Random(const RandomArgs& args);

void AdamStep(const AdamStepArgs& args);
void Lerp(const LerpArgs& args);
void SquaredNorm(const SquaredNormArgs& args);

// The type that elementwise maths on a storage type is done in.
template <typename T>
using Real = std::conditional_t<std::is_same_v<T, double>, double, float>;

// Calls f(T()) with the C++ type of a floating dtype.
template <typename F>
void DispatchFloat(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::kF32: return f(float());
    case DType::kF64: return f(double());
    case DType::kBF16: return f(BFloat16());
    default: break;
  }
  SG_CHECK(false) << "[" << op << "] no kernel for " << dtype;
}

template <typename F>
void DispatchAny(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::kI32: return f(int32_t());
    case DType::kU8: return f(uint8_t());
    default: return DispatchFloat(op, dtype, f);
  }
}

// Calls f(In(), Out()) for a contraction, whose result is as wide as its operands, and f32 for bf16.
template <typename F>
void DispatchContraction(const char* op, DType in, DType out, F&& f) {
  SG_CHECK(out == (in == DType::kBF16 ? DType::kF32 : in)) << "[" << op << "] no kernel for " << in << " to " << out;
  DispatchFloat(op, in, [&](auto type) {
    using In = decltype(type);
    f(In(), Real<In>());
  });
}

inline void CheckTensor(const char* op, const char* name, const TensorView& t, DType dtype, const Shape& shape) {
  SG_CHECK(t.dtype == dtype && t.shape == shape)
      << "[" << op << "] " << name << " must be " << dtype << shape << ", got " << t.dtype << t.shape;
}

// Calls f(offset) for every index of `extent`, the last dimension fastest; offset[k] is where strides[k] places the
// index.
template <size_t K, typename F>
void ForEachIndex(const Shape& extent, const std::array<Strides, K>& strides, F&& f) {
  std::array<int64_t, K> offset{};
  std::array<int64_t, kMaxRank> index{};
  const int64_t* extents = extent.begin();
  const int64_t count = extent.NumElements();
  for (int64_t i = 0; i < count; ++i) {
    f(offset);
    for (int d = extent.rank() - 1; d >= 0; --d) {
      for (size_t k = 0; k < K; ++k) offset[k] += strides[k][d];
      if (++index[d] < extents[d]) break;
      for (size_t k = 0; k < K; ++k) offset[k] -= strides[k][d] * extents[d];
      index[d] = 0;
    }
  }
}

// Stores sums, rounded once.
template <typename T>
void StoreSums(const std::vector<double>& sums, T* y) {
  for (size_t i = 0; i < sums.size(); ++i) y[i] = static_cast<T>(sums[i]);
}

}  // namespace sg::ref

#endif  // ENGINE_BACKEND_REF_KERNELS_H_
