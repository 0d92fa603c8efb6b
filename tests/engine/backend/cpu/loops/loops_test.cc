// The OpenMP loops at sizes large enough to be divided among threads and into blocks, unlike the small shapes of the
// device suite. Results are compared with plain loops in double.

#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "engine/backend/common/axis_taps.h"
#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/base/bfloat16.h"
#include "gtest/gtest.h"

namespace sg::cpu {
namespace {

std::vector<float> RandomValues(const Shape& shape, int seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(shape.NumElements());
  for (float& v : values) v = normal(rng);
  return values;
}

std::vector<BFloat16> ToBFloat16(const std::vector<float>& values) {
  return std::vector<BFloat16>(values.begin(), values.end());
}

TensorView View(std::vector<float>& v, const Shape& shape) { return {v.data(), DType::kF32, shape}; }
TensorView View(std::vector<BFloat16>& v, const Shape& shape) { return {v.data(), DType::kBF16, shape}; }

// The element of a tensor with `strides` at row-major index i of `shape`.
int64_t StridedIndex(int64_t i, const Shape& shape, const Strides& strides) {
  int64_t at = 0;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    at += i % shape[d] * strides[d];
    i /= shape[d];
  }
  return at;
}

// Runs f with one thread and with three. Both runs must produce the same bytes, which are then in y.
void RunRepeatably(std::vector<float>& y, const std::function<void()>& f) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  f();
  const std::vector<float> first = y;
  std::fill(y.begin(), y.end(), std::numeric_limits<float>::quiet_NaN());
  omp_set_num_threads(3);
  f();
  omp_set_num_threads(threads);
  ASSERT_EQ(std::memcmp(first.data(), y.data(), y.size() * sizeof(float)), 0);
}

class BroadcastTest : public testing::TestWithParam<std::array<Shape, 3>> {};

