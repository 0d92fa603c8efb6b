#include "engine/backend/cpu/conv/winograd_kernels.h"

#include "engine/backend/cpu/onednn/onednn.h"
#include "engine/base/bfloat16.h"

// Highway compiles the code between BEFORE_NAMESPACE and AFTER_NAMESPACE once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/backend/cpu/conv/winograd_kernels.cc"
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
// The accumulators of a block fill most of the registers: 32 with AVX-512, otherwise 16.
constexpr int kBlockRows = 6;
constexpr int kPanelVectors = kLanes == 16 ? 4 : 2;
constexpr int64_t kPatch = kWinogradPatch, kTile = kWinogradTile, kTaps = 3;

HWY_INLINE V LoadFloats(const float* p) { return hn::LoadU(d32, p); }
HWY_INLINE V LoadFloats(const BFloat16* p) {
  const hn::Rebind<hwy::bfloat16_t, D> narrow;
  return hn::PromoteTo(d32, hn::LoadU(narrow, reinterpret_cast<const hwy::bfloat16_t*>(p)));
}
HWY_INLINE V Times(float factor, V x) { return factor == 1 ? x : hn::Mul(hn::Set(d32, factor), x); }
HWY_INLINE V Plus(float factor, V x, V y) {  // factor x + y
  if (factor == 1) return hn::Add(x, y);
  if (factor == -1) return hn::Sub(y, x);
  return hn::MulAdd(hn::Set(d32, factor), x, y);
}

// The number formats of the product, and how values are packed into words. The transforms interpolate at the points 0,
// a, -a, b, -b and infinity.
struct InF32 {
  static constexpr double kA = 1, kB = 2;
  static constexpr int64_t kPair = 1;
  static HWY_INLINE void StoreNeighbors(V v, WinogradWord* words) { hn::StoreU(v, d32, words); }
  static HWY_INLINE V MulAdd(V a, V b, V sum) { return hn::MulAdd(a, b, sum); }
};

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
#define SG_WINOGRAD_BF16
// Highway 1.0 has no target with AVX512_BF16, and compilers do not inline an intrinsic into a function compiled for
// fewer instructions. The three instructions are therefore written in assembly.
struct InBf16 {
  // Among the points with cheap transforms, these lose the least to the 8-bit significands of bf16. README.md compares
  // the errors of other points.
  static constexpr double kA = 2.0 / 3, kB = 3.0 / 2;
  static constexpr int64_t kPair = 2;
  static HWY_INLINE void StoreNeighbors(V v, WinogradWord* words) {
    __m256i narrow;
    asm("vcvtneps2bf16 %1, %0" : "=v"(narrow) : "v"(v.raw));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), narrow);
  }
  // Packs two vectors into words, one number of each per word.
  static HWY_INLINE V Words(V lower, V upper) {
    __m512i halves;  // all of `lower`, then all of `upper`
    asm("vcvtne2ps2bf16 %1, %2, %0" : "=v"(halves) : "v"(lower.raw), "v"(upper.raw));
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,  //
                                           23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return V{_mm512_castsi512_ps(_mm512_permutexvar_epi16(order, halves))};
  }
  static HWY_INLINE V MulAdd(V a, V b, V sum) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
    return sum;
  }
};
#endif

// The coefficients of the transforms: powers of the points, and the reciprocal of the product of a point's differences
// to the others.
template <class Numbers>
struct Coefficients {
  static constexpr double kA = Numbers::kA, kB = Numbers::kB, kA2 = kA * kA, kB2 = kB * kB;
  static constexpr double kN0 = 1 / (kA2 * kB2), kNa = 1 / (2 * kA2 * (kA2 - kB2)), kNb = 1 / (2 * kB2 * (kB2 - kA2));
};

