#include "gan/edit/projector.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/npz.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "gan/model/common/latents.h"
#include "gan/model/networks.h"
#include "gan/sample/sampler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nn/module.h"
#include "tests/support/gradcheck.h"
#include "tests/support/scratch_dir.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

ModelConfig SmallModel() {
  ModelConfig model;
  model.resolution = 16;
  model.latent_dim = 8;
  model.mapping_layers = 2;
  model.g_features = 8;
  model.max_features = 16;
  model.latent_norm = LatentNorm::kRms;
  model.latent_per_layer = true;
  model.rgb_activation = false;
  return model;
}

class ProjectorTest : public ::testing::Test {
 protected:
  ProjectorTest() {
    RandomStream random = {3, 0, 0};
    nn::InitContext init;
    init.device = Device::Cpu();
    init.random = &random;
    generator_ = MakeGenerator(model_, init);
    // The noise has learned some strength, and pictures keep to [0,1].
    for (const nn::NamedTensor& p : nn::Parameters(*generator_)) {
      const bool noise = p.name.find("scale_noise") != std::string::npos;
      const bool rgb = p.name.find("to_rgb.bias") != std::string::npos;
      if (!noise && !rgb) continue;
      const std::vector<float> values(p.tensor.NumElements(), noise ? 0.1f : 0.15f);
      CopyFromHost(p.tensor, values.data(), values.size() * sizeof(float));
    }
    const Sampler sampler(model_, generator_, Tensor::Zeros({8}, DType::kF32, Device::Cpu()));
    const Tensor z = LatentsFromSeeds({7}, 8, Device::Cpu());
    w_ = sampler.MapLatents(z, 1);
    target_ = sampler.Synthesize(w_, NoiseMode::kConst, /*noise_seed=*/0);
    params_.steps = 300;
    params_.noise = false;
  }

  Projector Start(const ProjectorParams& params) const {
    return Projector::Start(model_, generator_, target_, nullptr, Tensor(), params);
  }
  static double Run(Projector* projector, int steps) {
    double distance = 0;
    for (int i = 0; i < steps; ++i) distance = projector->Step();
    return distance;
  }

  const ModelConfig model_ = SmallModel();
  std::shared_ptr<GeneratorNetwork> generator_;
  Tensor w_, target_;
  ProjectorParams params_;
};

TEST(ProjectorScheduleTest, IsNvidias) {
  const ProjectorSchedule start = ProjectorScheduleAt(0, 1000), warm = ProjectorScheduleAt(25, 1000);
  EXPECT_EQ(start.lr, 0);
  EXPECT_EQ(start.w_noise, 1);
  EXPECT_DOUBLE_EQ(warm.lr, 0.5);
  EXPECT_NEAR(warm.w_noise, std::pow(1 - 0.025 / 0.75, 2), 1e-12);
  EXPECT_DOUBLE_EQ(ProjectorScheduleAt(50, 1000).lr, 1);
  EXPECT_DOUBLE_EQ(ProjectorScheduleAt(750, 1000).lr, 1);
  EXPECT_EQ(ProjectorScheduleAt(750, 1000).w_noise, 0);
  EXPECT_DOUBLE_EQ(ProjectorScheduleAt(875, 1000).lr, 0.5);
  EXPECT_NEAR(ProjectorScheduleAt(999, 1000).lr, 3.95e-5, 1e-6);
}

TEST(NoisePenaltyTest, OfAnAlternatingMap) {
  // Neighbors are opposite in rows and equal in columns; the average of squares is zero.
  std::vector<float> stripes(16 * 16);
  for (int i = 0; i < 16 * 16; ++i) stripes[i] = i % 2 == 0 ? 1 : -1;
  const Tensor map = Tensor::FromHost<float>({1, 16, 16, 1}, stripes, Device::Cpu());
  EXPECT_NEAR(NoisePenalty({map}).Item(), 2, 1e-6);
  EXPECT_NEAR(NoisePenalty({map, map}).Item(), 4, 1e-6);
  // A constant is one at 16 and at 8 pixels.
  EXPECT_NEAR(NoisePenalty({Tensor::Full({1, 16, 16, 1}, 1, DType::kF32, Device::Cpu())}).Item(), 4, 1e-6);
  RandomStream stream = {1, 0, 0};
  EXPECT_LT(NoisePenalty({RandomNormal({1, 64, 64, 1}, DType::kF32, Device::Cpu(), &stream)}).Item(), 0.05);
}

TEST(NoisePenaltyTest, IsDifferentiable) {
  EXPECT_TRUE(testing::CheckGradients([](const std::vector<Tensor>& x) { return NoisePenalty(x); },
                                      {testing::NormalF64({1, 16, 16, 1}, 1), testing::NormalF64({1, 4, 4, 1}, 2)}));
}

