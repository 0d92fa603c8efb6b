#include "engine/ops/in_place.h"

#include <limits>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/record_scope.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::ExpectValues;
using testing::F32;
using testing::F64;
using ::testing::HasSubstr;

class InPlace : public ::testing::TestWithParam<Device> {
 protected:
  Tensor X(const std::vector<float>& values) const {
    return F32({static_cast<int64_t>(values.size())}, values, GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, InPlace, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

AdamParams HandParams() {
  AdamParams params;
  params.lr = 0.1;
  params.beta1 = 0.5;
  params.beta2 = 0.75;
  params.eps = 0;
  return params;
}

TEST_P(InPlace, TwoStepsOfAdamByHand) {
  Tensor p = X({1});
  p.Track();
  const Tensor m = X({0}), v = X({0}), one = X({1});
  AdamStep({{p}, {m}, {v}, {X({1})}, one, 1}, HandParams());
  ExpectValues(m, {0.5}, 1e-6);
  ExpectValues(v, {0.25}, 1e-6);
  ExpectValues(p, {0.9}, 1e-6);
  AdamStep({{p}, {m}, {v}, {X({3})}, one, 2}, HandParams());
  ExpectValues(m, {1.75}, 1e-6);
  ExpectValues(v, {2.4375}, 1e-6);
  // The corrected moments are 1.75 / 0.75 and 2.4375 / 0.4375.
  ExpectValues(p, {0.8011464}, 1e-6);
}

TEST_P(InPlace, AdamStepsEveryParameterAndScalesTheGradients) {
  const Tensor p = X({1, 2}), q = X({3, 4, 5});
  const std::vector<Tensor> m = {X({0, 0}), X({0, 0, 0})}, v = {X({0, 0}), X({0, 0, 0})};
  AdamParams params = HandParams();
  params.eps = 1;
  // The scaled gradients are 1, -3 and 0, 1, -1. The first step is lr * g / (|g| + eps).
  AdamStep({{p, q}, m, v, {X({2, -6}), X({0, 2, -2})}, X({0.5f}), 1}, params);
  ExpectValues(p, {0.95, 2.075}, 1e-6);
  ExpectValues(q, {3, 3.95, 5.05}, 1e-6);
  ExpectValues(m[0], {0.5, -1.5}, 1e-6);
  ExpectValues(v[1], {0, 0.25, 0.25}, 1e-6);
}

TEST_P(InPlace, AdamWithoutMomentumHasNoFirstMoments) {
  AdamParams params = HandParams();
  params.beta1 = 0;
  const Tensor p = X({1}), v = X({0});
  AdamStep({{p}, {}, {v}, {X({1})}, X({1}), 1}, params);
  ExpectValues(p, {0.9}, 1e-6);
  AdamStep({{p}, {}, {v}, {X({-3})}, X({1}), 2}, params);
  ExpectValues(v, {2.4375}, 1e-6);
  // The corrected second moment is 2.4375 / 0.4375.
  ExpectValues(p, {0.9 + 0.1 * 3 / 2.3603874}, 1e-6);
  EXPECT_DEATH(AdamStep({{p}, {v}, {v}, {v}, X({1}), 1}, params), HasSubstr("1 parameters, 1 and 1 moments"));
}

TEST_P(InPlace, AdamSkipsAStepWhoseScaleIsNotFinite) {
  for (const float scale : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    const Tensor p = X({1}), m = X({2}), v = X({3});
    AdamStep({{p}, {m}, {v}, {X({1})}, X({scale}), 1}, HandParams());
    ExpectValues(p, {1});
    ExpectValues(m, {2});
    ExpectValues(v, {3});
  }
}

TEST_P(InPlace, LerpMovesTargetsTowardsSources) {
  const Tensor a = X({0, 8}), b = X({4});
  Lerp({a, b}, {X({4, 4}), X({4})}, 0.25);
  ExpectValues(a, {1, 7});
  ExpectValues(b, {4});
}

TEST_P(InPlace, LerpLeavesOutWhatIsNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor a = X({0, 8, 16, 24});
  Lerp({a}, {X({infinity, 4, nan, -infinity})}, 0.25);
  ExpectValues(a, {0, 7, 16, 24});
}

TEST_P(InPlace, LerpReadsTheValueOfATrackedSource) {
  Tensor source = X({2});
  source.Track();
  const Tensor target = X({0});
  Lerp({target}, {source}, 0.5);
  ExpectValues(target, {1});
  EXPECT_FALSE(target.tracked());
}

TEST_P(InPlace, SquaredNormOfSeveralTensors) {
  const Tensor norm = SquaredNorm({X({1, 2}), X({3})});
  EXPECT_EQ(norm.shape(), Shape({1}));
  ExpectValues(norm, {14});
}

TEST_P(InPlace, CopyFromHostOverwrites) {
  const Tensor x = X({1, 2});
  const float values[] = {5, 6};
  CopyFromHost(x, values, sizeof values);
  ExpectValues(x, {5, 6});
}

TEST_P(InPlace, EmptyListsAreNoWork) {
  AdamStep({{}, {}, {}, {}, X({1}), 1}, {});
  Lerp({}, {}, 0.5);
}

TEST(InPlaceDeathTest, RefusesRecordedTensors) {
  Tensor x = F64({2}, {1, 2});
  x.Track();
  const Tensor y = Square(x), leaf = F64({2}, {0, 0}), one = F64({1}, {1});
  EXPECT_DEATH(AdamStep({{y}, {leaf}, {leaf}, {leaf}, one, 1}, {}),
               HasSubstr("[AdamStep] f64[2] is the result of a recorded operation, not a leaf"));
  EXPECT_DEATH(AdamStep({{leaf}, {y}, {leaf}, {leaf}, one, 1}, {}), HasSubstr("[AdamStep] f64[2] is the result of a"));
  EXPECT_DEATH(AdamStep({{leaf}, {leaf}, {y}, {leaf}, one, 1}, {}), HasSubstr("[AdamStep] f64[2] is the result of a"));
  EXPECT_DEATH(Lerp({y}, {leaf}, 0.5), HasSubstr("[Lerp] f64[2] is the result of a recorded operation, not a leaf"));
  EXPECT_DEATH(CopyFromHost(y, "", 0), HasSubstr("[CopyFromHost] f64[2] is the result of a recorded operation"));
  EXPECT_DEATH(Lerp({Reshape(x, {1, 2})}, {F64({1, 2}, {0, 0})}, 0.5), HasSubstr("[Lerp] f64[1,2] is the result"));
}

TEST(InPlaceTest, AcceptsGradientsAndSourcesThatAreRecorded) {
  Tensor x = F64({1}, {2});
  x.Track();
  const Tensor y = Square(x), target = F64({1}, {0}), m = F64({1}, {0}), v = F64({1}, {0});
  Lerp({target}, {y}, 0.5);
  ExpectValues(target, {2});
  AdamStep({{target}, {m}, {v}, {y}, F64({1}, {1}), 1}, {});
  ExpectValues(m, {0.4}, 1e-12);
}

TEST(InPlaceTest, AcceptsResultsThatWereNotRecorded) {
  const RecordScope off(false);
  Tensor x = F64({1}, {2});
  x.Track();
  const Tensor y = Square(x);
  Lerp({y}, {x}, 0.5);
  ExpectValues(y, {3});
}

TEST(InPlaceDeathTest, NamesTheOperands) {
  const Tensor a = F64({2}, {1, 2}), b = F64({3}, {1, 2, 3}), one = F64({1}, {1});
  EXPECT_DEATH(AdamStep({{a}, {a}, {a}, {b}, one, 1}, {}), HasSubstr("[AdamStep] f64[2] on ref and f64[3] on ref"));
  EXPECT_DEATH(AdamStep({{a}, {a}, {}, {a}, one, 1}, {}),
               HasSubstr("[AdamStep] 1 parameters, 1 and 0 moments, 1 gradients, step 1"));
  EXPECT_DEATH(AdamStep({{a}, {a}, {a}, {a}, one, 0}, {}), HasSubstr("step 0"));
  EXPECT_DEATH(AdamStep({{a}, {a}, {a}, {a}, F32({1}, {1}, Device::Cpu()), 1}, {}),
               HasSubstr("[AdamStep] f64[2] on ref, grad_scale f32[1] on cpu"));
  EXPECT_DEATH(Lerp({a}, {b}, 0.5), HasSubstr("[Lerp] f64[2] on ref and f64[3] on ref"));
  EXPECT_DEATH(Lerp({a}, {}, 0.5), HasSubstr("[Lerp] 1 targets, 0 sources"));
  const Tensor on_cpu = F32({1}, {1}, Device::Cpu());
  EXPECT_DEATH(Lerp({a, on_cpu}, {a, on_cpu}, 0.5), HasSubstr("[Lerp] targets on ref and cpu"));
  EXPECT_DEATH(SquaredNorm({}), HasSubstr("[SquaredNorm] no tensors"));
  EXPECT_DEATH(SquaredNorm({a, on_cpu}), HasSubstr("[SquaredNorm] f32[1] beside f64[2]"));
  EXPECT_DEATH(CopyFromHost(a, "", 1), HasSubstr("[CopyFromHost] 1 bytes for f64[2]"));
}

}  // namespace
}  // namespace sg