// Each transform along one axis.
template <class Numbers>
struct InputAxis {  // B^T
  static constexpr int64_t kIn = kPatch, kOut = kPatch;
  static HWY_INLINE void Apply(const V* d, V* v) {
    using K = Coefficients<Numbers>;
    const V even_a = Plus(-K::kB2, d[2], d[4]), odd_a = Times(K::kA, Plus(-K::kB2, d[1], d[3]));
    const V even_b = Plus(-K::kA2, d[2], d[4]), odd_b = Times(K::kB, Plus(-K::kA2, d[1], d[3]));
    v[0] = Plus(K::kA2 * K::kB2, d[0], Plus(-K::kA2 - K::kB2, d[2], d[4]));
    v[1] = hn::Add(even_a, odd_a);
    v[2] = hn::Sub(even_a, odd_a);
    v[3] = hn::Add(even_b, odd_b);
    v[4] = hn::Sub(even_b, odd_b);
    v[5] = Plus(K::kA2 * K::kB2, d[1], Plus(-K::kA2 - K::kB2, d[3], d[5]));
  }
};
template <class Numbers>
struct OutputAxis {  // A^T
  static constexpr int64_t kIn = kPatch, kOut = kTile;
  static HWY_INLINE void Apply(const V* m, V* y) {
    using K = Coefficients<Numbers>;
    const V sum_a = hn::Add(m[1], m[2]), difference_a = hn::Sub(m[1], m[2]);
    const V sum_b = hn::Add(m[3], m[4]), difference_b = hn::Sub(m[3], m[4]);
    y[0] = hn::Add(hn::Add(m[0], sum_a), sum_b);
    y[1] = Plus(K::kB, difference_b, Times(K::kA, difference_a));
    y[2] = Plus(K::kB2, sum_b, Times(K::kA2, sum_a));
    y[3] = Plus(K::kB * K::kB2, difference_b, Plus(K::kA * K::kA2, difference_a, m[5]));
  }
};
template <class Numbers>
struct GradientAxis {  // A
  static constexpr int64_t kIn = kTile, kOut = kPatch;
  static HWY_INLINE void Apply(const V* y, V* m) {
    using K = Coefficients<Numbers>;
    const V even_a = Plus(K::kA2, y[2], y[0]), odd_a = Times(K::kA, Plus(K::kA2, y[3], y[1]));
    const V even_b = Plus(K::kB2, y[2], y[0]), odd_b = Times(K::kB, Plus(K::kB2, y[3], y[1]));
    m[0] = y[0];
    m[1] = hn::Add(even_a, odd_a);
    m[2] = hn::Sub(even_a, odd_a);
    m[3] = hn::Add(even_b, odd_b);
    m[4] = hn::Sub(even_b, odd_b);
    m[5] = y[3];
  }
};
template <class Numbers>
struct WeightAxis {  // G
  static constexpr int64_t kIn = kTaps, kOut = kPatch;
  static HWY_INLINE void Apply(const V* g, V* u) {
    using K = Coefficients<Numbers>;
    const V even_a = Times(K::kNa, Plus(K::kA2, g[2], g[0])), odd_a = Times(K::kNa * K::kA, g[1]);
    const V even_b = Plus(K::kNb, g[0], Times(K::kNb * K::kB2, g[2])), odd_b = Times(K::kNb * K::kB, g[1]);
    u[0] = Times(K::kN0, g[0]);
    u[1] = hn::Add(even_a, odd_a);
    u[2] = hn::Sub(even_a, odd_a);
    u[3] = hn::Add(even_b, odd_b);
    u[4] = hn::Sub(even_b, odd_b);
    u[5] = g[2];
  }
};
template <class Numbers>
struct WeightGradientAxis {  // G^T
  static constexpr int64_t kIn = kPatch, kOut = kTaps;
  static HWY_INLINE void Apply(const V* u, V* g) {
    using K = Coefficients<Numbers>;
    const V sum_a = Times(K::kNa, hn::Add(u[1], u[2])), sum_b = hn::Add(u[3], u[4]);
    g[0] = Plus(K::kN0, u[0], Plus(K::kNb, sum_b, sum_a));
    g[1] = Plus(K::kNb * K::kB, hn::Sub(u[3], u[4]), Times(-K::kNa * K::kA, hn::Sub(u[2], u[1])));
    g[2] = Plus(K::kNb * K::kB2, sum_b, Plus(K::kA2, sum_a, u[5]));
  }
};

// Calls store(i, j, (T x T^T)[i, j]), where x[i, j] = load(i, j) and T is the matrix of Axis.
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

// Stores, frequency by frequency, the words of the transforms of `pair` arrays x, where x[p][i, j] = load(p, i, j).
template <class Numbers, class Axis, class Load>
HWY_INLINE void TransformToWords(const Load& load, WinogradWord* to, int64_t stride) {
  const auto store = [&](int64_t i, int64_t j, V v) { hn::StoreU(v, d32, to + (i * kPatch + j) * stride); };
  const auto first = [&](int64_t i, int64_t j) { return load(0, i, j); };
  if constexpr (Numbers::kPair == 1) {
    Transform<Axis>(first, store);
  } else {
    V lower[kPatch][kPatch];
    Transform<Axis>(first, [&](int64_t i, int64_t j, V v) { lower[i][j] = v; });
    Transform<Axis>([&](int64_t i, int64_t j) { return load(1, i, j); },
                    [&](int64_t i, int64_t j, V v) { store(i, j, Numbers::Words(lower[i][j], v)); });
  }
}

