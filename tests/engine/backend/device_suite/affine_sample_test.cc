// AffineSample and its transpose on every device. The reference computes in the same types, so that all find the same
// samples: positions are f32.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

SampleFilter Filter(int up, int origin, const std::vector<float>& taps) {
  SampleFilter filter;
  filter.up = up;
  filter.origin = origin;
  filter.taps = static_cast<int>(taps.size());
  std::copy(taps.begin(), taps.end(), filter.filter);
  return filter;
}

// Asymmetric, to detect a filter that is read backward.
const std::vector<SampleFilter>& Filters() {
  static const auto* const filters = new std::vector<SampleFilter>{
      SampleFilter(), Filter(1, 2, {0.1f, 0.2f, 0.5f, 0.4f, -0.2f}), Filter(2, 1, {0.25f, 0.9f, 0.7f, 0.15f}),
      Filter(2, 5, {0.02f, 0.01f, -0.16f, -0.07f, 0.7f, 1.1f, 0.5f, -0.1f, -0.03f, 0.06f, 0.002f, -0.01f}),
      Filter(3, 0, {1, 0.6f, 0.3f, 0.2f, 0.1f})};
  return *filters;
}

// Turned, scaled, sheared, shifted by whole and by broken pixels, mirrored, far outside, and without an inverse.
constexpr float kTransforms[][6] = {
    {1, 0, 0, 0, 1, 0},
    {-1, 0, 4, 0, 1, -2},
    {0.8f, -0.6f, 1.3f, 0.6f, 0.8f, -0.7f},
    {0.5f, 0, 0, 0, 0.5f, 0.25f},
    {1.7f, 0.3f, -2.1f, -0.2f, 2.3f, -3},
    {1, 0, 100, 0, 1, -100},
    {0, 0, 1.5f, 0, 0, 2},
    {0.5f, 1, 0, 1, 2, 1},
};
constexpr int kTransformCount = sizeof kTransforms / sizeof kTransforms[0];

struct SampleCase {
  Shape x, y;
  SampleFilter filter;
  SampleMargins margins;
  int first_transform = 0;

  HostTensor transforms() const {
    std::vector<double> values;
    for (int64_t n = 0; n < x.dim(0); ++n) {
      const float* t = kTransforms[(first_transform + n) % kTransformCount];
      values.insert(values.end(), t, t + 6);
    }
    return HostTensor({x.dim(0), 6}, DType::kF32, values);
  }
};

std::string Describe(const SampleCase& c) {
  return (::testing::Message() << c.x << " to " << c.y << " up " << c.filter.up << " taps " << c.filter.taps
                               << " margins " << c.margins.left << "," << c.margins.right << "," << c.margins.top << ","
                               << c.margins.bottom << " transforms from " << c.first_transform)
      .GetString();
}

std::vector<SampleCase> Cases() {
  std::vector<SampleCase> cases;
  const std::pair<Shape, Shape> shapes[] = {{{2, 6, 5, 3}, {2, 7, 6, 3}},
                                            {{3, 5, 8, 1}, {3, 12, 4, 1}},
                                            {{2, 4, 4, 7}, {2, 4, 4, 7}},
                                            {{1, 9, 3, 4}, {1, 2, 9, 4}}};
  int next = 0;
  for (const SampleFilter& filter : Filters()) {
    for (const auto& [x, y] : shapes) {
      const int h = static_cast<int>(x.dim(1)), w = static_cast<int>(x.dim(2));
      for (const SampleMargins& margins :
           {SampleMargins{}, SampleMargins{w - 1, w - 1, h - 1, h - 1}, SampleMargins{1, 0, 2, 1}}) {
        cases.push_back({x, y, filter, margins, next});
        next += 3;
      }
    }
  }
  return cases;
}

void ExpectBothForms(const SampleCase& c, const HostTensor& transforms, DType dtype) {
  SCOPED_TRACE(Describe(c));
  const HostTensor x = Normal(c.x, dtype, 1), dy = Normal(c.y, dtype, 2);
  ExpectMatchesRefInSameTypes(SumTolerance(dtype), [&](KernelRun& run) {
    const TensorView where = run.Input(transforms);
    run.backend().AffineSample({run.Input(x), where, run.Output(c.y, dtype), c.filter, c.margins, false});
    run.backend().AffineSample({run.Input(dy), where, run.Output(c.x, dtype), c.filter, c.margins, true});
  });
}

TEST(AffineSampleSuite, EveryFilterMarginAndTransform) {
  for (DType dtype : {DType::kF32, DType::kBF16}) {
    for (const SampleCase& c : Cases()) ExpectBothForms(c, c.transforms(), dtype);
  }
}

TEST(AffineSampleSuite, OnePixel) {
  ExpectBothForms({{1, 1, 1, 2}, {1, 3, 2, 2}, Filters()[3], SampleMargins()},
                  HostTensor({1, 6}, DType::kF32, {1, 0, 0, 0, 1, 0}), DType::kF32);
}

// A transform that is not finite reads nothing, and nothing outside the image.
TEST(AffineSampleSuite, TransformsThatAreNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
  const SampleCase c = {{2, 5, 4, 3}, {2, 4, 4, 3}, Filters()[3], {2, 2, 2, 2}};
  ExpectBothForms(c, HostTensor({2, 6}, DType::kF32, {nan, 0, 0, 0, 1, 0, 1, 0, infinite, 0, -infinite, 0}),
                  DType::kF32);
  ExpectBothForms(c, HostTensor({2, 6}, DType::kF32, {1, nan, nan, 0, 1, 0, 3e38, 0, 3e38, 0, 3e38, 0}), DType::kF32);
}

TEST(AffineSampleSuite, TransposedIsAdjoint) {
  for (Device device : AvailableDevices()) {
    for (const SampleCase& c : Cases()) {
      SCOPED_TRACE(::testing::Message() << "device " << device << " " << Describe(c));
      const HostTensor x = Normal(c.x, DType::kF32, 3), y = Normal(c.y, DType::kF32, 4);
      KernelRun run(device, Precision::kAsGiven);
      const TensorView mapped = run.Output(c.y, DType::kF32), back = run.Output(c.x, DType::kF32);
      const TensorView where = run.Input(c.transforms());
      run.backend().AffineSample({run.Input(x), where, mapped, c.filter, c.margins, false});
      run.backend().AffineSample({run.Input(y), where, back, c.filter, c.margins, true});
      EXPECT_NEAR(Dot(y, run.Read(mapped)), Dot(x, run.Read(back)), 1e-6 * Norm(x) * Norm(y));
    }
  }
}

}  // namespace
}  // namespace sg::testing
