#include "gan/config/config.h"

#include <cmath>
#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

TrainConfig Preset(const std::string& name) {
  const absl::StatusOr<TrainConfig> config = PresetConfig(name);
  EXPECT_TRUE(config.ok()) << config.status();
  return *config;
}

TEST(Config, PresetsAreValidAndNamed) {
  for (const char* name : {"quick", "annotated", "official"}) {
    const TrainConfig config = Preset(name);
    EXPECT_EQ(config.preset, name);
    const absl::Status status = Validate(config);
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST(Config, ADefaultConfigurationIsNamedAfterThePresetOfItsNetworks) { EXPECT_EQ(TrainConfig().preset, "annotated"); }

TEST(Config, AnUnknownPresetIsAnErrorThatNamesTheOthers) {
  const absl::StatusOr<TrainConfig> config = PresetConfig("paper");
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  for (const char* part : {"paper", "quick", "annotated", "official"}) {
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(part));
  }
}

// The hyper-parameters of the annotated implementation, one by one.
TEST(Config, AnnotatedPresetIsTheAnnotatedImplementation) {
  const TrainConfig c = Preset("annotated");
  EXPECT_EQ(c.model.resolution, 64);
  EXPECT_EQ(c.model.latent_dim, 512);
  EXPECT_EQ(c.model.mapping_layers, 8);
  EXPECT_EQ(c.model.g_features, 32);
  EXPECT_EQ(c.model.d_features, 64);
  EXPECT_EQ(c.model.max_features, 512);
  EXPECT_EQ(c.model.latent_norm, "unit");
  EXPECT_TRUE(c.model.rgb_activation);
  EXPECT_EQ(c.model.activation_gain, 1);
  EXPECT_EQ(c.model.conv_bias_init, 1);
  EXPECT_TRUE(c.model.skip_bias);
  EXPECT_FALSE(c.model.fc_head);
  EXPECT_FALSE(c.model.strided_conv);
  EXPECT_FALSE(c.model.latent_per_layer);
  EXPECT_EQ(c.model.image_range, "[0,1]");
  EXPECT_EQ(c.model.channel_base, 0);
  EXPECT_EQ(c.model.resample, "bilinear");
  EXPECT_TRUE(c.model.noise);
  EXPECT_EQ(c.model.mbstd_group, 4);
  EXPECT_FALSE(c.model.mbstd_per_group);
  EXPECT_TRUE(c.model.mbstd_unbiased);
  EXPECT_EQ(c.loss.loss, "hinge");
  EXPECT_EQ(c.loss.r1_gamma, 10);
  EXPECT_EQ(c.loss.r1_interval, 4);
  EXPECT_EQ(c.loss.pl_weight, 1);
  EXPECT_EQ(c.loss.pl_interval, 32);
  EXPECT_EQ(c.loss.pl_start, 5000);
  EXPECT_EQ(c.loss.pl_decay, 0.99);
  EXPECT_FALSE(c.loss.pl_times_interval);
  EXPECT_EQ(c.loss.pl_batch_shrink, 1);
  EXPECT_FALSE(c.loss.pl_mean_includes_batch);
  EXPECT_EQ(c.loss.mixing_prob, 0.9);
  EXPECT_EQ(c.loss.mixing_min_block, 0);
  EXPECT_EQ(c.optimizer.lr, 1e-3);
  EXPECT_EQ(c.optimizer.mapping_lr, 1e-5);
  EXPECT_EQ(c.optimizer.beta1, 0);
  EXPECT_EQ(c.optimizer.beta2, 0.99);
  EXPECT_EQ(c.optimizer.clip_norm, 1);
  EXPECT_FALSE(c.optimizer.separate_regularizers);
  EXPECT_EQ(c.batch, 32);
  EXPECT_EQ(c.grad_accum, 1);
  EXPECT_EQ(c.TotalSteps(), 150'000);
}

// NVIDIA's paper256, one by one.
TEST(Config, OfficialPresetIsNvidiasPaper256) {
  const TrainConfig c = Preset("official");
  EXPECT_EQ(c.model.resolution, 256);
  EXPECT_EQ(c.model.latent_dim, 512);
  EXPECT_EQ(c.model.mapping_layers, 8);
  EXPECT_EQ(c.model.channel_base, 16384);
  EXPECT_EQ(c.model.g_features, 16384 / 256);
  EXPECT_EQ(c.model.d_features, 16384 / 256);
  EXPECT_EQ(c.model.max_features, 512);
  EXPECT_EQ(c.model.latent_norm, "rms");
  EXPECT_FALSE(c.model.rgb_activation);
  EXPECT_EQ(c.model.activation_gain, std::sqrt(2.0));
  EXPECT_EQ(c.model.conv_bias_init, 0);
  EXPECT_FALSE(c.model.skip_bias);
  EXPECT_TRUE(c.model.fc_head);
  EXPECT_EQ(c.model.resample, "fir");
  EXPECT_TRUE(c.model.strided_conv);
  EXPECT_TRUE(c.model.latent_per_layer);
  EXPECT_EQ(c.model.image_range, "[-1,1]");
  EXPECT_TRUE(c.model.noise);
  EXPECT_EQ(c.model.mbstd_group, 8);
  EXPECT_TRUE(c.model.mbstd_per_group);
  EXPECT_FALSE(c.model.mbstd_unbiased);
  EXPECT_EQ(c.loss.loss, "logistic");
  EXPECT_EQ(c.loss.r1_gamma, 1);
  EXPECT_EQ(c.loss.r1_interval, 16);
  EXPECT_EQ(c.loss.pl_weight, 2);
  EXPECT_EQ(c.loss.pl_interval, 4);
  EXPECT_TRUE(c.loss.pl_times_interval);
  EXPECT_EQ(c.loss.pl_batch_shrink, 2);
  EXPECT_EQ(c.loss.pl_start, 0);
  EXPECT_EQ(c.loss.pl_decay, 0.99);
  EXPECT_TRUE(c.loss.pl_mean_includes_batch);
  EXPECT_FALSE(c.loss.pl_annotated_axes);
  EXPECT_EQ(c.loss.mixing_prob, 0.9);
  EXPECT_EQ(c.loss.mixing_min_block, 1);
  EXPECT_EQ(c.optimizer.lr, 0.0025);
  EXPECT_DOUBLE_EQ(c.optimizer.mapping_lr, 0.0025 * 0.01);
  EXPECT_EQ(c.optimizer.beta1, 0);
  EXPECT_EQ(c.optimizer.beta2, 0.99);
  EXPECT_TRUE(c.optimizer.separate_regularizers);
  EXPECT_EQ(c.optimizer.clip_norm, 0);
  EXPECT_EQ(c.optimizer.ema_kimg, 20);
  EXPECT_EQ(c.optimizer.ema_rampup, 0);
  EXPECT_FALSE(c.mirror);
  EXPECT_EQ(c.batch, 64);
  EXPECT_EQ(c.kimg, 25000);
}

TEST(Config, CountsLatentsByBlocksOrLayers) {
  ModelConfig model;
  model.resolution = 64;
  EXPECT_EQ(model.NumLatents(), 5);
  model.latent_per_layer = true;
  EXPECT_EQ(model.NumLatents(), 2 * 6 - 2);
  model.resolution = 1024;
  EXPECT_EQ(model.NumLatents(), 18);
}

// c = k / (k + 1) of the regularisers that make steps of their own.
TEST(Config, LazySharesFollowTheIntervals) {
  TrainConfig config = Preset("official");
  EXPECT_DOUBLE_EQ(config.DiscriminatorLazyShare(), 16.0 / 17);
  EXPECT_DOUBLE_EQ(config.GeneratorLazyShare(), 0.8);
  config.loss.r1_gamma = 0;
  config.loss.pl_weight = 0;
  EXPECT_EQ(config.DiscriminatorLazyShare(), 1);
  EXPECT_EQ(config.GeneratorLazyShare(), 1);
  config = Preset("official");
  config.loss.r1_interval = 0;
  EXPECT_EQ(config.DiscriminatorLazyShare(), 1);
  EXPECT_EQ(Preset("annotated").DiscriminatorLazyShare(), 1);
  EXPECT_EQ(Preset("annotated").GeneratorLazyShare(), 1);
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

struct Mistake {
  const char* message;  // part of it
  std::function<void(TrainConfig&)> make;
};

void ExpectRefused(const Mistake& mistake) {
  TrainConfig config;
  mistake.make(config);
  const absl::Status status = Validate(config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << mistake.message;
  EXPECT_THAT(std::string(status.message()), HasSubstr(mistake.message));
}

TEST(Config, RefusesBadModels) {
  const Mistake mistakes[] = {
      {"resolution is 4, must be from 8 to 1024", [](TrainConfig& c) { c.model.resolution = 4; }},
      {"resolution is 2048, must be from 8 to 1024", [](TrainConfig& c) { c.model.resolution = 2048; }},
      {"resolution is 48, must be a power of two", [](TrainConfig& c) { c.model.resolution = 48; }},
      {"resolution is -64", [](TrainConfig& c) { c.model.resolution = -64; }},
      {"latent_dim is 0", [](TrainConfig& c) { c.model.latent_dim = 0; }},
      {"mapping_layers is 0", [](TrainConfig& c) { c.model.mapping_layers = 0; }},
      {"g_features is 0", [](TrainConfig& c) { c.model.g_features = 0; }},
      {"d_features is -1", [](TrainConfig& c) { c.model.d_features = -1; }},
      {"max_features is 100000", [](TrainConfig& c) { c.model.max_features = 100'000; }},
      {"latent_norm is \"l2\", must be \"unit\" or \"rms\"", [](TrainConfig& c) { c.model.latent_norm = "l2"; }},
      {"activation_gain is 0", [](TrainConfig& c) { c.model.activation_gain = 0; }},
      {"activation_gain is nan", [](TrainConfig& c) { c.model.activation_gain = std::nan(""); }},
      {"conv_bias_init is inf", [](TrainConfig& c) { c.model.conv_bias_init = INFINITY; }},
      {"resample is \"\"", [](TrainConfig& c) { c.model.resample = ""; }},
      {"image_range is \"[0,255]\", must be \"[0,1]\" or \"[-1,1]\"",
       [](TrainConfig& c) { c.model.image_range = "[0,255]"; }},
      {"channel_base is -1", [](TrainConfig& c) { c.model.channel_base = -1; }},
      {"channel_base is 63, must be 0 or at least resolution = 64", [](TrainConfig& c) { c.model.channel_base = 63; }},
      {"mbstd_group is 1", [](TrainConfig& c) { c.model.mbstd_group = 1; }},
  };
  for (const Mistake& mistake : mistakes) ExpectRefused(mistake);
}

TEST(Config, RefusesBadTraining) {
  const Mistake mistakes[] = {
      {"loss is \"wasserstein\"", [](TrainConfig& c) { c.loss.loss = "wasserstein"; }},
      {"r1_gamma is -1", [](TrainConfig& c) { c.loss.r1_gamma = -1; }},
      {"r1_interval is -1", [](TrainConfig& c) { c.loss.r1_interval = -1; }},
      {"pl_weight is nan", [](TrainConfig& c) { c.loss.pl_weight = std::nan(""); }},
      {"pl_interval is 0", [](TrainConfig& c) { c.loss.pl_interval = 0; }},
      {"pl_batch_shrink is 0", [](TrainConfig& c) { c.loss.pl_batch_shrink = 0; }},
      {"a micro-batch is 32 images, which does not divide by pl_batch_shrink = 3",
       [](TrainConfig& c) { c.loss.pl_batch_shrink = 3; }},
      {"pl_start is -1", [](TrainConfig& c) { c.loss.pl_start = -1; }},
      {"pl_decay is 1", [](TrainConfig& c) { c.loss.pl_decay = 1; }},
      {"mixing_prob is 1.5", [](TrainConfig& c) { c.loss.mixing_prob = 1.5; }},
      {"mixing_min_block is 5, must be from 0 to 4", [](TrainConfig& c) { c.loss.mixing_min_block = 5; }},
      {"lr is -0.1", [](TrainConfig& c) { c.optimizer.lr = -0.1; }},
      {"mapping_lr is inf", [](TrainConfig& c) { c.optimizer.mapping_lr = INFINITY; }},
      {"beta1 is 1", [](TrainConfig& c) { c.optimizer.beta1 = 1; }},
      {"beta2 is 1", [](TrainConfig& c) { c.optimizer.beta2 = 1; }},
      {"clip_norm is -1", [](TrainConfig& c) { c.optimizer.clip_norm = -1; }},
      {"ema_kimg is -1", [](TrainConfig& c) { c.optimizer.ema_kimg = -1; }},
      {"ema_rampup is -1", [](TrainConfig& c) { c.optimizer.ema_rampup = -1; }},
      {"on_bad_image is \"ignore\"", [](TrainConfig& c) { c.on_bad_image = "ignore"; }},
      {"batch is 0", [](TrainConfig& c) { c.batch = 0; }},
      {"grad_accum is 0", [](TrainConfig& c) { c.grad_accum = 0; }},
      {"batch is 32, which does not divide into grad_accum = 3", [](TrainConfig& c) { c.grad_accum = 3; }},
      {"a micro-batch is 2 images, which does not divide into groups of mbstd_group = 4",
       [](TrainConfig& c) { c.grad_accum = 16; }},
      {"a micro-batch is 32 images, which does not divide into groups of mbstd_group = 5",
       [](TrainConfig& c) { c.model.mbstd_group = 5; }},
      {"kimg is -1", [](TrainConfig& c) { c.kimg = -1; }},
      {"precision is \"f16\"", [](TrainConfig& c) { c.precision = "f16"; }},
      {"tick_kimg is 0", [](TrainConfig& c) { c.tick_kimg = 0; }},
      {"snap is 0", [](TrainConfig& c) { c.snap = 0; }},
      {"keep is 0", [](TrainConfig& c) { c.keep = 0; }},
  };
  for (const Mistake& mistake : mistakes) ExpectRefused(mistake);
}

TEST(Config, AcceptsEverySwitch) {
  TrainConfig config;
  config.model.latent_norm = "rms";
  config.model.rgb_activation = false;
  config.model.activation_gain = std::sqrt(2.0);
  config.model.conv_bias_init = 0;
  config.model.resample = "fir";
  config.model.noise = false;
  config.model.mbstd_per_group = true;
  config.model.mbstd_unbiased = false;
  config.model.channel_base = 64;
  config.model.skip_bias = false;
  config.model.fc_head = true;
  config.model.strided_conv = true;
  config.model.latent_per_layer = true;
  config.model.image_range = "[-1,1]";
  config.loss.loss = "logistic";
  config.loss.r1_interval = 0;
  config.loss.pl_weight = 0;
  config.loss.mixing_min_block = 9;
  config.loss.pl_batch_shrink = 3;  // does not matter without the penalty
  config.loss.pl_times_interval = true;
  config.loss.pl_mean_includes_batch = true;
  config.optimizer.separate_regularizers = true;
  config.optimizer.clip_norm = 0;
  config.precision = "bf16";
  config.on_bad_image = "skip";
  const absl::Status status = Validate(config);
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace sg::gan
