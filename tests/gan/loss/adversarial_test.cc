#include "gan/loss/adversarial.h"

#include <cmath>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

Tensor DiscriminatorLoss(AdversarialLoss loss, const Tensor& real_scores, const Tensor& fake_scores) {
  return Add(RealLoss(loss, real_scores), FakeLoss(loss, fake_scores));
}

using testing::F32;
using testing::F64;

class AdversarialParity : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, AdversarialParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(AdversarialParity, DiscriminatorLossIsPyTorchs) {
  testing::GoldenCase hinge("hinge_discriminator", GetParam()), logistic("logistic_discriminator", GetParam());
  hinge.ExpectMatches(DiscriminatorLoss(AdversarialLoss::kHinge, hinge.Input("real"), hinge.Input("fake")));
  logistic.ExpectMatches(DiscriminatorLoss(AdversarialLoss::kLogistic, logistic.Input("real"), logistic.Input("fake")));
}

TEST_P(AdversarialParity, GeneratorLossIsPyTorchs) {
  testing::GoldenCase hinge("hinge_generator", GetParam()), logistic("logistic_generator", GetParam());
  hinge.ExpectMatches(GeneratorLoss(AdversarialLoss::kHinge, hinge.Input("fake")));
  logistic.ExpectMatches(GeneratorLoss(AdversarialLoss::kLogistic, logistic.Input("fake")));
}

TEST(Adversarial, HingeStopsAtTheMargin) {
  const Tensor real = F64({2, 1}, {1.5, 0.5}).Track(), fake = F64({2, 1}, {-1.5, -0.5}).Track();
  const Tensor loss = DiscriminatorLoss(AdversarialLoss::kHinge, real, fake);
  EXPECT_DOUBLE_EQ(loss.Item(), 0.25 + 0.25);
  const std::vector<Tensor> g = Grad({loss}, {real, fake});
  testing::ExpectValues(g[0], {0, -0.5});
  testing::ExpectValues(g[1], {0, 0.5});
}

TEST(Adversarial, BatchesOfRealAndFakeMayDiffer) {
  const Tensor loss = DiscriminatorLoss(AdversarialLoss::kHinge, F64({1, 1}, {0}), F64({3, 1}, {0, 1, 2}));
  EXPECT_DOUBLE_EQ(loss.Item(), 1 + 2);
}

TEST(Adversarial, LogisticIsFiniteForLargeScores) {
  for (const Device device : testing::ParityDevices()) {
    const Tensor real = F32({2, 1}, {-500, 500}, device).Track(), fake = F32({2, 1}, {500, -500}, device).Track();
    const Tensor d = DiscriminatorLoss(AdversarialLoss::kLogistic, real, fake),
                 g = GeneratorLoss(AdversarialLoss::kLogistic, real);
    EXPECT_FLOAT_EQ(d.Item(), 500);
    EXPECT_FLOAT_EQ(g.Item(), 250);
    testing::ExpectValues(Grad({d}, {real})[0], {-0.5, 0}, 1e-6);
    testing::ExpectValues(Grad({d}, {fake})[0], {0.5, 0}, 1e-6);
    testing::ExpectValues(Grad({g}, {real})[0], {-0.5, 0}, 1e-6);
  }
}

// The cross-entropy with the label 1 - s, written out.
TEST(Adversarial, SmoothedLabelsAreProbabilities) {
  const std::vector<double> scores = {-3, -0.2, 0, 1.5, 40, -40};
  for (const double smoothing : {0.1, 0.25, 0.5}) {
    double want = 0;
    std::vector<double> slopes;
    for (const double s : scores) {
      const double real = 1 / (1 + std::exp(-s)), fake = 1 / (1 + std::exp(s));
      want -= ((1 - smoothing) * std::log(real) + smoothing * std::log(fake)) / scores.size();
      slopes.push_back((real - (1 - smoothing)) / scores.size());
    }
    const Tensor x = F64({6, 1}, scores).Track();
    const Tensor loss = RealLoss(AdversarialLoss::kLogistic, x, smoothing);
    EXPECT_NEAR(loss.Item(), want, 1e-12) << smoothing;
    testing::ExpectValues(Grad({loss}, {x})[0], slopes, 1e-12);
  }
  const Tensor x = F64({1, 1}, {std::log(9)}).Track();
  EXPECT_NEAR(Grad({RealLoss(AdversarialLoss::kLogistic, x, 0.1)}, {x})[0].Item(), 0, 1e-12)
      << "a real image is best called real with the probability 0.9";
}

