// Both axes in one pass over memory. For every output row, the input rows it depends on are combined into one row of
// floats, which stays in the cache and is then resampled along W.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <type_traits>
#include <vector>

#include "engine/backend/common/axis_taps.h"
#include "engine/backend/common/byte_key.h"
#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/loops/load_store.h"
#include "engine/backend/cpu/loops/parallel.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

using Pixel4 = float __attribute__((vector_size(16)));
using Pixel8 = float __attribute__((vector_size(32)));

// Cached for the life of the process. There are few tables: one per axis, resolution and direction.
const AxisTaps& CachedTaps(const FirAxis& axis, EdgeMode edge, bool transposed, int64_t length) {
  static auto& mutex = *new std::mutex;
  static auto& cache = *new ByteKeyMap<AxisTapsKey, AxisTaps>;
  const AxisTapsKey key = MakeAxisTapsKey(axis, edge, transposed, length);
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = cache.find(key);
  if (found != cache.end()) return found->second;
  return cache.emplace(key, MakeAxisTaps(axis, edge, transposed, length)).first->second;
}

// Calls f(std::integral_constant<int, taps>()). `taps` must be at most kUnrolled.
constexpr int kUnrolled = 6;
template <typename F>
void DispatchTaps(int taps, const F& f) {
  switch (taps) {
    case 1: return f(std::integral_constant<int, 1>());
    case 2: return f(std::integral_constant<int, 2>());
    case 3: return f(std::integral_constant<int, 3>());
    case 4: return f(std::integral_constant<int, 4>());
    case 5: return f(std::integral_constant<int, 5>());
    case 6: return f(std::integral_constant<int, 6>());
    default: SG_CHECK(false) << "[UpFirDn2d] " << taps << " taps at once";
  }
}

// out[i] (+)= sum over k of weight[k] * x[k * stride + i].
template <int kTaps, bool kAdd, typename T>
void CombineTaps(const T* __restrict x, int64_t stride, const float* weight, int64_t n, float* __restrict out) {
  float w[kTaps];
  std::copy_n(weight, kTaps, w);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    float sum = kAdd ? out[i] : 0.0f;
    for (int k = 0; k < kTaps; ++k) sum += w[k] * ToFloat(x[k * stride + i]);
    out[i] = sum;
  }
}

template <typename T>
void Combine(const T* x, int64_t stride, const float* weight, int taps, int64_t n, float* out) {
  for (int k = 0; k < taps; k += kUnrolled) {
    DispatchTaps(std::min(kUnrolled, taps - k), [&](auto count) {
      if (k == 0) {
        CombineTaps<count, false>(x, stride, weight, n, out);
      } else {
        CombineTaps<count, true>(x + k * stride, stride, weight + k, n, out);
      }
    });
  }
}

// Along W for C >= 8: vectors of channels.
template <int kTaps, typename T>
void ResampleRow(const float* __restrict row, const AxisTaps& taps, int64_t channels, T* __restrict y) {
  for (int64_t o = 0; o < taps.out_length; ++o, y += channels) {
    const float* x = row + taps.begin[o] * channels;
    float w[kTaps];
    std::copy_n(&taps.weight[o * kTaps], kTaps, w);
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      float sum = w[0] * x[c];
      for (int k = 1; k < kTaps; ++k) sum += w[k] * x[k * channels + c];
      y[c] = FromFloat<T>(sum);
    }
  }
}

// Along W for few channels: one vector holds a whole pixel and extends into the next one. That is safe because the next
// pixel is written later, and both rows have room for one extra vector.
template <int kTaps, typename Pixel>
void ResampleNarrowRow(const float* __restrict row, const AxisTaps& taps, int64_t channels, float* __restrict y) {
  for (int64_t o = 0; o < taps.out_length; ++o, y += channels) {
    const float *x = row + taps.begin[o] * channels, *w = &taps.weight[o * kTaps];
    Pixel sum = {};
    for (int k = 0; k < kTaps; ++k) {
      Pixel pixel;
      std::memcpy(&pixel, x + k * channels, sizeof pixel);
      sum += w[k] * pixel;
    }
    std::memcpy(y, &sum, sizeof sum);
  }
}

// Along W for any number of taps.
template <typename T>
void ResampleLongRow(const float* row, const AxisTaps& taps, int64_t channels, float* pixel, T* y) {
  for (int64_t o = 0; o < taps.out_length; ++o, y += channels) {
    Combine(row + taps.begin[o] * channels, channels, &taps.weight[o * taps.width], taps.width, channels, pixel);
    for (int64_t c = 0; c < channels; ++c) y[c] = FromFloat<T>(pixel[c]);
  }
}

template <typename T>
void UpFirDn2dAs(const UpFirDn2dArgs& args, const AxisTaps& taps_h, const AxisTaps& taps_w) {
  const int64_t channels = args.x.shape[3];
  const int64_t row_in = taps_w.in_length * channels, row_out = taps_w.out_length * channels;
  const int64_t rows = args.x.shape[0] * taps_h.out_length;
  const auto resample_rows = [&](int64_t begin, int64_t end) {
    constexpr int64_t kRoom = 8;
    thread_local std::vector<float> scratch;
    scratch.resize(std::max<size_t>(scratch.size(), row_in + row_out + 2 * kRoom));
    float *row = scratch.data(), *narrow = row + row_in + kRoom;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t n = i / taps_h.out_length, o = i % taps_h.out_length;
      const T* x = args.x.as<const T>() + (n * taps_h.in_length + taps_h.begin[o]) * row_in;
      T* y = args.y.as<T>() + i * row_out;
      Combine(x, row_in, &taps_h.weight[o * taps_h.width], taps_h.width, row_in, row);
      if (taps_w.width > kUnrolled) {
        ResampleLongRow(row, taps_w, channels, narrow, y);
        continue;
      }
      DispatchTaps(taps_w.width, [&](auto count) {
        if (channels >= 8) return ResampleRow<count>(row, taps_w, channels, y);
        if (channels <= 4) {
          ResampleNarrowRow<count, Pixel4>(row, taps_w, channels, narrow);
        } else {
          ResampleNarrowRow<count, Pixel8>(row, taps_w, channels, narrow);
        }
        for (int64_t c = 0; c < row_out; ++c) y[c] = FromFloat<T>(narrow[c]);
      });
    }
  };
  ParallelFor(rows, GrainOf(row_in + row_out), resample_rows);
}

}  // namespace

void CpuKernels::UpFirDn2d(const UpFirDn2dArgs& args) {
  const Shape &x = args.x.shape, &y = args.y.shape;
  const Shape& input = args.transposed ? y : x;  // the input of the map itself
  const AxisTaps& taps_h = CachedTaps(args.h, args.edge, args.transposed, input[1]);
  const AxisTaps& taps_w = CachedTaps(args.w, args.edge, args.transposed, input[2]);
  DispatchFloat("UpFirDn2d", args.x.dtype, [&](auto zero) { UpFirDn2dAs<decltype(zero)>(args, taps_h, taps_w); });
}

}  // namespace sg::cpu