template <typename T>
HWY_INLINE V LoadPixel(const PixelWindow<const void>& d, int64_t i, int64_t j, int64_t c) {
  return LoadFloats(static_cast<const T*>(d.data) + i * d.row_stride + j * d.pixel_stride + c);
}
// Loads from pixel (i, j), or returns 0 if that pixel does not exist.
template <typename T>
HWY_INLINE V LoadPixelOrZero(const PixelWindow<const void>& d, int64_t i, int64_t j, int64_t c) {
  return i >= d.h0 && i < d.h1 && j >= d.w0 && j < d.w1 ? LoadPixel<T>(d, i, j, c) : hn::Zero(d32);
}
HWY_INLINE bool IsWhole(int64_t size, int64_t h0, int64_t h1, int64_t w0, int64_t w1) {
  return h0 == 0 && w0 == 0 && h1 == size && w1 == size;
}

template <class Numbers, typename T>
void InputPatch(const PixelWindow<const void>& d, int64_t channels, WinogradWord* v, int64_t stride) {
  using Axis = InputAxis<Numbers>;
  const bool whole = IsWhole(Axis::kIn, d.h0, d.h1, d.w0, d.w1);
  for (int64_t c = 0; c < channels; c += kLanes) {
    WinogradWord* const to = v + c / Numbers::kPair;
    const auto store = [&](int64_t i, int64_t j, V x) { Numbers::StoreNeighbors(x, to + (i * kPatch + j) * stride); };
    if (whole) {
      Transform<Axis>([&](int64_t i, int64_t j) { return LoadPixel<T>(d, i, j, c); }, store);
    } else {
      Transform<Axis>([&](int64_t i, int64_t j) { return LoadPixelOrZero<T>(d, i, j, c); }, store);
    }
  }
}

template <class Numbers, class Axis, typename T>
void TransformWindows(const PixelWindow<const void>* d, int64_t channels, WinogradWord* to, int64_t stride) {
  bool whole = true;
  for (int64_t p = 0; p < Numbers::kPair; ++p) {
    whole = whole && IsWhole(Axis::kIn, d[p].h0, d[p].h1, d[p].w0, d[p].w1);
  }
  for (int64_t c = 0; c < channels; c += kLanes) {
    if (whole) {
      TransformToWords<Numbers, Axis>([&](int64_t p, int64_t i, int64_t j) { return LoadPixel<T>(d[p], i, j, c); },
                                      to + c, stride);
    } else {
      TransformToWords<Numbers, Axis>(
          [&](int64_t p, int64_t i, int64_t j) { return LoadPixelOrZero<T>(d[p], i, j, c); }, to + c, stride);
    }
  }
}

template <class Numbers>
void Weight(const float* g, int64_t pair_stride, int64_t tap_stride, int64_t channels, WinogradWord* u,
            int64_t stride) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    TransformToWords<Numbers, WeightAxis<Numbers>>(
        [&](int64_t p, int64_t i, int64_t j) {
          return LoadFloats(g + p * pair_stride + (i * kTaps + j) * tap_stride + c);
        },
        u + c, stride);
  }
}

template <class Numbers>
void OutputTile(const float* m, int64_t stride, int64_t channels, const PixelWindow<float>& y) {
  using Axis = OutputAxis<Numbers>;
  const bool whole = IsWhole(Axis::kOut, y.h0, y.h1, y.w0, y.w1);
  for (int64_t c = 0; c < channels; c += kLanes) {
    const auto load = [&](int64_t i, int64_t j) { return LoadFloats(m + (i * kPatch + j) * stride + c); };
    const auto store = [&](int64_t i, int64_t j, V v) {
      hn::StoreU(v, d32, y.data + i * y.row_stride + j * y.pixel_stride + c);
    };
    if (whole) {
      Transform<Axis>(load, store);
    } else {
      Transform<Axis>(load, [&](int64_t i, int64_t j, V v) {
        if (i >= y.h0 && i < y.h1 && j >= y.w0 && j < y.w1) store(i, j, v);
      });
    }
  }
}

template <class Numbers>
void WeightGradient(const float* du, int64_t stride, int64_t parts, int64_t part_stride, int64_t channels, float* dg,
                    int64_t tap_stride) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    Transform<WeightGradientAxis<Numbers>>(
        [&](int64_t i, int64_t j) {
          const float* from = du + (i * kPatch + j) * stride + c;
          V sum = LoadFloats(from);
          for (int64_t p = 1; p < parts; ++p) sum = hn::Add(sum, LoadFloats(from + p * part_stride));
          return sum;
        },
        [&](int64_t i, int64_t j, V v) { hn::StoreU(v, d32, dg + (i * kTaps + j) * tap_stride + c); });
  }
}

