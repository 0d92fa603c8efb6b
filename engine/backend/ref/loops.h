// Loops shared by the kernels of the reference backend.
//
// Elementwise math runs in f64 for f64, and in f32 for f32 and bf16: a comparison with a constant then gives the same
// result as on other backends. Sums are accumulated in f64.
#ifndef ENGINE_BACKEND_REF_LOOPS_H_
#define ENGINE_BACKEND_REF_LOOPS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "engine/backend/common/dispatch.h"
#include "engine/base/bfloat16.h"
#include "engine/base/shape.h"

namespace sg::ref {

// The type in which elementwise math on a storage type is computed.
template <typename T>
using Real = std::conditional_t<std::is_same_v<T, double>, double, float>;

// Calls f(T()) with the C++ type of a floating dtype.
template <typename F>
void DispatchFloat(const char* kernel, DType dtype, F&& f) {
  Dispatch<float, double, BFloat16>(kernel, dtype, f);
}

// Calls f(In(), Out()) for a contraction, where Out is the C++ type of ContractionType(in).
template <typename F>
void DispatchContraction(const char* kernel, DType in, F&& f) {
  DispatchFloat(kernel, in, [&](auto type) {
    using In = decltype(type);
    f(In(), Real<In>());
  });
}

// Calls f(offset) for every index of `extent`, the last dimension fastest. offset[k] is the element offset of the index
// under strides[k].
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

// Rounds each sum once and stores it.
template <typename T>
void StoreSums(const std::vector<double>& sums, T* y) {
  for (size_t i = 0; i < sums.size(); ++i) y[i] = static_cast<T>(sums[i]);
}

}  // namespace sg::ref

#endif  // ENGINE_BACKEND_REF_LOOPS_H_
