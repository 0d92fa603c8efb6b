#include "gan/config/config.h"

#include "gan/config/presets.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

TEST(Config, CountsLatentsByBlocksOrLayers) {
  ModelConfig model;
  model.resolution = 64;
  EXPECT_EQ(model.NumLatents(), 5);
  model.latent_per_layer = true;
  EXPECT_EQ(model.NumLatents(), 2 * 6 - 2);
  model.resolution = 1024;
  EXPECT_EQ(model.NumLatents(), 18);
}

// c = k / (k + 1) of the regularizers that make steps of their own.
TEST(Config, LazySharesFollowTheIntervals) {
  TrainConfig config = *PresetConfig("official");
  EXPECT_DOUBLE_EQ(config.DiscriminatorLazyShare(), 16.0 / 17);
  EXPECT_DOUBLE_EQ(config.GeneratorLazyShare(), 0.8);
  config.loss.r1_gamma = 0;
  config.loss.pl_weight = 0;
  EXPECT_EQ(config.DiscriminatorLazyShare(), 1);
  EXPECT_EQ(config.GeneratorLazyShare(), 1);
  config = *PresetConfig("official");
  config.loss.r1_interval = 0;
  EXPECT_EQ(config.DiscriminatorLazyShare(), 1);
  EXPECT_EQ(PresetConfig("annotated")->DiscriminatorLazyShare(), 1);
  EXPECT_EQ(PresetConfig("annotated")->GeneratorLazyShare(), 1);
}

TEST(Config, CountsBlocksAndSteps) {
  ModelConfig model;
  model.resolution = 8;
  EXPECT_EQ(model.LogResolution(), 3);
  EXPECT_EQ(model.NumBlocks(), 2);
  model.resolution = 1024;
  EXPECT_EQ(model.LogResolution(), 10);
  EXPECT_EQ(model.NumBlocks(), 9);
  TrainConfig config;
  config.batch = 32;
  config.kimg = 0.1;
  EXPECT_EQ(config.TotalSteps(), 4);  // 100 images: rounded up
  config.kimg = 0;
  EXPECT_EQ(config.TotalSteps(), 0);
  config.grad_accum = 4;
  EXPECT_EQ(config.MicroBatch(), 8);
}

}  // namespace
}  // namespace sg::gan
