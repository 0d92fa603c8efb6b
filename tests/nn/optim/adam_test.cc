#include "nn/optim/adam.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::nn {
namespace {

using testing::ExpectValues;
using testing::F32;

// Algorithm 1 of Kingma and Ba (2015) for one parameter in double, after clipping.
struct HandAdam {
  double value, lr, beta1, beta2, eps;
  double m = 0, v = 0;
  int step = 0;

  void Step(double gradient) {
    ++step;
    m = beta1 * m + (1 - beta1) * gradient;
    v = beta2 * v + (1 - beta2) * gradient * gradient;
    const double m_hat = m / (1 - std::pow(beta1, step)), v_hat = v / (1 - std::pow(beta2, step));
    value -= lr * m_hat / (std::sqrt(v_hat) + eps);
  }
};

class AdamTest : public ::testing::TestWithParam<Device> {
 protected:
  Tensor X(const std::vector<float>& values) const {
    return F32({static_cast<int64_t>(values.size())}, values, GetParam());
  }
  std::vector<AdamGroup> OneGroup(double lr) const { return {{"group", {{"a", a_}, {"b", b_}}, lr}}; }

  const Tensor a_ = X({1, 2}).Track(), b_ = X({-3}).Track();
};

INSTANTIATE_TEST_SUITE_P(Devices, AdamTest, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(AdamTest, FollowsTheFormulaOverSeveralSteps) {
  AdamOptions options;
  options.beta1 = 0.9;
  options.beta2 = 0.99;
  options.eps = 1e-2;
  Adam adam(OneGroup(0.1), options);
  HandAdam a0 = {1, 0.1, 0.9, 0.99, 1e-2}, a1 = {2, 0.1, 0.9, 0.99, 1e-2}, b0 = {-3, 0.1, 0.9, 0.99, 1e-2};
  for (const float g : {1.0f, -0.25f, 3.0f, 0.5f}) {
    const double norm = adam.Step("group", {X({g, -2 * g}), X({0.5f * g})}).Item();
    EXPECT_NEAR(norm, std::fabs(g) * std::sqrt(5.25), 1e-5);
    a0.Step(g);
    a1.Step(-2 * g);
    b0.Step(0.5 * g);
    ExpectValues(a_, {a0.value, a1.value}, 1e-5);
    ExpectValues(b_, {b0.value}, 1e-5);
  }
  EXPECT_EQ(adam.steps(0), 4);
  const std::vector<NamedTensor> state = adam.State();
  ExpectValues(state[0].tensor, {a0.m, a1.m}, 1e-5);
  ExpectValues(state[1].tensor, {a0.v, a1.v}, 1e-5);
}

TEST_P(AdamTest, ClipsTheGradientOfTheGroupToTheNorm) {
  AdamOptions options;
  options.beta1 = 0;
  options.beta2 = 0.99;
  options.max_norm = 1;
  Adam adam(OneGroup(0.1), options);
  // The norm over both parameters is 5: the second moments are those of the gradient over 5.
  EXPECT_FLOAT_EQ(adam.Step("group", {X({3, 0}), X({-4})}).Item(), 5);
  ExpectValues(adam.State()[0].tensor, {0.01 * 0.36, 0}, 1e-7);
  ExpectValues(adam.State()[1].tensor, {0.01 * 0.64}, 1e-7);
}

TEST_P(AdamTest, DoesNotLengthenAShortGradient) {
  AdamOptions options;
  options.beta1 = 0;
  options.max_norm = 1;
  Adam adam(OneGroup(0.1), options);
  EXPECT_FLOAT_EQ(adam.Step("group", {X({0.3f, 0}), X({0.4f})}).Item(), 0.5);
  ExpectValues(adam.State()[0].tensor, {0.01 * 0.09, 0}, 1e-8);
}

TEST_P(AdamTest, DoesNotClipWithoutANorm) {
  AdamOptions options;
  options.beta1 = 0;
  Adam adam(OneGroup(0.1), options);
  adam.Step("group", {X({300, 0}), X({400})});
  ExpectValues(adam.State()[0].tensor, {0.01 * 9e4, 0}, 1e-3);
}

TEST_P(AdamTest, ANormThatIsNotFiniteChangesNothing) {
  for (const double max_norm : {0.0, 1.0}) {
    for (const float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN(), 1e30f}) {
      AdamOptions options;
      options.beta1 = 0.5;
      options.max_norm = max_norm;
      Adam adam(OneGroup(0.1), options);
      adam.Step("group", {X({0.1f, 0.2f}), X({0.3f})});
      const std::vector<double> a = testing::Values(a_), m = testing::Values(adam.State()[0].tensor),
                                v = testing::Values(adam.State()[1].tensor);
      EXPECT_FALSE(std::isfinite(adam.Step("group", {X({bad, 1}), X({1})}).Item()));
      ExpectValues(a_, a);
      ExpectValues(adam.State()[0].tensor, m);
      ExpectValues(adam.State()[1].tensor, v);
      EXPECT_EQ(adam.steps(0), 2);
    }
  }
}

TEST_P(AdamTest, GroupsHaveTheirOwnRatesStepsAndNorms) {
  AdamOptions options;
  options.beta1 = 0;
  options.max_norm = 1;
  Adam adam({{"fast", {{"a", a_}}, 0.1}, {"slow", {{"b", b_}}, 0.01}}, options);
  EXPECT_FLOAT_EQ(adam.Step("slow", {X({0.5f})}).Item(), 0.5);
  ExpectValues(a_, {1, 2});
  ExpectValues(b_, {-3.01}, 1e-6);
  EXPECT_EQ(adam.steps(0), 0);
  EXPECT_EQ(adam.steps(1), 1);
  adam.Step("fast", {X({1000, -1000})});
  ExpectValues(a_, {0.9, 2.1}, 1e-6);
  adam.set_steps(1, 7);
  EXPECT_EQ(adam.steps(1), 7);
  EXPECT_EQ(adam.num_groups(), 2);
  EXPECT_EQ(adam.name(1), "slow");
}

TEST_P(AdamTest, RatesAndTheSecondDecayMayChangeBetweenSteps) {
  AdamOptions options;
  options.beta1 = 0.5;
  options.beta2 = 0.9;
  Adam adam({{"fast", {{"a", a_}}, 0.1}, {"slow", {{"b", b_}}, 0.01}}, options);
  HandAdam a0 = {1, 0.1, 0.5, 0.9, 1e-8}, b0 = {-3, 0.01, 0.5, 0.9, 1e-8};
  for (const auto& [factor, beta2] : {std::pair<double, double>{1, 0.9}, {0.5, 0.95}, {0.25, 0.99}, {2, 0.9}}) {
    adam.set_lr_factor(factor);
    adam.set_beta2(beta2);
    a0.lr = 0.1 * factor;
    b0.lr = 0.01 * factor;
    a0.beta2 = b0.beta2 = beta2;
    const float g = static_cast<float>(3 * beta2 - 2);
    adam.Step("fast", {X({g, g})});
    adam.Step("slow", {X({g})});
    a0.Step(g);
    b0.Step(g);
    ExpectValues(a_, {a0.value, a0.value + 1}, 1e-5);
    ExpectValues(b_, {b0.value}, 1e-5);
  }
}

// Karras et al. (2020), appendix B, for a regularizer every 4 steps: the rate is multiplied by c, the decays are raised
// to the power c.
TEST_P(AdamTest, AShareOfLazyStepsScalesRateAndDecays) {
  const double share = 4.0 / 5;
  AdamOptions options;
  options.beta1 = 0.5;
  options.beta2 = 0.99;
  Adam adam({{"group", {{"a", a_}}, 0.1, share}, {"whole", {{"b", b_}}, 0.1}}, options);
  HandAdam a0 = {1, 0.1 * share, std::pow(0.5, share), std::pow(0.99, share), 1e-8};
  HandAdam b0 = {-3, 0.1, 0.5, 0.99, 1e-8};
  for (const float g : {1.0f, -0.25f, 3.0f}) {
    adam.Step("group", {X({g, g})});
    adam.Step("whole", {X({g})});
    a0.Step(g);
    b0.Step(g);
    ExpectValues(a_, {a0.value, a0.value + 1}, 1e-5);
    ExpectValues(b_, {b0.value}, 1e-5);
  }
}

TEST_P(AdamTest, NamesItsState) {
  AdamOptions options;
  options.beta1 = 0.9;
  const Adam adam(OneGroup(0.1), options);
  std::vector<std::string> names;
  for (const NamedTensor& t : adam.State()) {
    names.push_back(t.name);
    EXPECT_FALSE(t.tensor.tracked());
    for (double v : testing::Values(t.tensor)) EXPECT_EQ(v, 0);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"group.m.a", "group.v.a", "group.m.b", "group.v.b"}));
}

TEST_P(AdamTest, KeepsNoFirstMomentsWithoutMomentum) {
  AdamOptions options;
  options.beta1 = 0;
  const std::vector<NamedTensor> state = Adam(OneGroup(0.1), options).State();
  ASSERT_EQ(state.size(), 2u);
  EXPECT_EQ(state[0].name, "group.v.a");
  EXPECT_EQ(state[1].name, "group.v.b");
}

TEST(AdamDeathTest, AGroupThatIsNotThereIsAMistake) {
  const Tensor a = F32({1}, {1}, Device::Cpu()).Track();
  Adam adam({{"group", {{"a", a}}}}, {});
  EXPECT_DEATH(adam.Step("grou", {F32({1}, {0}, Device::Cpu())}), "\\[Adam\\] no group \"grou\"");
}

}  // namespace
}  // namespace sg::nn
