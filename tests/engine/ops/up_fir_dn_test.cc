#include "engine/ops/up_fir_dn.h"

#include <algorithm>
#include <ostream>
#include <vector>

#include "engine/backend/common/axis_taps.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
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

FirAxis Axis(int up, int down, int pad0, int pad1, const std::vector<float>& filter) {
  return MakeUpFirDn({up, down, pad0, pad1, filter, EdgeMode::kZero}).h;
}

// Resamples along the width only.
UpFirDnParams AlongWidth(const FirAxis& axis, EdgeMode edge = EdgeMode::kZero) { return {FirAxis(), axis, edge}; }

class UpFirDnValues : public ::testing::TestWithParam<Device> {
 protected:
  Tensor Row(const std::vector<float>& values) const {
    return F32({1, 1, static_cast<int64_t>(values.size()), 1}, values, GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, UpFirDnValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(UpFirDnValues, BlurWithZerosOrTheOutermostSampleBeyondTheEdge) {
  const FirAxis blur = Axis(1, 1, 1, 1, {0.25f, 0.5f, 0.25f});
  ExpectValues(UpFirDn2d(Row({4, 8, 12}), AlongWidth(blur)), {4, 8, 8});
  ExpectValues(UpFirDn2d(Row({4, 8, 12}), AlongWidth(blur, EdgeMode::kReplicate)), {5, 8, 11});
}

TEST_P(UpFirDnValues, TheFilterIsConvolvedNotCorrelated) {
  ExpectValues(UpFirDn2d(Row({4, 8, 12}), AlongWidth(Axis(1, 1, 1, 0, {1, 2}))), {4, 16, 28});
}

TEST_P(UpFirDnValues, UpsamplesBetweenInsertedZeros) {
  ExpectValues(UpFirDn2d(Row({4, 8}), AlongWidth(Axis(2, 1, 1, 0, {1, 1}))), {4, 4, 8, 8});
}

TEST_P(UpFirDnValues, DownsamplesByDroppingSamples) {
  ExpectValues(UpFirDn2d(Row({1, 3, 5, 9}), AlongWidth(Axis(1, 2, 0, 0, {0.5f, 0.5f}))), {2, 7});
}

TEST_P(UpFirDnValues, NegativePaddingCrops) {
  ExpectValues(UpFirDn2d(Row({1, 2, 3}), AlongWidth(Axis(1, 1, -1, 0, {1}))), {2, 3});
}

TEST_P(UpFirDnValues, IsSeparableAndChannelByChannel) {
  // An impulse in channel 0 and twice that in channel 1.
  std::vector<float> impulse(3 * 3 * 2, 0.0f);
  impulse[2 * 4] = 16;
  impulse[2 * 4 + 1] = 32;
  const UpFirDnParams blur = MakeUpFirDn({1, 1, 1, 1, {0.25f, 0.5f, 0.25f}, EdgeMode::kZero});
  ExpectValues(UpFirDn2d(F32({1, 3, 3, 2}, impulse, GetParam()), blur),
               {1, 2, 2, 4, 1, 2, 2, 4, 4, 8, 2, 4, 1, 2, 2, 4, 1, 2});
}

TEST_P(UpFirDnValues, TransposedSpreads) {
  // The columns of a blur with replicated edges, weighted by 4, 8, 12.
  const FirAxis blur = Axis(1, 1, 1, 1, {0.25f, 0.5f, 0.25f});
  ExpectValues(UpFirDn2dTransposed(Row({4, 8, 12}), AlongWidth(blur, EdgeMode::kReplicate), {1, 1, 3, 1}), {5, 8, 11});
  ExpectValues(UpFirDn2dTransposed(Row({1, 2, 3, 4}), AlongWidth(Axis(2, 1, 1, 0, {1, 1})), {1, 1, 2, 1}), {3, 7});
}

struct FirCase {
  UpFirDnParams params;
  Shape x;

  Shape y() const {
    return {x.dim(0), FirOutputLength(params.h, x.dim(1)), FirOutputLength(params.w, x.dim(2)), x.dim(3)};
  }
};

std::ostream& operator<<(std::ostream& os, const FirCase& c) {
  for (const FirAxis* axis : {&c.params.h, &c.params.w}) {
    os << "up " << axis->up << " down " << axis->down << " pad " << axis->pad0 << "," << axis->pad1 << " taps "
       << axis->taps << "; ";
  }
  return os << (c.params.edge == EdgeMode::kZero ? "zero " : "replicate ") << c.x;
}

// Different axes, asymmetric filters.
FirCase Mixed(EdgeMode edge) {
  return {{Axis(2, 1, 2, 1, {1, 3, 2, -1}), Axis(1, 2, 1, 1, {0.5f, 1, -0.25f}), edge}, {2, 3, 5, 2}};
}

class UpFirDnCases : public ::testing::TestWithParam<FirCase> {};

INSTANTIATE_TEST_SUITE_P(
    Parameters, UpFirDnCases,
    ::testing::Values(Mixed(EdgeMode::kZero), Mixed(EdgeMode::kReplicate),
                      FirCase{MakeUpFirDn({1, 1, 1, 1, {0.25f, 0.5f, 0.25f}, EdgeMode::kReplicate}), {1, 4, 4, 3}},
                      FirCase{MakeUpFirDn({2, 1, 2, 1, {1, 3, 3, 1}, EdgeMode::kZero}), {1, 3, 4, 2}},
                      FirCase{MakeUpFirDn({1, 2, 1, 1, {1, 3, 3, 1}, EdgeMode::kZero}), {1, 6, 4, 2}},
                      FirCase{MakeUpFirDn({3, 2, 2, 3, {1, 2, 3, 4, 5}, EdgeMode::kZero}), {1, 4, 3, 1}},
                      FirCase{MakeUpFirDn({1, 1, -1, -1, {1, 2}, EdgeMode::kZero}), {1, 5, 5, 1}}));

TEST_P(UpFirDnCases, Gradients) {
  const FirCase c = GetParam();
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return UpFirDn2d(in[0], c.params); }, {NormalF64(c.x, 1)}));
}

