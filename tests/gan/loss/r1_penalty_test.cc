#include "gan/loss/r1_penalty.h"

#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "gan/augment/ada_pipe.h"
#include "gan/config/config.h"
#include "gan/config/presets.h"
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
