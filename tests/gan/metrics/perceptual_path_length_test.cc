#include "gan/metrics/perceptual_path_length.h"

#include <memory>
#include <vector>

#include "engine/ops/elementwise.h"
#include "gan/model/networks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nn/init.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

constexpr char kWeights[] = "third_party/efficientnet_lite0/efficientnet_lite0.safetensors";

EfficientNetLite0 Network() {
  absl::StatusOr<EfficientNetLite0> network = EfficientNetLite0::Load(kWeights, Device::Cpu());
  EXPECT_TRUE(network.ok()) << network.status();
  return *std::move(network);
}

Tensor Noise(int64_t images, double scale, uint64_t seed) {
  RandomStream stream = {seed, 0, 0};
  return Affine(RandomNormal({images, 32, 32, 3}, DType::kF32, Device::Cpu(), &stream), scale, 127);
}

TEST(PerceptualDistance, GrowsWithTheChange) {
  const EfficientNetLite0 network = Network();
  const Tensor image = Noise(2, 40, 1), change = Noise(2, 1, 2) - Affine(image, 0, 127);
  const std::vector<float> none = PerceptualDistance(network, image, image).ToHost<float>();
  const std::vector<float> little = PerceptualDistance(network, image, image + change).ToHost<float>();
  const std::vector<float> much = PerceptualDistance(network, image, image + Scale(change, 20)).ToHost<float>();
  ASSERT_EQ(none.size(), 2u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(none[i], 0);
    EXPECT_GT(little[i], 0);
    EXPECT_GT(much[i], 10 * little[i]);
  }
}

TEST(EstimatePathLength, LeavesOutThePercentiles) {
  std::vector<double> lengths(99, 1.0);
  lengths.push_back(1e9);
  lengths.push_back(-1e9);
  std::mt19937_64 random(1);
  EXPECT_DOUBLE_EQ(EstimatePathLength(lengths, 10, &random).value, 1);
}

// The percentiles are NumPy's "lower" and "higher": of 0..100, 1 and 99.
TEST(EstimatePathLength, KeepsThePercentilesThemselves) {
  std::vector<double> lengths;
  for (int i = 100; i >= 0; --i) lengths.push_back(i * i);
  double sum = 0;
  for (int i = 1; i < 100; ++i) sum += i * i;
  std::mt19937_64 random(1);
  EXPECT_NEAR(EstimatePathLength(lengths, 10, &random).value, sum / 99, 1e-9);
}

TEST(PathLengthSampler, DependsOnTheSeedAlone) {
  const TrainConfig config = SmallConfig();
  const EfficientNetLite0 network = Network();
  const Trainer trainer(config, Device::Cpu());
  const Sampler sampler(config.model, trainer.average(), trainer.latent_average());
  const auto lengths = [&](uint64_t seed) {
    PathLengthSampler paths(network, sampler, config.model.latent_dim, seed);
    std::vector<double> all = paths.Next(4, Tensor());
    for (const double length : paths.Next(4, Tensor())) all.push_back(length);
    return all;
  };
  const std::vector<double> first = lengths(1);
  ASSERT_EQ(first.size(), 8u);
  for (const double length : first) EXPECT_GT(length, 0);
  EXPECT_EQ(first, lengths(1));
  EXPECT_NE(first, lengths(2));
  EXPECT_NE(first[0], first[4]);
}

}  // namespace
}  // namespace sg::gan
