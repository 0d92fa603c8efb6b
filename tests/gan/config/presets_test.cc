#include "gan/config/presets.h"

#include <cmath>
#include <string>

#include "gan/config/config.h"
#include "gan/config/json.h"
#include "gan/config/validate.h"
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

TEST(Presets, PresetsAreValidAndNamed) {
  for (const std::string& name : PresetNames()) {
    const TrainConfig config = Preset(name);
    EXPECT_EQ(config.preset, name);
    const absl::Status status = Validate(config);
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST(Presets, AnUnknownPresetIsAnErrorThatNamesTheOthers) {
  const absl::StatusOr<TrainConfig> config = PresetConfig("paper");
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  for (const char* part : {"paper", "quick", "annotated", "official"}) {
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(part));
  }
}

TEST(Presets, ADefaultConfigurationIsTheAnnotatedPreset) {
  EXPECT_EQ(ToJson(TrainConfig()), ToJson(Preset("annotated")));
}

TEST(Presets, TheErrorListsTheNames) {
  EXPECT_EQ(PresetConfig("paper").status().message(),
            "no preset \"paper\"; there are \"quick\" (the default), \"annotated\" and \"official\"");
}

// The hyper-parameters of the annotated implementation, one by one.
TEST(Presets, AnnotatedPresetIsTheAnnotatedImplementation) {
  const TrainConfig c = Preset("annotated");
  EXPECT_EQ(c.model.resolution, 64);
  EXPECT_EQ(c.model.latent_dim, 512);
  EXPECT_EQ(c.model.mapping_layers, 8);
  EXPECT_EQ(c.model.g_features, 32);
  EXPECT_EQ(c.model.d_features, 64);
  EXPECT_EQ(c.model.max_features, 512);
  EXPECT_EQ(c.model.latent_norm, LatentNorm::kUnit);
  EXPECT_TRUE(c.model.rgb_activation);
  EXPECT_EQ(c.model.activation_gain, 1);
  EXPECT_EQ(c.model.conv_bias_init, 1);
  EXPECT_TRUE(c.model.skip_bias);
  EXPECT_FALSE(c.model.fc_head);
  EXPECT_FALSE(c.model.strided_conv);
  EXPECT_FALSE(c.model.latent_per_layer);
  EXPECT_EQ(c.model.image_range, ImageRange::kZeroToOne);
  EXPECT_EQ(c.model.channel_base, 0);
  EXPECT_EQ(c.model.resample, Resampling::kBilinear);
  EXPECT_TRUE(c.model.noise);
  EXPECT_EQ(c.model.mbstd_group, 4);
  EXPECT_FALSE(c.model.mbstd_per_group);
  EXPECT_TRUE(c.model.mbstd_unbiased);
  EXPECT_EQ(c.loss.loss, AdversarialLoss::kHinge);
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
TEST(Presets, OfficialPresetIsNvidiasPaper256) {
  const TrainConfig c = Preset("official");
  EXPECT_EQ(c.model.resolution, 256);
  EXPECT_EQ(c.model.latent_dim, 512);
  EXPECT_EQ(c.model.mapping_layers, 8);
  EXPECT_EQ(c.model.channel_base, 16384);
  EXPECT_EQ(c.model.g_features, 16384 / 256);
  EXPECT_EQ(c.model.d_features, 16384 / 256);
  EXPECT_EQ(c.model.max_features, 512);
  EXPECT_EQ(c.model.latent_norm, LatentNorm::kRms);
  EXPECT_FALSE(c.model.rgb_activation);
  EXPECT_EQ(c.model.activation_gain, std::sqrt(2.0));
  EXPECT_EQ(c.model.conv_bias_init, 0);
  EXPECT_FALSE(c.model.skip_bias);
  EXPECT_TRUE(c.model.fc_head);
  EXPECT_EQ(c.model.resample, Resampling::kFir);
  EXPECT_TRUE(c.model.strided_conv);
  EXPECT_TRUE(c.model.latent_per_layer);
  EXPECT_EQ(c.model.image_range, ImageRange::kMinusOneToOne);
  EXPECT_TRUE(c.model.noise);
  EXPECT_EQ(c.model.mbstd_group, 8);
  EXPECT_TRUE(c.model.mbstd_per_group);
  EXPECT_FALSE(c.model.mbstd_unbiased);
  EXPECT_EQ(c.loss.loss, AdversarialLoss::kLogistic);
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

}  // namespace
}  // namespace sg::gan
