#include "engine/ops/affine_sample.h"

#include <ostream>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/up_fir_dn.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::CheckGradients;
using testing::ExpectSameValues;
using testing::ExpectValues;
using testing::F32;
using ::testing::HasSubstr;
using testing::NormalF64;

using Tensors = std::vector<Tensor>;

const std::vector<float> kTaps = {0.02f, 0.01f, -0.16f, -0.07f, 0.7f, 1.1f, 0.5f, -0.1f, -0.03f, 0.06f, 0.002f, -0.01f};

// Two samples per pixel.
SampleFilter LongFilter() {
  SampleFilter filter;
  filter.up = 2;
  filter.taps = static_cast<int>(kTaps.size());
  filter.origin = 5;
  std::copy(kTaps.begin(), kTaps.end(), filter.filter);
  return filter;
}

AffineSampleParams Bilinear(int64_t height, int64_t width, const SampleMargins& margins = {}) {
  AffineSampleParams params;
  params.margins = margins;
  params.height = height;
  params.width = width;
  return params;
}

class AffineSampleValues : public ::testing::TestWithParam<Device> {
 protected:
  // A row of pixels, resampled at a * j + c.
  void ExpectRow(float a, float c, const SampleMargins& margins, const std::vector<double>& want) {
    const Tensor x = F32({1, 1, 4, 1}, {1, 2, 4, 8}, GetParam());
    const Tensor transform = F32({1, 6}, {a, 0, c, 0, 1, 0}, GetParam());
    ExpectValues(AffineSample(x, transform, Bilinear(1, static_cast<int64_t>(want.size()), margins)), want);
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, AffineSampleValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(AffineSampleValues, InterpolatesBetweenPixels) {
  ExpectRow(1, 0, {}, {1, 2, 4, 8});
  ExpectRow(0.5f, 0, {}, {1, 1.5, 2, 3, 4, 6, 8});
  ExpectRow(-1, 3, {}, {8, 4, 2, 1});
}

TEST_P(AffineSampleValues, IsZeroBeyondTheMargins) {
  ExpectRow(1, -2, {}, {0, 0, 1, 2});
  ExpectRow(0.5f, -1, {}, {0, 0.5, 1, 1.5});
  ExpectRow(1, 2, {0, 2, 0, 0}, {4, 8, 4, 2, 0, 0});
}

TEST_P(AffineSampleValues, ReflectsAtTheOutermostPixel) {
  ExpectRow(1, -3, {3, 3, 0, 0}, {8, 4, 2, 1, 2, 4, 8, 4, 2, 1, 0});
}

TEST_P(AffineSampleValues, TurnsEachImageItsOwnWay) {
  const Tensor x = F32({2, 2, 2, 1}, {1, 2, 3, 4, 5, 6, 7, 8}, GetParam());
  // A quarter turn, and a transposition.
  const Tensor transforms = F32({2, 6}, {0, 1, 0, -1, 0, 1, 0, 1, 0, 1, 0, 0}, GetParam());
  ExpectValues(AffineSample(x, transforms, Bilinear(2, 2)), {3, 1, 4, 2, 5, 7, 6, 8});
}

TEST_P(AffineSampleValues, OfTwoSamplesPerPixelAreThoseOfUpFirDn) {
  const Tensor x = Cast(NormalF64({2, 6, 5, 3}, 1), DType::kF32);
  const Tensor on_device = Tensor::FromHost<float>(x.shape(), x.ToHost<float>(), GetParam());
  AffineSampleParams params = Bilinear(12, 10);
  params.filter = LongFilter();
  const Tensor every_sample = F32({2, 6}, {0.5f, 0, 0, 0, 0.5f, 0, 0.5f, 0, 0, 0, 0.5f, 0}, GetParam());
  // The origin 5 of 12 taps is 6 zeros before.
  const Tensor want = UpFirDn2d(on_device, MakeUpFirDn({2, 1, 6, 5, kTaps, EdgeMode::kZero}));
  ASSERT_EQ(want.shape(), Shape({2, 12, 10, 3}));
  ExpectSameValues(AffineSample(on_device, every_sample, params), want, 1e-6);
}

TEST_P(AffineSampleValues, TransposedScatters) {
  const Tensor half = F32({1, 6}, {0.5f, 0, 0, 0, 1, 0}, GetParam());
  const Tensor dy = F32({1, 1, 3, 1}, {1, 10, 100}, GetParam());
  ExpectValues(AffineSampleTransposed(dy, half, Bilinear(1, 3), {1, 1, 2, 1}), {6, 105});
  const Tensor left = F32({1, 6}, {1, 0, -2, 0, 1, 0}, GetParam());
  ExpectValues(AffineSampleTransposed(dy, left, Bilinear(1, 3, {2, 0, 0, 0}), {1, 1, 3, 1}), {100, 10, 1});
}

struct SampleCase {
  const char* name;
  AffineSampleParams params;
  Shape x;

  Shape y() const { return {x.dim(0), params.height, params.width, x.dim(3)}; }
  friend std::ostream& operator<<(std::ostream& os, const SampleCase& c) { return os << c.name; }
};

AffineSampleParams Long(const SampleMargins& margins) {
  AffineSampleParams params = Bilinear(7, 6, margins);
  params.filter = LongFilter();
  return params;
}

// Two images: turned and scaled, and shifted.
Tensor Transforms() {
  return F32({2, 6}, {0.8f, -0.6f, 1.3f, 0.6f, 0.8f, -0.7f, 1.4f, 0, -2, 0.1f, 1, 0.3f}, Device::Ref());
}

class AffineSampleCases : public ::testing::TestWithParam<SampleCase> {};

INSTANTIATE_TEST_SUITE_P(Parameters, AffineSampleCases,
                         ::testing::Values(SampleCase{"bilinear", Bilinear(4, 3), {2, 5, 4, 2}},
                                           SampleCase{
                                               "bilinear_with_margins", Bilinear(4, 3, {3, 2, 1, 4}), {2, 5, 4, 2}},
                                           SampleCase{"long", Long({}), {2, 5, 4, 3}},
                                           SampleCase{"long_with_margins", Long({3, 3, 4, 2}), {2, 5, 4, 1}}),
                         [](const auto& info) { return info.param.name; });

TEST_P(AffineSampleCases, Gradients) {
  const SampleCase c = GetParam();
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return AffineSample(in[0], Transforms(), c.params); },
                             {NormalF64(c.x, 1)}));
}