TEST_P(UpFirDnCases, GradientsOfTheTransposed) {
  const FirCase c = GetParam();
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return UpFirDn2dTransposed(in[0], c.params, c.x); },
                             {NormalF64(c.y(), 1)}));
}

TEST_P(UpFirDnCases, TheTransposedIsTheAdjoint) {
  const FirCase c = GetParam();
  const Tensor x = NormalF64(c.x, 1), dy = NormalF64(c.y(), 2);
  ExpectSameValues(Sum(Mul(UpFirDn2dTransposed(dy, c.params, c.x), x)), Sum(Mul(UpFirDn2d(x, c.params), dy)), 1e-10);
}

// The formula from the header.
FirAxis Adjoint(const FirAxis& axis, int64_t in_length) {
  const int out_length = static_cast<int>(FirOutputLength(axis, in_length));
  FirAxis adjoint;
  adjoint.up = axis.down;
  adjoint.down = axis.up;
  adjoint.taps = axis.taps;
  std::reverse_copy(axis.filter, axis.filter + axis.taps, adjoint.filter);
  adjoint.pad0 = axis.taps - 1 - axis.pad0;
  adjoint.pad1 = (static_cast<int>(in_length) - 1) * axis.up + axis.taps - out_length * axis.down - adjoint.pad0;
  return adjoint;
}

TEST_P(UpFirDnCases, WithZerosBeyondTheEdgeTheAdjointIsTheMapOfTheHeadersFormula) {
  FirCase c = GetParam();
  c.params.edge = EdgeMode::kZero;
  const UpFirDnParams adjoint = {Adjoint(c.params.h, c.x.dim(1)), Adjoint(c.params.w, c.x.dim(2)), EdgeMode::kZero};
  const Tensor dy = NormalF64(c.y(), 1);
  ExpectSameValues(UpFirDn2d(dy, adjoint), UpFirDn2dTransposed(dy, c.params, c.x), 1e-12);
}

TEST(UpFirDn2d, EqualsADepthwiseConvolutionWithTheFlippedFilter) {
  const std::vector<float> filter = {1, 3, -2};
  const int64_t channels = 2;
  std::vector<double> kernel;
  for (int64_t c = 0; c < channels; ++c) {
    for (int i = 2; i >= 0; --i) {
      for (int j = 2; j >= 0; --j) kernel.push_back(filter[i] * filter[j]);
    }
  }
  const Tensor x = NormalF64({2, 5, 4, channels}, 1);
  ExpectSameValues(UpFirDn2d(x, MakeUpFirDn({1, 2, 1, 1, filter, EdgeMode::kZero})),
                   Conv2d(x, testing::F64({channels, 3, 3, 1}, kernel), {2, 2, 1, 1, channels}), 1e-12);
}

TEST(UpFirDnDeathTest, NamesTheOperands) {
  const UpFirDnParams blur = MakeUpFirDn({1, 1, 0, 0, {1, 2, 1}, EdgeMode::kZero});
  EXPECT_DEATH(UpFirDn2d(NormalF64({2, 2, 3}, 1), blur), HasSubstr("[UpFirDn2d] input must be [N,H,W,C], got [2,2,3]"));
  EXPECT_DEATH(UpFirDn2d(NormalF64({1, 2, 2, 1}, 1), blur),
               HasSubstr("[UpFirDn2d] filters of 3x3 taps do not fit [1,2,2,1]"));
  EXPECT_DEATH(UpFirDn2d(Tensor::Zeros({1, 4, 4, 1}, DType::kU8, Device::Ref()), blur),
               HasSubstr("[UpFirDn2d] needs a floating dtype, got u8[1,4,4,1]"));
  EXPECT_DEATH(UpFirDn2dTransposed(NormalF64({1, 2, 2, 1}, 1), blur, {1, 5, 5, 1}),
               HasSubstr("[UpFirDn2dTransposed] gradient f64[1,2,2,1], but [1,5,5,1] gives [1,3,3,1]"));
  EXPECT_DEATH(MakeUpFirDn({0, 1, 0, 0, {1}, EdgeMode::kZero}),
               HasSubstr("[UpFirDn2d] factors up 0 and down 1 must be positive"));
  EXPECT_DEATH(MakeUpFirDn({1, 1, 0, 0, std::vector<float>(17, 1), EdgeMode::kZero}),
               HasSubstr("[UpFirDn2d] a filter of 17 taps; at most 16"));
  EXPECT_DEATH(MakeUpFirDn({1, 1, 0, 0, {}, EdgeMode::kZero}), HasSubstr("[UpFirDn2d] a filter of 0 taps"));
}

}  // namespace
}  // namespace sg