TEST(Adversarial, SmoothingIsOfProbabilitiesAlone) {
  const Tensor x = F64({2, 1}, {0.5, -2});
  EXPECT_EQ(RealLoss(AdversarialLoss::kHinge, x, 0.2).Item(), RealLoss(AdversarialLoss::kHinge, x).Item());
}

TEST(Adversarial, SmoothingByZeroChangesNoBit) {
  const Tensor x = F32({3, 1}, {-0.3f, 1.7f, 20}, Device::Cpu());
  EXPECT_EQ(RealLoss(AdversarialLoss::kLogistic, x, 0).ToHost<float>(),
            RealLoss(AdversarialLoss::kLogistic, x).ToHost<float>());
}

// log(1 + exp(lower - higher)) of every pair, written out.
TEST(Adversarial, RelativisticComparesPairs) {
  const std::vector<double> real = {1.5, -0.3, 2, -30}, fake = {0.2, 0.4, 2, 25};
  double want = 0;
  std::vector<double> slopes;
  for (size_t i = 0; i < real.size(); ++i) {
    want += std::log1p(std::exp(fake[i] - real[i])) / real.size();
    slopes.push_back(1 / (1 + std::exp(real[i] - fake[i])) / real.size());
  }
  const Tensor r = F64({4, 1}, real).Track(), f = F64({4, 1}, fake).Track();
  const Tensor loss = RelativisticLoss(r, f);
  EXPECT_NEAR(loss.Item(), want, 1e-12);
  const std::vector<Tensor> g = Grad({loss}, {f, r});
  testing::ExpectValues(g[0], slopes, 1e-12);
  for (double& slope : slopes) slope = -slope;
  testing::ExpectValues(g[1], slopes, 1e-12);
}

// A constant in all scores means nothing, and the two players want the opposite.
TEST(Adversarial, RelativisticKnowsDifferencesAlone) {
  const Tensor real = testing::NormalF64({5, 1}, 1), fake = testing::NormalF64({5, 1}, 2);
  EXPECT_NEAR(RelativisticLoss(Affine(real, 1, 7), Affine(fake, 1, 7)).Item(), RelativisticLoss(real, fake).Item(),
              1e-12);
  EXPECT_NEAR(RelativisticLoss(real, real).Item(), std::log(2), 1e-12);
  const double d = RelativisticLoss(real, fake).Item(), g = RelativisticLoss(fake, real).Item();
  const Tensor gap = Sub(real, fake);
  double mean = 0;
  for (const double v : gap.ToHost<double>()) mean += v / 5;
  EXPECT_NEAR(g - d, mean, 1e-12) << "softplus(x) - softplus(-x) = x";
}

TEST(Adversarial, RelativisticIsFiniteForLargeScores) {
  for (const Device device : testing::ParityDevices()) {
    const Tensor real = F32({2, 1}, {-500, 500}, device).Track(), fake = F32({2, 1}, {500, -500}, device).Track();
    const Tensor loss = RelativisticLoss(real, fake);
    EXPECT_FLOAT_EQ(loss.Item(), 500);
    testing::ExpectValues(Grad({loss}, {real})[0], {-0.5, 0}, 1e-6);
  }
}

TEST(Adversarial, DifferentiatesToSecondOrder) {
  const Tensor real = testing::NormalF64({4, 1}, 1), fake = testing::NormalF64({4, 1}, 2);
  for (const AdversarialLoss loss : {AdversarialLoss::kHinge, AdversarialLoss::kLogistic}) {
    EXPECT_TRUE(testing::CheckGradients(
        [&](const std::vector<Tensor>& x) { return DiscriminatorLoss(loss, x[0], x[1]); }, {real, fake}));
    EXPECT_TRUE(
        testing::CheckGradients([&](const std::vector<Tensor>& x) { return GeneratorLoss(loss, x[0]); }, {fake}));
  }
  EXPECT_TRUE(testing::CheckGradients(
      [&](const std::vector<Tensor>& x) { return RealLoss(AdversarialLoss::kLogistic, x[0], 0.2); }, {real}));
  EXPECT_TRUE(testing::CheckGradients([&](const std::vector<Tensor>& x) { return RelativisticLoss(x[0], x[1]); },
                                      {real, fake}));
}

}  // namespace
}  // namespace sg::gan