TEST_F(ProjectorTest, FindsAPictureOfTheGenerator) {
  Projector projector = Start(params_);
  const double before = Start(params_).Step();
  const double after = Run(&projector, params_.steps);
  EXPECT_EQ(projector.step(), 300);
  EXPECT_LT(after, 0.01 * before);
  EXPECT_EQ(projector.W().shape(), Shape({6, 1, 8}));
  const double error = Mean(Square(projector.Picture() - target_)).Item();
  EXPECT_LT(error, 1e-4);
  // With fixed noise, the sampler makes the same picture of w.
  const Sampler sampler(model_, generator_, Tensor::Zeros({8}, DType::kF32, Device::Cpu()));
  EXPECT_EQ(sampler.Synthesize(projector.W(), NoiseMode::kConst, 0).ToHost<float>(),
            projector.Picture().ToHost<float>());
}

TEST_F(ProjectorTest, MoreFreedomComesCloserToAForeignPicture) {
  RandomStream stream = {8, 0, 0};
  target_ = Affine(RandomUniform({1, 16, 16, 3}, DType::kF32, Device::Cpu(), &stream), 0.5, 0.25);
  ProjectorParams plus = params_, noise = params_;
  plus.w_plus = true;
  noise.noise = true;
  noise.noise_weight = 0;
  Projector of_w = Start(params_), of_plus = Start(plus), of_noise = Start(noise);
  const double w = Run(&of_w, 300);
  EXPECT_LT(Run(&of_plus, 300), 0.98 * w);
  EXPECT_LT(Run(&of_noise, 300), 0.98 * w);
  const std::vector<float> entries = of_plus.W().ToHost<float>();
  EXPECT_NE(std::vector<float>(entries.begin(), entries.begin() + 8),
            std::vector<float>(entries.begin() + 8, entries.begin() + 16));
}

TEST_F(ProjectorTest, ContinuesWithTheSameBits) {
  const nn::ScratchDir folder;
  const std::string path = folder.File("state.npz");
  params_.w_plus = params_.noise = true;
  params_.steps = 20;
  Projector whole = Start(params_), first = Start(params_), second = Start(params_);
  Run(&first, 8);
  ASSERT_TRUE(first.Save(path).ok());
  const absl::Status loaded = second.Load(path);
  ASSERT_TRUE(loaded.ok()) << loaded;
  EXPECT_EQ(second.step(), 8);
  EXPECT_EQ(Run(&second, 12), Run(&whole, 20));
  EXPECT_EQ(second.W().ToHost<float>(), whole.W().ToHost<float>());
  EXPECT_EQ(second.Picture().ToHost<float>(), whole.Picture().ToHost<float>());
}

TEST_F(ProjectorTest, StatesOfOtherSearches) {
  const nn::ScratchDir folder;
  const std::string path = folder.File("state.npz");
  Projector projector = Start(params_);
  const auto message = [&](Projector other) { return std::string(other.Load(path).message()); };
  EXPECT_THAT(message(Start(params_)), HasSubstr(path));
  folder.Write("state.npz", "no archive");
  EXPECT_EQ(message(Start(params_)), path + " is not a zip archive");
  ASSERT_TRUE(projector.Save(path).ok());
  EXPECT_EQ(message(Start(params_)), "");
  ProjectorParams other = params_;
  other.seed = uint64_t{1} << 40;
  EXPECT_EQ(message(Start(other)), path + ": is the state of a search with other parameters");
  other = params_;
  other.w_plus = true;
  EXPECT_EQ(message(Start(other)), path + ": is the state of a search with other parameters");
  const Tensor target = target_;
  target_ = Affine(target, 0.5, 0);
  EXPECT_EQ(message(Start(params_)), path + ": is the state of a search with another target");
  target_ = target;
  for (const nn::NamedTensor& p : nn::Parameters(*generator_)) {
    if (p.name != "mapping_network.net.2.bias") continue;
    const std::vector<float> values(p.tensor.NumElements(), 3);
    CopyFromHost(p.tensor, values.data(), values.size() * sizeof(float));
  }
  EXPECT_EQ(message(Start(params_)), path + ": is the state of a search with another network or class");
}

TEST_F(ProjectorTest, AStepWithoutAFiniteGradientChangesNothing) {
  params_.loss.pixel_weight = INFINITY;
  Projector projector = Start(params_);
  const std::vector<float> before = projector.W().ToHost<float>();
  Run(&projector, 30);
  EXPECT_EQ(projector.W().ToHost<float>(), before);
}

}  // namespace
}  // namespace sg::gan
