#include "engine/backend/cpu/winograd_kernels.h"

#include "engine/backend/cpu/onednn.h"

// Highway compiles the part between BEFORE_NAMESPACE and AFTER_NAMESPACE once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/backend/cpu/winograd_kernels.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace sg::cpu {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr D d32;
constexpr int64_t kLanes = HWY_MAX_BYTES >= 64 ? 16 : HWY_MAX_BYTES / 4;
// The accumulators of a block fill most of the registers: 32 with AVX-512, else 16.
constexpr int kBlockRows = 6;
constexpr int kPanelVectors = kLanes == 16 ? 4 : 2;
constexpr int64_t kPatch = kWinogradPatch, kTile = kWinogradTile, kTaps = 3;

HWY_INLINE V LoadFloats(const float* p) { return hn::LoadU(d32, p); }
HWY_INLINE V LoadFloats(const BFloat16* p) {
  const hn::Rebind<hwy::bfloat16_t, D> narrow;
  return hn::PromoteTo(d32, hn::LoadU(narrow, reinterpret_cast<const hwy::bfloat16_t*>(p)));
}
HWY_INLINE V Times(float factor, V x) { return hn::Mul(hn::Set(d32, factor), x); }
HWY_INLINE V Plus(float factor, V x, V y) { return hn::MulAdd(hn::Set(d32, factor), x, y); }  // factor x + y

// One axis of each transform.
struct InputAxis {  // B^T
  static constexpr int64_t kIn = kPatch, kOut = kPatch;
  static HWY_INLINE void Apply(const V* d, V* v) {
    const V even1 = Plus(-4, d[2], d[4]), odd1 = Plus(-4, d[1], d[3]);
    const V even2 = hn::Sub(d[4], d[2]), odd2 = Times(2, hn::Sub(d[3], d[1]));
    v[0] = Plus(4, d[0], Plus(-5, d[2], d[4]));
    v[1] = hn::Add(even1, odd1);
    v[2] = hn::Sub(even1, odd1);
    v[3] = hn::Add(even2, odd2);
    v[4] = hn::Sub(even2, odd2);
    v[5] = Plus(4, d[1], Plus(-5, d[3], d[5]));
  }
};
struct OutputAxis {  // A^T
  static constexpr int64_t kIn = kPatch, kOut = kTile;
  static HWY_INLINE void Apply(const V* m, V* y) {
    const V sum1 = hn::Add(m[1], m[2]), difference1 = hn::Sub(m[1], m[2]);
    const V sum2 = hn::Add(m[3], m[4]), difference2 = hn::Sub(m[3], m[4]);
    y[0] = hn::Add(hn::Add(m[0], sum1), sum2);
    y[1] = Plus(2, difference2, difference1);
    y[2] = Plus(4, sum2, sum1);
    y[3] = Plus(8, difference2, hn::Add(difference1, m[5]));
  }
};
struct GradientAxis {  // A
  static constexpr int64_t kIn = kTile, kOut = kPatch;
  static HWY_INLINE void Apply(const V* y, V* m) {
    const V even1 = hn::Add(y[0], y[2]), odd1 = hn::Add(y[1], y[3]);
    const V even2 = Plus(4, y[2], y[0]), odd2 = Times(2, Plus(4, y[3], y[1]));
    m[0] = y[0];
    m[1] = hn::Add(even1, odd1);
    m[2] = hn::Sub(even1, odd1);
    m[3] = hn::Add(even2, odd2);
    m[4] = hn::Sub(even2, odd2);
    m[5] = y[3];
  }
};
struct WeightAxis {  // G
  static constexpr int64_t kIn = kTaps, kOut = kPatch;
  static HWY_INLINE void Apply(const V* g, V* u) {
    const V even1 = Times(-1.0f / 6, hn::Add(g[0], g[2])), odd1 = Times(-1.0f / 6, g[1]);
    const V even2 = Plus(1.0f / 24, g[0], Times(1.0f / 6, g[2])), odd2 = Times(1.0f / 12, g[1]);
    u[0] = Times(0.25f, g[0]);
    u[1] = hn::Add(even1, odd1);
    u[2] = hn::Sub(even1, odd1);
    u[3] = hn::Add(even2, odd2);
    u[4] = hn::Sub(even2, odd2);
    u[5] = g[2];
  }
};
struct WeightGradientAxis {  // G^T
  static constexpr int64_t kIn = kPatch, kOut = kTaps;
  static HWY_INLINE void Apply(const V* u, V* g) {
    const V sum1 = Times(-1.0f / 6, hn::Add(u[1], u[2])), sum2 = hn::Add(u[3], u[4]);
    g[0] = Plus(0.25f, u[0], Plus(1.0f / 24, sum2, sum1));
    g[1] = Plus(1.0f / 12, hn::Sub(u[3], u[4]), Times(1.0f / 6, hn::Sub(u[2], u[1])));
    g[2] = Plus(1.0f / 6, sum2, hn::Add(sum1, u[5]));
  }
};

