#include "gan/loss/r1_penalty.h"

#include <cmath>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "gan/augment/ada_pipe.h"
#include "gan/config/config.h"
#include "gan/config/presets.h"
#include "gan/loss/adversarial.h"
#include "gan/model/stylegan2/discriminator.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::F64;
using testing::NormalF64;

ModelConfig Config(int resolution, int features, int max_features) {
  ModelConfig config;
  config.resolution = resolution;
  config.d_features = features;
  config.max_features = max_features;
  return config;
}

class R1PenaltyParity : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, R1PenaltyParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(R1PenaltyParity, IsPyTorchs) {
  testing::GoldenCase golden("gradient_penalty", GetParam());
  Discriminator discriminator(Config(16, 4, 8), golden.init());
  golden.Fill(nn::Parameters(discriminator));
  const Tensor images = golden.Input("x");
  golden.ExpectMatches(R1Penalty(images, discriminator.Forward(images)));
}

// D(x) = a sum(x^2) / 2 has the gradient a x.
TEST(R1Penalty, IsTheMeanSquaredNormOverImages) {
  const Tensor a = F64({1}, {3}).Track(), x = F64({2, 1, 1, 2}, {1, 2, 3, 4}).Track();
  const Tensor scores = Mul(a, Scale(Sum(Square(x), {1, 2, 3}), 0.5));
  const Tensor penalty = R1Penalty(x, scores);
  EXPECT_DOUBLE_EQ(penalty.Item(), 9 * (1 + 4 + 9 + 16) / 2.0);
  testing::ExpectValues(Grad({penalty}, {a})[0], {2 * 3 * 30 / 2.0}, 1e-12);
}

// Every derivative that training needs is of second order, through the whole discriminator.
TEST(R1Penalty, DifferentiatesThroughTheDiscriminator) {
  ModelConfig official = PresetConfig("official")->model;
  official.resolution = 8;
  official.channel_base = 8;
  for (ModelConfig config : {Config(8, 1, 2), official}) {
    config.mbstd_group = 2;
    testing::GradCheckOptions options;
    options.order = 1;
    options.step = 1e-6;  // many values, so some are close to the kinks of the leaky ReLUs
    RandomStream random;
    EXPECT_TRUE(testing::CheckModuleGradients<Discriminator>(
        Discriminator(config, testing::RefF64(&random)), {NormalF64({2, 8, 8, 3}, 1)},
        [](const Discriminator& d, const testing::Tensors& in) { return R1Penalty(in[0], d.Forward(in[0])); },
        options));
  }
}

// The whole loss of R3GAN's discriminator on a network that can be differentiated by hand. D(x) = sum(a x + b x^2) has
// the gradient a + 2 b x.
TEST(R1Penalty, OfRealsAndFakesIsThatOfR3Gan) {
  const double a = 0.4, b = -0.3, r1 = 2, r2 = 5;
  const std::vector<double> real = {0.5, -1.5, 2}, fake = {1, 0.25, -0.75};  // images of one pixel
  double want = 0, by_a = 0, by_b = 0;
  for (int i = 0; i < 3; ++i) {
    const double gap = a * (fake[i] - real[i]) + b * (fake[i] * fake[i] - real[i] * real[i]);
    const double slope = 1 / (1 + std::exp(-gap));
    const double of_real = a + 2 * b * real[i], of_fake = a + 2 * b * fake[i];
    want += (std::log1p(std::exp(gap)) + r1 / 2 * of_real * of_real + r2 / 2 * of_fake * of_fake) / 3;
    by_a += (slope * (fake[i] - real[i]) + r1 * of_real + r2 * of_fake) / 3;
    by_b +=
        (slope * (fake[i] * fake[i] - real[i] * real[i]) + r1 * of_real * 2 * real[i] + r2 * of_fake * 2 * fake[i]) / 3;
  }
  const Tensor weight_a = F64({1}, {a}).Track(), weight_b = F64({1}, {b}).Track();
  const auto score = [&](const Tensor& x) { return Reshape(Add(Mul(weight_a, x), Mul(weight_b, Square(x))), {3, 1}); };
  const Tensor reals = F64({3, 1, 1, 1}, real).Track(), fakes = F64({3, 1, 1, 1}, fake).Track();
  const Tensor of_reals = score(reals), of_fakes = score(fakes);
  const Tensor penalties = AddScaled(R1Penalty(reals, of_reals), r1 / 2, R1Penalty(fakes, of_fakes), r2 / 2);
  const Tensor loss = Add(RelativisticLoss(of_reals, of_fakes), penalties);
  EXPECT_NEAR(loss.Item(), want, 1e-12);
  const std::vector<Tensor> g = Grad({loss}, {weight_a, weight_b});
  EXPECT_NEAR(g[0].Item(), by_a, 1e-12);
  EXPECT_NEAR(g[1].Item(), by_b, 1e-12);
}

// The same through the whole discriminator.
TEST(R1Penalty, DifferentiatesWithTheRelativisticLoss) {
  ModelConfig config = Config(8, 1, 2);
  config.mbstd_group = 2;
  testing::GradCheckOptions options;
  options.order = 1;
  options.step = 1e-6;  // as above
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<Discriminator>(
      Discriminator(config, testing::RefF64(&random)), {NormalF64({2, 8, 8, 3}, 1), NormalF64({2, 8, 8, 3}, 2)},
      [](const Discriminator& d, const testing::Tensors& in) {
        const Tensor reals = d.Forward(in[0]), fakes = d.Forward(in[1]);
        return Add(RelativisticLoss(reals, fakes),
                   AddScaled(R1Penalty(in[0], reals), 1.5, R1Penalty(in[1], fakes), 0.5));
      },
      options));
}

// As the training takes it: at the image before augmentation.
TEST(R1Penalty, DifferentiatesThroughAugmentation) {
  ModelConfig config = Config(8, 1, 2);
  config.mbstd_group = 2;
  std::vector<ImageTransform> transforms(2);
  transforms[0].first_angle = 0.7;
  transforms[0].slide_x = 1.3;
  transforms[0].hue = 2;
  transforms[1].flip = true;
  transforms[1].contrast = 1.5;
  transforms[1].cutout = true;
  testing::GradCheckOptions options;
  options.order = 1;
  options.step = 1e-6;  // as above
  RandomStream random, noise;
  EXPECT_TRUE(testing::CheckModuleGradients<Discriminator>(
      Discriminator(config, testing::RefF64(&random)), {NormalF64({2, 8, 8, 3}, 1)},
      [&](const Discriminator& d, const testing::Tensors& in) {
        return R1Penalty(in[0], d.Forward(TransformImages(in[0], transforms, /*exact_blits=*/false, &noise)));
      },
      options));
}

}  // namespace
}  // namespace sg::gan