TEST_P(BroadcastTest, BinaryAndWhere) {
  // Not structured bindings, which lambdas cannot capture in clang 14.
  const Shape &a_shape = GetParam()[0], &b_shape = GetParam()[1], &y_shape = GetParam()[2];
  std::vector<float> a = RandomValues(a_shape, 1), b = RandomValues(b_shape, 2), y(y_shape.NumElements());
  for (float& v : b) v = v > 0.5f ? v : 0.0f;
  const Strides sa = BroadcastStrides(a_shape, y_shape), sb = BroadcastStrides(b_shape, y_shape);
  RunRepeatably(y, [&] {
    CpuKernels().Binary({View(a, a_shape), View(b, b_shape), View(y, y_shape), BinaryFn::kAdd, 2.0, -0.5});
  });
  for (size_t i = 0; i < y.size(); ++i) {
    ASSERT_NEAR(y[i], 2.0 * a[StridedIndex(i, y_shape, sa)] - 0.5 * b[StridedIndex(i, y_shape, sb)], 1e-6) << i;
  }
  RunRepeatably(y, [&] {
    CpuKernels().Where({View(b, b_shape), View(a, a_shape), View(b, b_shape), View(y, y_shape)});
  });
  for (size_t i = 0; i < y.size(); ++i) {
    const float ai = a[StridedIndex(i, y_shape, sa)], bi = b[StridedIndex(i, y_shape, sb)];
    ASSERT_EQ(y[i], bi != 0 ? ai : bi) << i;
  }
  std::vector<BFloat16> a16 = ToBFloat16(a), b16 = ToBFloat16(b), y16(y.size());
  CpuKernels().Binary({View(a16, a_shape), View(b16, b_shape), View(y16, y_shape), BinaryFn::kMul, 1.0, 1.0});
  for (size_t i = 0; i < y.size(); ++i) {
    const float ai = float(a16[StridedIndex(i, y_shape, sa)]), bi = float(b16[StridedIndex(i, y_shape, sb)]);
    ASSERT_EQ(float(y16[i]), float(BFloat16(ai * bi))) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, BroadcastTest,
    testing::Values(std::array<Shape, 3>{Shape{2, 41, 37, 20}, Shape{2, 41, 37, 20}, Shape{2, 41, 37, 20}},
                    std::array<Shape, 3>{Shape{2, 41, 37, 20}, Shape{2, 1, 1, 20}, Shape{2, 41, 37, 20}},
                    std::array<Shape, 3>{Shape{2, 41, 37, 20}, Shape{20}, Shape{2, 41, 37, 20}},
                    std::array<Shape, 3>{Shape{2, 41, 37, 1}, Shape{2, 41, 37, 20}, Shape{2, 41, 37, 20}},
                    std::array<Shape, 3>{Shape{2, 41, 37, 20}, Shape{}, Shape{2, 41, 37, 20}},
                    std::array<Shape, 3>{Shape{3, 97, 101, 3}, Shape{3, 1, 1, 3}, Shape{3, 97, 101, 3}},
                    std::array<Shape, 3>{Shape{3, 97, 101, 3}, Shape{3, 97, 101, 1}, Shape{3, 97, 101, 3}},
                    std::array<Shape, 3>{Shape{1, 97, 1, 3}, Shape{5, 1, 101, 3}, Shape{5, 97, 101, 3}},
                    std::array<Shape, 3>{Shape{257, 1}, Shape{1, 300}, Shape{257, 300}},
                    std::array<Shape, 3>{Shape{1}, Shape{}, Shape{70000}}));

class ReduceTest : public testing::TestWithParam<std::array<Shape, 3>> {};

TEST_P(ReduceTest, MatchesDoubleAndIsRepeatable) {
  // Not structured bindings, which lambdas cannot capture in clang 14.
  const Shape &a_shape = GetParam()[0], &b_shape = GetParam()[1], &y_shape = GetParam()[2];
  std::vector<float> a = RandomValues(a_shape, 1), b = RandomValues(b_shape, 2), y(y_shape.NumElements());
  const Strides sb = BroadcastStrides(b_shape, a_shape), sy = BroadcastStrides(y_shape, a_shape);
  for (const bool with_b : {false, true}) {
    RunRepeatably(y, [&] {
      CpuKernels().Reduce({View(a, a_shape), with_b ? View(b, b_shape) : TensorView(), View(y, y_shape)});
    });
    std::vector<double> sum(y.size()), magnitude(y.size());
    for (size_t i = 0; i < a.size(); ++i) {
      const double term = with_b ? double(a[i]) * b[StridedIndex(i, a_shape, sb)] : a[i];
      sum[StridedIndex(i, a_shape, sy)] += term;
      magnitude[StridedIndex(i, a_shape, sy)] += std::fabs(term);
    }
    for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], sum[i], 3e-7 * magnitude[i]) << i;
  }
  std::vector<BFloat16> a16 = ToBFloat16(a), b16 = ToBFloat16(b), y16(y.size());
  CpuKernels().Reduce({View(a16, a_shape), View(b16, b_shape), View(y16, y_shape)});
  std::vector<double> sum(y.size()), magnitude(y.size());
  for (size_t i = 0; i < a.size(); ++i) {
    const double term = double(float(a16[i])) * float(b16[StridedIndex(i, a_shape, sb)]);
    sum[StridedIndex(i, a_shape, sy)] += term;
    magnitude[StridedIndex(i, a_shape, sy)] += std::fabs(term);
  }
  for (size_t i = 0; i < y.size(); ++i) {
    ASSERT_NEAR(float(y16[i]), sum[i], 4e-3 * std::fabs(sum[i]) + 3e-7 * magnitude[i]) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ReduceTest,
    testing::Values(std::array<Shape, 3>{Shape{2, 61, 67, 40}, Shape{2, 61, 67, 40}, Shape{}},
                    std::array<Shape, 3>{Shape{2, 61, 67, 40}, Shape{2, 61, 67, 1}, Shape{40}},
                    std::array<Shape, 3>{Shape{2, 61, 67, 40}, Shape{2, 1, 1, 40}, Shape{2, 1, 1, 40}},
                    std::array<Shape, 3>{Shape{2, 61, 67, 40}, Shape{40}, Shape{2, 61, 67, 1}},
                    std::array<Shape, 3>{Shape{2, 61, 67, 40}, Shape{2, 1, 1, 40}, Shape{2, 1, 1, 1}},
                    std::array<Shape, 3>{Shape{2, 61, 67, 40}, Shape{2, 61, 67, 1}, Shape{61, 1, 1}},
                    std::array<Shape, 3>{Shape{2, 150, 160, 3}, Shape{2, 150, 160, 1}, Shape{3}},
                    std::array<Shape, 3>{Shape{2, 150, 160, 3}, Shape{2, 1, 1, 3}, Shape{2, 1, 1, 3}},
                    std::array<Shape, 3>{Shape{2, 150, 160, 3}, Shape{3}, Shape{2, 150, 160, 1}},
                    std::array<Shape, 3>{Shape{2, 150, 160, 3}, Shape{3}, Shape{2, 1, 1, 1}},
                    std::array<Shape, 3>{Shape{150, 2, 160, 3}, Shape{}, Shape{1, 1, 160, 3}},
                    std::array<Shape, 3>{Shape{7, 9, 1100}, Shape{7, 1, 1100}, Shape{7, 1, 1100}},
                    std::array<Shape, 3>{Shape{300, 300}, Shape{300, 1}, Shape{300, 300}},
                    std::array<Shape, 3>{Shape{1, 1}, Shape{1}, Shape{}}));