// store(i, j, (T x T^T)[i, j]) for x[i, j] = load(i, j), T the matrix of Axis.
template <class Axis, class Load, class Store>
HWY_INLINE void Transform(const Load& load, const Store& store) {
  V half[Axis::kOut][Axis::kIn];
  for (int64_t j = 0; j < Axis::kIn; ++j) {
    V in[Axis::kIn], out[Axis::kOut];
    for (int64_t i = 0; i < Axis::kIn; ++i) in[i] = load(i, j);
    Axis::Apply(in, out);
    for (int64_t i = 0; i < Axis::kOut; ++i) half[i][j] = out[i];
  }
  for (int64_t i = 0; i < Axis::kOut; ++i) {
    V out[Axis::kOut];
    Axis::Apply(half[i], out);
    for (int64_t j = 0; j < Axis::kOut; ++j) store(i, j, out[j]);
  }
}

// The transform of a window of pixels, those that do not exist being 0.
template <class Axis, typename T>
HWY_INLINE void TransformWindow(const PixelWindow<const T>& d, int64_t channels, float* to, int64_t stride) {
  const bool whole = d.h0 == 0 && d.w0 == 0 && d.h1 == Axis::kIn && d.w1 == Axis::kIn;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const auto store = [&](int64_t i, int64_t j, V v) { hn::StoreU(v, d32, to + (i * kPatch + j) * stride + c); };
    const auto pixel = [&](int64_t i, int64_t j) {
      return LoadFloats(d.data + i * d.row_stride + j * d.pixel_stride + c);
    };
    if (whole) {
      Transform<Axis>(pixel, store);
    } else {
      Transform<Axis>(
          [&](int64_t i, int64_t j) {
            return i >= d.h0 && i < d.h1 && j >= d.w0 && j < d.w1 ? pixel(i, j) : hn::Zero(d32);
          },
          store);
    }
  }
}

void InputPatch(const PixelWindow<const float>& d, int64_t channels, float* v, int64_t stride) {
  TransformWindow<InputAxis>(d, channels, v, stride);
}
void InputPatchBf16(const PixelWindow<const BFloat16>& d, int64_t channels, float* v, int64_t stride) {
  TransformWindow<InputAxis>(d, channels, v, stride);
}
void GradientTile(const PixelWindow<const float>& d, int64_t channels, float* m, int64_t stride) {
  TransformWindow<GradientAxis>(d, channels, m, stride);
}
void GradientTileBf16(const PixelWindow<const BFloat16>& d, int64_t channels, float* m, int64_t stride) {
  TransformWindow<GradientAxis>(d, channels, m, stride);
}

void OutputTile(const float* m, int64_t stride, int64_t channels, const PixelWindow<float>& y) {
  const bool whole = y.h0 == 0 && y.w0 == 0 && y.h1 == kTile && y.w1 == kTile;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const auto load = [&](int64_t i, int64_t j) { return LoadFloats(m + (i * kPatch + j) * stride + c); };
    const auto store = [&](int64_t i, int64_t j, V v) {
      hn::StoreU(v, d32, y.data + i * y.row_stride + j * y.pixel_stride + c);
    };
    if (whole) {
      Transform<OutputAxis>(load, store);
    } else {
      Transform<OutputAxis>(load, [&](int64_t i, int64_t j, V v) {
        if (i >= y.h0 && i < y.h1 && j >= y.w0 && j < y.w1) store(i, j, v);
      });
    }
  }
}

void Weight(const float* g, int64_t tap_stride, int64_t channels, float* u, int64_t stride) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    Transform<WeightAxis>([&](int64_t i, int64_t j) { return LoadFloats(g + (i * kTaps + j) * tap_stride + c); },
                          [&](int64_t i, int64_t j, V v) { hn::StoreU(v, d32, u + (i * kPatch + j) * stride + c); });
  }
}

