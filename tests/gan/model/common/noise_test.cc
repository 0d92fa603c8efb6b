#include "gan/model/common/noise.h"

#include <vector>

#include "engine/ops/random.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

ModelConfig Config(int resolution) {
  ModelConfig config;
  config.resolution = resolution;
  return config;
}

TEST(RandomNoise, HasTheSizeOfItsBlock) {
  RandomStream random = {1, 2};
  const std::vector<BlockNoise> noise = RandomNoise(Config(16), 3, DType::kF32, Device::Ref(), &random);
  ASSERT_EQ(noise.size(), 3u);
  EXPECT_FALSE(noise[0].first.defined());
  EXPECT_EQ(noise[0].second.shape(), Shape({3, 4, 4, 1}));
  EXPECT_EQ(noise[2].first.shape(), Shape({3, 16, 16, 1}));
  // Drawn in order of resolution, so that a larger model begins with the same noise.
  RandomStream again = {1, 2};
  testing::ExpectSameValues(noise[0].second, RandomNormal({3, 4, 4, 1}, DType::kF32, Device::Ref(), &again));
  testing::ExpectSameValues(noise[1].first, RandomNormal({3, 8, 8, 1}, DType::kF32, Device::Ref(), &again));
}

TEST(RandomNoise, HasTheShapeOfItsBlock) {
  ModelConfig config = Config(8);
  config.base_width = 5;
  config.base_height = 3;
  RandomStream random = {1, 2};
  const std::vector<BlockNoise> noise = RandomNoise(config, 2, DType::kF32, Device::Ref(), &random);
  ASSERT_EQ(noise.size(), 2u);
  EXPECT_EQ(noise[0].second.shape(), Shape({2, 3, 5, 1}));
  EXPECT_EQ(noise[1].first.shape(), Shape({2, 6, 10, 1}));
}

TEST(RandomNoise, IsLeftOutOnRequest) {
  ModelConfig config = Config(8);
  config.noise = false;
  RandomStream random = {1, 2};
  const std::vector<BlockNoise> noise = RandomNoise(config, 3, DType::kF32, Device::Ref(), &random);
  ASSERT_EQ(noise.size(), 2u);
  for (const BlockNoise& block : noise) EXPECT_FALSE(block.first.defined() || block.second.defined());
  EXPECT_EQ(random.offset, 0u);
}

TEST(NoNoise, IsUndefinedForEveryBlock) {
  const std::vector<BlockNoise> noise = NoNoise(Config(16));
  ASSERT_EQ(noise.size(), 3u);
  for (const BlockNoise& block : noise) EXPECT_FALSE(block.first.defined() || block.second.defined());
}

}  // namespace
}  // namespace sg::gan