TEST_P(AffineSampleCases, GradientsOfTheTransposed) {
  const SampleCase c = GetParam();
  EXPECT_TRUE(
      CheckGradients([&](const Tensors& in) { return AffineSampleTransposed(in[0], Transforms(), c.params, c.x); },
                     {NormalF64(c.y(), 1)}));
}

// As R1 sees it: the gradient at the image of a function that is not linear in the resampled image.
TEST_P(AffineSampleCases, GradientsThroughASquare) {
  const SampleCase c = GetParam();
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return Square(AffineSample(in[0], Transforms(), c.params)); },
                             {NormalF64(c.x, 1)}));
}

TEST_P(AffineSampleCases, TheTransposedIsTheAdjoint) {
  const SampleCase c = GetParam();
  const Tensor x = NormalF64(c.x, 1), dy = NormalF64(c.y(), 2);
  ExpectSameValues(Sum(Mul(AffineSampleTransposed(dy, Transforms(), c.params, c.x), x)),
                   Sum(Mul(AffineSample(x, Transforms(), c.params), dy)), 1e-10);
}

TEST(AffineSampleDeathTest, NamesTheOperands) {
  const Tensor x = NormalF64({1, 4, 4, 1}, 1), identity = F32({1, 6}, {1, 0, 0, 0, 1, 0}, Device::Ref());
  EXPECT_DEATH(AffineSample(NormalF64({4, 4, 1}, 1), identity, Bilinear(4, 4)),
               HasSubstr("[AffineSample] input must be [N,H,W,C], got [4,4,1]"));
  EXPECT_DEATH(AffineSample(x, NormalF64({1, 6}, 1), Bilinear(4, 4)),
               HasSubstr("[AffineSample] transforms must be f32[1,6], got f64[1,6]"));
  EXPECT_DEATH(AffineSample(x, identity, Bilinear(0, 4)), HasSubstr("[AffineSample] a result of 0x4 pixels"));
  EXPECT_DEATH(AffineSample(Tensor::Zeros({1, 4, 4, 1}, DType::kU8, Device::Ref()), identity, Bilinear(4, 4)),
               HasSubstr("[AffineSample] needs a floating dtype, got u8[1,4,4,1]"));
  EXPECT_DEATH(AffineSample(x, identity, Bilinear(4, 4, {4, 0, 0, 0})),
               HasSubstr("[AffineSample] margins 4 and 0 along W, must be from 0 to 3"));
  EXPECT_DEATH(AffineSampleTransposed(x, identity, Bilinear(4, 4), {1, 3, 3, 2}),
               HasSubstr("[AffineSampleTransposed] gradient f64[1,4,4,1], but [1,3,3,2] gives [1,4,4,2]"));
}

}  // namespace
}  // namespace sg