void WeightGradient(const float* du, int64_t stride, int64_t parts, int64_t part_stride, int64_t channels, float* dg,
                    int64_t tap_stride) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    Transform<WeightGradientAxis>(
        [&](int64_t i, int64_t j) {
          const float* from = du + (i * kPatch + j) * stride + c;
          V sum = LoadFloats(from);
          for (int64_t p = 1; p < parts; ++p) sum = hn::Add(sum, LoadFloats(from + p * part_stride));
          return sum;
        },
        [&](int64_t i, int64_t j, V v) { hn::StoreU(v, d32, dg + (i * kTaps + j) * tap_stride + c); });
  }
}

// A block of kRows x (kVectors vectors) of the product, in registers from beginning to end.
template <int kRows, int kVectors>
HWY_INLINE void ProductBlock(const float* HWY_RESTRICT a, int64_t a_row, int64_t a_depth, int64_t depth,
                             const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int64_t y_row, bool accumulate) {
  V sum[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      sum[r][v] = accumulate ? LoadFloats(y + r * y_row + v * kLanes) : hn::Zero(d32);
    }
  }
  for (int64_t k = 0; k < depth; ++k) {
    V factor[kVectors];
    for (int v = 0; v < kVectors; ++v) factor[v] = LoadFloats(b + v * kLanes);
    for (int r = 0; r < kRows; ++r) {
      const V value = hn::Set(d32, a[r * a_row]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(value, factor[v], sum[r][v]);
    }
    a += a_depth;
    b += kVectors * kLanes;
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sum[r][v], d32, y + r * y_row + v * kLanes);
  }
}

// One panel, all rows; the rows that are left over after whole blocks take a lower block.
template <int kVectors>
HWY_INLINE void ProductPanel(const float* a, int64_t a_row, int64_t a_depth, int64_t depth, const float* b, float* y,
                             int64_t y_row, int64_t rows, bool accumulate) {
  int64_t i = 0;
  for (; i + kBlockRows <= rows; i += kBlockRows) {
    ProductBlock<kBlockRows, kVectors>(a + i * a_row, a_row, a_depth, depth, b, y + i * y_row, y_row, accumulate);
  }
  a += i * a_row;
  y += i * y_row;
  switch (rows - i) {
    case 5: return ProductBlock<5, kVectors>(a, a_row, a_depth, depth, b, y, y_row, accumulate);
    case 4: return ProductBlock<4, kVectors>(a, a_row, a_depth, depth, b, y, y_row, accumulate);
    case 3: return ProductBlock<3, kVectors>(a, a_row, a_depth, depth, b, y, y_row, accumulate);
    case 2: return ProductBlock<2, kVectors>(a, a_row, a_depth, depth, b, y, y_row, accumulate);
    case 1: return ProductBlock<1, kVectors>(a, a_row, a_depth, depth, b, y, y_row, accumulate);
    default: return;
  }
}

void Product(const float* a, int64_t a_row, int64_t a_depth, const float* b, const PanelLayout& b_layout, float* y,
             int64_t y_row, int64_t rows, bool accumulate) {
  const int64_t depth = b_layout.rows;
  for (int64_t column = 0; column < b_layout.columns; column += b_layout.panel) {
    const float* panel = b + b_layout.Offset(0, column);
    switch (b_layout.Width(column) / kLanes) {
      case 1: ProductPanel<1>(a, a_row, a_depth, depth, panel, y + column, y_row, rows, accumulate); break;
      case 2: ProductPanel<2>(a, a_row, a_depth, depth, panel, y + column, y_row, rows, accumulate); break;
#if HWY_MAX_BYTES >= 64
      case 3: ProductPanel<3>(a, a_row, a_depth, depth, panel, y + column, y_row, rows, accumulate); break;
      case 4: ProductPanel<4>(a, a_row, a_depth, depth, panel, y + column, y_row, rows, accumulate); break;
#endif
    }
  }
}

const WinogradKernels* Kernels() {
  static const WinogradKernels kernels = {kLanes,         kPanelVectors * kLanes, kBlockRows,       InputPatch,
                                          InputPatchBf16, GradientTile,           GradientTileBf16, OutputTile,
                                          Weight,         WeightGradient,         Product};
  return &kernels;
}

}  // namespace HWY_NAMESPACE
}  // namespace sg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg::cpu {

HWY_EXPORT(Kernels);

const WinogradKernels& BestWinogradKernels() {
  static const WinogradKernels* const best = [] {
    if (!HasAvx512Instructions()) hwy::DisableTargets(HWY_AVX3 | HWY_AVX3_DL);
    return HWY_DYNAMIC_DISPATCH(Kernels)();
  }();
  return *best;
}

}  // namespace sg::cpu
#endif  // HWY_ONCE