TEST(ReduceTest, TenMillionTerms) {
  constexpr int64_t kTerms = 10000000;
  std::vector<float> a(kTerms, 0.1f), total(1), column(2);
  CpuKernels().Reduce({View(a, {kTerms}), {}, View(total, {1})});
  EXPECT_NEAR(total[0], kTerms * double(0.1f), 1e-6 * kTerms * 0.1);
  CpuKernels().Reduce({View(a, {kTerms / 2, 2}), {}, View(column, {2})});
  EXPECT_NEAR(column[1], kTerms / 2 * double(0.1f), 1e-6 * kTerms / 2 * 0.1);
}

TEST(ReduceTest, EmptySumIsZero) {
  std::vector<float> a, y = {5, 5, 5};
  CpuKernels().Reduce({View(a, {0, 3}), {}, View(y, {3})});
  EXPECT_EQ(y, std::vector<float>({0, 0, 0}));
}

struct CopyCase {
  Shape extent;
  Strides x_strides, y_strides;
};
class StridedCopyTest : public testing::TestWithParam<CopyCase> {};

TEST_P(StridedCopyTest, EveryElementSize) {
  const auto& [extent, x_strides, y_strides] = GetParam();
  int64_t x_size = 4, y_size = 6;
  for (int i = 0; i < extent.rank(); ++i) {
    x_size += (extent[i] - 1) * x_strides[i];
    y_size += (extent[i] - 1) * y_strides[i];
  }
  for (const DType dtype : {DType::kU8, DType::kBF16, DType::kF32, DType::kF64}) {
    const int64_t size = SizeOf(dtype);
    std::mt19937 rng(1);
    std::vector<uint8_t> x(x_size * size), y(y_size * size, 17), expected = y;
    for (uint8_t& byte : x) byte = static_cast<uint8_t>(rng());
    for (int64_t i = 0; i < extent.NumElements(); ++i) {
      std::memcpy(&expected[(5 + StridedIndex(i, extent, y_strides)) * size],
                  &x[(3 + StridedIndex(i, extent, x_strides)) * size], size);
    }
    CpuKernels().StridedCopy(
        {{x.data(), dtype, {x_size}}, {y.data(), dtype, {y_size}}, extent, x_strides, y_strides, 3, 5});
    ASSERT_EQ(y, expected) << dtype;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Boxes, StridedCopyTest,
    testing::Values(CopyCase{{2, 51, 53, 19}, {51351, 19, 969, 1}, {51357, 1007, 19, 1}},  // swap H and W
                    CopyCase{{2, 21, 1271}, {26691, 1, 21}, {26691, 1271, 1}},             // NHWC to NCHW
                    CopyCase{{2, 1271, 21}, {26691, 1, 1271}, {26691, 21, 1}},             // NCHW to NHWC
                    CopyCase{{2, 11, 13, 37, 7}, {37037, 3367, 1, 13, 481}, {37037, 3367, 259, 7, 1}},
                    CopyCase{{60, 70, 3}, {600, 5, 1}, {300, 4, 1}},    // a slice into a border
                    CopyCase{{60, 70, 30}, {70, 1, 0}, {2100, 30, 1}},  // repeat along columns
                    CopyCase{{60, 70, 30}, {0, 0, 1}, {2100, 30, 1}},   // repeat one row
                    CopyCase{{30, 40, 50}, {2, 3, 5}, {1, 30, 1200}},   // no contiguous dimension in x
                    CopyCase{{1, 1}, {7, 7}, {7, 7}}));

struct ResampleCase {
  Shape x;
  FirAxis h, w;
};
class UpFirDn2dTest : public testing::TestWithParam<ResampleCase> {};

TEST_P(UpFirDn2dTest, MatchesTablesInDouble) {
  const Shape& shape = GetParam().x;
  const FirAxis &h = GetParam().h, &w = GetParam().w;
  for (const EdgeMode edge : {EdgeMode::kZero, EdgeMode::kReplicate}) {
    for (const bool transposed : {false, true}) {
      const AxisTaps th = MakeAxisTaps(h, edge, transposed, shape[1]), tw = MakeAxisTaps(w, edge, transposed, shape[2]);
      const Shape x_shape = {shape[0], th.in_length, tw.in_length, shape[3]};
      const Shape y_shape = {shape[0], th.out_length, tw.out_length, shape[3]};
      std::vector<float> x = RandomValues(x_shape, 1), y(y_shape.NumElements());
      RunRepeatably(y, [&] { CpuKernels().UpFirDn2d({View(x, x_shape), View(y, y_shape), h, w, edge, transposed}); });
      std::vector<BFloat16> x16 = ToBFloat16(x), y16(y.size());
      CpuKernels().UpFirDn2d({View(x16, x_shape), View(y16, y_shape), h, w, edge, transposed});
      const int64_t channels = shape[3];
      int64_t at = 0;
      for (int64_t n = 0; n < shape[0]; ++n) {
        for (int64_t i = 0; i < th.out_length; ++i) {
          for (int64_t j = 0; j < tw.out_length; ++j) {
            for (int64_t c = 0; c < channels; ++c, ++at) {
              double sum = 0, sum16 = 0;
              for (int p = 0; p < th.width; ++p) {
                for (int q = 0; q < tw.width; ++q) {
                  const int64_t row = n * th.in_length + th.begin[i] + p;
                  const int64_t source = (row * tw.in_length + tw.begin[j] + q) * channels + c;
                  const double weight = double(th.weight[i * th.width + p]) * tw.weight[j * tw.width + q];
                  sum += weight * x[source];
                  sum16 += weight * float(x16[source]);
                }
              }
              ASSERT_NEAR(y[at], sum, 1e-5) << "n " << n << " i " << i << " j " << j << " c " << c;
              ASSERT_NEAR(float(y16[at]), sum16, 4e-3 * std::fabs(sum16) + 1e-5);
            }
          }
        }
      }
    }
  }
}

const FirAxis kUp = {2, 1, 4, 3, 6, {0.03125f, 0.1875f, 0.46875f, 0.75f, 0.40625f, 0.15625f}};
const FirAxis kDown = {1, 2, 1, 1, 4, {0.125f, 0.375f, 0.25f, 0.25f}};
const FirAxis kSmooth = {1, 1, 1, 1, 3, {0.25f, 0.5f, 0.375f}};
const FirAxis kNone = {};
const FirAxis kLong = {1, 1, 6, 5, 12, {0.1f, -0.2f, 0.3f, -0.4f, 0.5f, -0.6f, 0.6f, -0.5f, 0.4f, -0.3f, 0.2f, -0.15f}};

INSTANTIATE_TEST_SUITE_P(
    Axes, UpFirDn2dTest,
    testing::Values(ResampleCase{{2, 20, 22, 40}, kUp, kUp}, ResampleCase{{2, 26, 22, 40}, kDown, kDown},
                    ResampleCase{{2, 26, 22, 40}, kSmooth, kSmooth}, ResampleCase{{3, 60, 50, 3}, kUp, kDown},
                    ResampleCase{{3, 60, 50, 3}, kDown, kUp}, ResampleCase{{3, 60, 50, 1}, kSmooth, kUp},
                    ResampleCase{{3, 40, 50, 5}, kNone, kSmooth}, ResampleCase{{3, 40, 50, 11}, kSmooth, kNone},
                    ResampleCase{{2, 24, 25, 9}, kLong, kLong}, ResampleCase{{2, 24, 25, 2}, kLong, kLong}));

class BiasActTest : public testing::TestWithParam<Shape> {};

TEST_P(BiasActTest, EveryCombination) {
  const Shape shape = GetParam();
  const int64_t channels = shape[-1];
  Shape noise_shape = shape;
  noise_shape.set_dim(-1, 1);
  std::vector<float> x = RandomValues(shape, 1), bias = RandomValues({channels}, 2),
                     noise = RandomValues(noise_shape, 3), scale = RandomValues({shape[0], channels}, 4);
  const int64_t image = x.size() / shape[0];
  std::vector<float> strength = {0.7f}, y(x.size()), dx(x.size());
  for (int mask = 0; mask < 8; ++mask) {
    for (const double clamp : {0.0, 0.8}) {
      const bool has_bias = mask & 1, has_noise = mask & 2, has_scale = mask & 4;
      BiasActArgs args;
      args.x = View(x, shape);
      args.y = View(y, shape);
      if (has_scale) args.scale = View(scale, {shape[0], channels});
      if (has_bias) args.bias = View(bias, {channels});
      if (has_noise) args.noise = View(noise, noise_shape), args.strength = View(strength, {});
      args.in_gain = 0.9, args.slope = 0.2, args.gain = 1.5, args.clamp = clamp;
      RunRepeatably(y, [&] { CpuKernels().BiasAct(args); });
      CpuKernels().BiasActGrad({View(x, shape), View(y, shape), args.scale, View(dx, shape), 2.0, 0.2, 1.5, clamp});
      for (size_t i = 0; i < x.size(); ++i) {
        const double factor = has_scale ? scale[i / image * channels + i % channels] : 1;
        const double pre =
            0.9 * factor * x[i] + (has_bias ? bias[i % channels] : 0) + (has_noise ? 0.7 * noise[i / channels] : 0);
        double expected = 1.5 * (pre > 0 ? pre : 0.2 * pre);
        if (clamp > 0) expected = std::min(std::max(expected, -clamp), clamp);
        ASSERT_NEAR(y[i], expected, 2e-6) << i;
        const bool clamped = clamp > 0 && (y[i] >= float(clamp) || y[i] <= -float(clamp));
        ASSERT_NEAR(dx[i], clamped ? 0 : 2.0 * factor * x[i] * 1.5 * (y[i] > 0 ? 1 : 0.2), 3e-6) << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, BiasActTest,
                         testing::Values(Shape{2, 41, 37, 20}, Shape{3, 97, 101, 3}, Shape{50000, 1}, Shape{90, 512}));

TEST(CastTest, RoundsSaturatesAndKeepsNanOut) {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> x = {-1, 0.5f, 1.5f, 2.5f, 254.6f, 300, -inf, inf, std::nanf(""), 127.49f, 1e10f};
  const int64_t n = x.size();
  std::vector<uint8_t> u8(n);
  std::vector<int32_t> i32(n);
  CpuKernels().Cast({View(x, {n}), {u8.data(), DType::kU8, {n}}});
  EXPECT_EQ(u8, std::vector<uint8_t>({0, 0, 2, 2, 255, 255, 0, 255, 0, 127, 255}));
  CpuKernels().Cast({View(x, {n}), {i32.data(), DType::kI32, {n}}});
  const int32_t low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  EXPECT_EQ(i32, std::vector<int32_t>({-1, 0, 2, 2, 255, 300, low, high, 0, 127, high}));
}

TEST(CastTest, FloatToBFloat16AndBack) {
  std::vector<float> x = RandomValues({50001}, 1), back(x.size());
  x[7] = std::nanf("");
  std::vector<BFloat16> y(x.size());
  CpuKernels().Cast({View(x, {50001}), View(y, {50001})});
  CpuKernels().Cast({View(y, {50001}), View(back, {50001})});
  for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i].bits, BFloat16(x[i]).bits) << i;
  EXPECT_TRUE(std::isnan(back[7]));
  EXPECT_EQ(back[50000], float(y[50000]));
}

// NaN must pass through vectorized loops: the compiler must not assume finite numbers.
TEST(UnaryTest, NanComesThrough) {
  for (const UnaryFn fn : {UnaryFn::kAffine, UnaryFn::kSqrt, UnaryFn::kClamp, UnaryFn::kLeakyRelu, UnaryFn::kAbs}) {
    std::vector<float> x(37, std::nanf("")), y(37);
    CpuKernels().Unary({View(x, {37}), View(y, {37}), fn, 0.5, 1.0});
    for (float v : y) EXPECT_TRUE(std::isnan(v)) << static_cast<int>(fn);
  }
}

TEST(RandomTest, DoesNotDependOnThreadsOrLength) {
  std::vector<float> y(40003), tail(40003 - 4000);
  RunRepeatably(y, [&] { CpuKernels().Random({View(y, {40003}), Distribution::kNormal, 5, 6, 7}); });
  CpuKernels().Random({View(tail, {40003 - 4000}), Distribution::kNormal, 5, 6, 1007});
  EXPECT_TRUE(std::equal(tail.begin(), tail.end(), y.begin() + 4000));
}

TEST(InPlaceTest, ListsOfTensorsOfEverySize) {
  const std::vector<int64_t> sizes = {1, 0, 70000, 3, 17, 40001};
  std::vector<std::vector<float>> p, m, v, g, average;
  for (int64_t n : sizes) {
    const int seed = static_cast<int>(n);
    p.push_back(RandomValues({n}, seed));
    m.push_back(RandomValues({n}, seed + 1));
    v.push_back(RandomValues({n}, seed + 2));
    for (float& x : v.back()) x = x * x;
    g.push_back(RandomValues({n}, seed + 3));
    average.push_back(RandomValues({n}, seed + 4));
  }
  std::vector<AdamTensor> adam;
  std::vector<LerpPair> pairs;
  std::vector<TensorView> gradients;
  double squares = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const Shape shape = {sizes[i]};
    adam.push_back({View(p[i], shape), View(m[i], shape), View(v[i], shape), View(g[i], shape)});
    pairs.push_back({View(average[i], shape), View(g[i], shape)});
    gradients.push_back(View(g[i], shape));
    for (float x : g[i]) squares += double(x) * x;
  }

  std::vector<float> norm(1);
  RunRepeatably(norm, [&] { CpuKernels().SquaredNorm({gradients, View(norm, {})}); });
  EXPECT_NEAR(norm[0], squares, 1e-6 * squares);

  const auto average_before = average;
  CpuKernels().Lerp({pairs, 0.25});
  const auto p_before = p, m_before = m, v_before = v;
  std::vector<float> scale = {std::numeric_limits<float>::infinity()};
  const AdamStepArgs args = {adam, View(scale, {}), 0.01, 0.5, 0.9, 1e-8, 3};
  CpuKernels().AdamStep(args);
  EXPECT_EQ(p, p_before);
  EXPECT_EQ(m, m_before);
  scale[0] = 0.5f;
  CpuKernels().AdamStep(args);
  for (size_t i = 0; i < sizes.size(); ++i) {
    for (int64_t j = 0; j < sizes[i]; ++j) {
      ASSERT_NEAR(average[i][j], average_before[i][j] + 0.25 * (g[i][j] - average_before[i][j]), 1e-6);
      const double grad = 0.5 * g[i][j];
      const double mean = 0.5 * m_before[i][j] + 0.5 * grad, var = 0.9 * v_before[i][j] + 0.1 * grad * grad;
      ASSERT_NEAR(m[i][j], mean, 1e-6);
      ASSERT_NEAR(v[i][j], var, 1e-5);
      const double step = 0.01 * (mean / (1 - 0.125)) / (std::sqrt(var / (1 - 0.729)) + 1e-8);
      ASSERT_NEAR(p[i][j], p_before[i][j] - step, 1e-6 + 1e-5 * std::fabs(step));
    }
  }
}

}  // namespace
}  // namespace sg::cpu