// A block of kRows x (kVectors vectors) of the product. Its sums stay in registers over the whole depth.
template <class Numbers, int kRows, int kVectors>
HWY_INLINE void ProductBlock(const WinogradWord* HWY_RESTRICT a, int64_t a_row, int64_t a_depth, int64_t depth,
                             const WinogradWord* HWY_RESTRICT b, float* HWY_RESTRICT y, int64_t y_row,
                             bool accumulate) {
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
      for (int v = 0; v < kVectors; ++v) sum[r][v] = Numbers::MulAdd(value, factor[v], sum[r][v]);
    }
    a += a_depth;
    b += kVectors * kLanes;
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sum[r][v], d32, y + r * y_row + v * kLanes);
  }
}

// All rows of one panel. Rows left over after the full blocks form a shorter block.
template <class Numbers, int kVectors>
HWY_INLINE void ProductPanel(const WinogradWord* a, int64_t a_row, int64_t a_depth, int64_t depth,
                             const WinogradWord* b, float* y, int64_t y_row, int64_t rows, bool accumulate) {
  int64_t i = 0;
  for (; i + kBlockRows <= rows; i += kBlockRows) {
    ProductBlock<Numbers, kBlockRows, kVectors>(a + i * a_row, a_row, a_depth, depth, b, y + i * y_row, y_row,
                                                accumulate);
  }
  a += i * a_row;
  y += i * y_row;
  switch (rows - i) {
    case 5: return ProductBlock<Numbers, 5, kVectors>(a, a_row, a_depth, depth, b, y, y_row, accumulate);
    case 4: return ProductBlock<Numbers, 4, kVectors>(a, a_row, a_depth, depth, b, y, y_row, accumulate);
    case 3: return ProductBlock<Numbers, 3, kVectors>(a, a_row, a_depth, depth, b, y, y_row, accumulate);
    case 2: return ProductBlock<Numbers, 2, kVectors>(a, a_row, a_depth, depth, b, y, y_row, accumulate);
    case 1: return ProductBlock<Numbers, 1, kVectors>(a, a_row, a_depth, depth, b, y, y_row, accumulate);
    default: return;
  }
}

template <class Numbers>
void Product(const WinogradWord* a, int64_t a_row, int64_t a_depth, const WinogradWord* b, const PanelLayout& b_layout,
             float* y, int64_t y_row, int64_t rows, bool accumulate) {
  const int64_t depth = b_layout.rows;
  for (int64_t column = 0; column < b_layout.columns; column += b_layout.panel) {
    const WinogradWord* panel = b + b_layout.Offset(0, column);
    switch (b_layout.Width(column) / kLanes) {
      case 1: ProductPanel<Numbers, 1>(a, a_row, a_depth, depth, panel, y + column, y_row, rows, accumulate); break;
      case 2: ProductPanel<Numbers, 2>(a, a_row, a_depth, depth, panel, y + column, y_row, rows, accumulate); break;
#if HWY_MAX_BYTES >= 64
      case 3: ProductPanel<Numbers, 3>(a, a_row, a_depth, depth, panel, y + column, y_row, rows, accumulate); break;
      case 4: ProductPanel<Numbers, 4>(a, a_row, a_depth, depth, panel, y + column, y_row, rows, accumulate); break;
#endif
    }
  }
}

template <class Numbers, typename T>
const WinogradKernels* KernelsFor() {
  static const WinogradKernels kernels = {kLanes,
                                          kPanelVectors * kLanes,
                                          kBlockRows,
                                          Numbers::kPair,
                                          InputPatch<Numbers, T>,
                                          TransformWindows<Numbers, InputAxis<Numbers>, T>,
                                          TransformWindows<Numbers, GradientAxis<Numbers>, T>,
                                          Weight<Numbers>,
                                          Product<Numbers>,
                                          OutputTile<Numbers>,
                                          WeightGradient<Numbers>};
  return &kernels;
}

const WinogradKernels* Kernels(DType operands, [[maybe_unused]] bool multiply_bf16) {
  if (operands == DType::kF32) return KernelsFor<InF32, float>();
#ifdef SG_WINOGRAD_BF16
  if (multiply_bf16) return KernelsFor<InBf16, BFloat16>();
#endif
  return KernelsFor<InF32, BFloat16>();
}

#undef SG_WINOGRAD_BF16

}  // namespace HWY_NAMESPACE
}  // namespace sg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg::cpu {

HWY_EXPORT(Kernels);

const WinogradKernels& BestWinogradKernels(DType operands) {
  const auto best = [](DType dtype) {
    if (!HasAvx512Instructions()) hwy::DisableTargets(HWY_AVX3 | HWY_AVX3_DL);
    return HWY_DYNAMIC_DISPATCH(Kernels)(dtype, HasBf16Instructions());
  };
  static const WinogradKernels *const f32 = best(DType::kF32), *const bf16 = best(DType::kBF16);
  return operands == DType::kF32 ? *f32 : *bf16;
}

}  // namespace sg::cpu
#endif  // HWY_ONCE
