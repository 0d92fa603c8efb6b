#include "gan/config/validate.h"

#include <cmath>
#include <functional>
#include <string>

#include "gan/config/config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

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

TEST(Validate, RefusesBadModels) {
  const Mistake mistakes[] = {
      {"resolution (--res) is 4, must be from 8 to 1024", [](TrainConfig& c) { c.model.resolution = 4; }},
      {"resolution (--res) is 2048, must be from 8 to 1024", [](TrainConfig& c) { c.model.resolution = 2048; }},
      {"resolution (--res) is 48, must be a power of two; the nearest is 32",
       [](TrainConfig& c) { c.model.resolution = 48; }},
      {"resolution (--res) is 100, must be a power of two; the nearest is 128",
       [](TrainConfig& c) { c.model.resolution = 100; }},
      {"resolution (--res) is -64", [](TrainConfig& c) { c.model.resolution = -64; }},
      {"latent_dim is 0", [](TrainConfig& c) { c.model.latent_dim = 0; }},
      {"mapping_layers is 0", [](TrainConfig& c) { c.model.mapping_layers = 0; }},
      {"g_features is 0", [](TrainConfig& c) { c.model.g_features = 0; }},
      {"d_features is -1", [](TrainConfig& c) { c.model.d_features = -1; }},
      {"max_features is 100000", [](TrainConfig& c) { c.model.max_features = 100'000; }},
      {"activation_gain is 0", [](TrainConfig& c) { c.model.activation_gain = 0; }},
      {"activation_gain is nan", [](TrainConfig& c) { c.model.activation_gain = std::nan(""); }},
      {"conv_bias_init is inf", [](TrainConfig& c) { c.model.conv_bias_init = INFINITY; }},
      {"channel_base is -1", [](TrainConfig& c) { c.model.channel_base = -1; }},
      {"channel_base is 63, must be 0 or at least resolution = 64", [](TrainConfig& c) { c.model.channel_base = 63; }},
      {"mbstd_group is 1, must be 0 (the whole batch) or at least 2", [](TrainConfig& c) { c.model.mbstd_group = 1; }},
      {"mbstd_channels is 3, which does not divide the discriminator's 512 features at 4x4",
       [](TrainConfig& c) { c.model.mbstd_channels = 3; }},
      {"image_channels (--channels) is 5", [](TrainConfig& c) { c.model.image_channels = 5; }},
      {"mapping_lr_mul is 0", [](TrainConfig& c) { c.model.mapping_lr_mul = 0; }},
      {"conv_clamp is -1", [](TrainConfig& c) { c.model.conv_clamp = -1; }},
      {"base_width is 2, must be from 3 to 16", [](TrainConfig& c) { c.model.base_width = 2; }},
      {"base_height is 17", [](TrainConfig& c) { c.model.base_height = 17; }},
      {"freeze_d (--freezed) is 14, but the discriminator has 13 layers before its head",
       [](TrainConfig& c) { c.optimizer.freeze_d = 14; }},
      {"label_dim is -1", [](TrainConfig& c) { c.model.label_dim = -1; }},
  };
  for (const Mistake& mistake : mistakes) ExpectRefused(mistake);
}

// The flags that a message says would do.
TEST(Validate, WhatWouldDoIsSaidWhereNumbersDoNotDivide) {
  const Mistake mistakes[] = {
      {"which does not divide into grad_accum = 3 parts; --grad-accum=2 would do",
       [](TrainConfig& c) { c.grad_accum = 3; }},
      {"which does not divide into groups of mbstd_group = 4; --mbstd-group=2 or --grad-accum=8 would do",
       [](TrainConfig& c) { c.grad_accum = 16; }},
      {"which does not divide into groups of mbstd_group = 5; --mbstd-group=4 would do",
       [](TrainConfig& c) { c.model.mbstd_group = 5; }},
      {"a micro-batch is 30 images, which does not divide into groups of mbstd_group = 4; --mbstd-group=3 would do",
       [](TrainConfig& c) { c.batch = 30; }},
      {"a micro-batch is 7 images, which does not divide into groups of mbstd_group = 4; --mbstd-group=7 would do",
       [](TrainConfig& c) { c.batch = 7; }},
      {"a micro-batch is 1 images, which does not divide into groups of mbstd_group = 4; --batch=8 would do",
       [](TrainConfig& c) { c.batch = c.grad_accum = 2; }},
      {"with which mbstd_group = 0 has nothing to compare it; --grad-accum=16 would do",
       [](TrainConfig& c) {
         c.model.mbstd_group = 0;
         c.grad_accum = 32;
       }},
      {"which does not divide by pl_batch_shrink = 3; --pl-batch-shrink=2 would do",
       [](TrainConfig& c) { c.loss.pl_batch_shrink = 3; }},
  };
  for (const Mistake& mistake : mistakes) ExpectRefused(mistake);
}

TEST(Validate, RefusesBadTraining) {
  const Mistake mistakes[] = {
      {"r1_gamma (--gamma) is -1", [](TrainConfig& c) { c.loss.r1_gamma = -1; }},
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
      {"resolution (--res) is 16, but augpipe = \"bgcf\" filters images of at least 22 pixels; --augpipe=bgc would do",
       [](TrainConfig& c) {
         c.model.resolution = 16;
         c.augment.aug = AugMode::kAda;
         c.augment.pipe = AugPipe::kBgcf;
       }},
      {"aug is \"fixed\" with the probability 0", [](TrainConfig& c) { c.augment.aug = AugMode::kFixed; }},
      {"aug is \"ada\", which follows the signs of scores, but with loss = \"relativistic\" only the differences",
       [](TrainConfig& c) {
         c.augment.aug = AugMode::kAda;
         c.loss.loss = AdversarialLoss::kRelativistic;
       }},
      {"label_smoothing is 0.51, must be from 0 to 0.5", [](TrainConfig& c) { c.loss.label_smoothing = 0.51; }},
      {"r2_gamma is -1", [](TrainConfig& c) { c.loss.r2_gamma = -1; }},
      {"schedule_kimg is -1", [](TrainConfig& c) { c.schedule.kimg = -1; }},
      {"final_beta2 is 1", [](TrainConfig& c) { c.schedule.final_beta2 = 1; }},
      {"aug is \"fixed\" with the probability 0",
       [](TrainConfig& c) {
         c.augment.aug = AugMode::kFixed;
         c.schedule.kimg = 20;
       }},
      {"aug is \"fixed\" with the probability 0",
       [](TrainConfig& c) {
         c.augment.aug = AugMode::kFixed;
         c.schedule.final_p = 0.3;
       }},
      {"aug_p (--p) is 1.5", [](TrainConfig& c) { c.augment.p = 1.5; }},
      {"aug_target (--target) is 2", [](TrainConfig& c) { c.augment.target = 2; }},
      {"ada_kimg is 0", [](TrainConfig& c) { c.augment.ada_kimg = 0; }},
      {"lr is -0.1", [](TrainConfig& c) { c.optimizer.lr = -0.1; }},
      {"mapping_lr (--map-lr) is inf", [](TrainConfig& c) { c.optimizer.mapping_lr = INFINITY; }},
      {"beta1 is 1", [](TrainConfig& c) { c.optimizer.beta1 = 1; }},
      {"beta2 is 1", [](TrainConfig& c) { c.optimizer.beta2 = 1; }},
      {"clip_norm is -1", [](TrainConfig& c) { c.optimizer.clip_norm = -1; }},
      {"ema_kimg is -1", [](TrainConfig& c) { c.optimizer.ema_kimg = -1; }},
      {"ema_rampup is -1", [](TrainConfig& c) { c.optimizer.ema_rampup = -1; }},
      {"batch is 0", [](TrainConfig& c) { c.batch = 0; }},
      {"grad_accum is 0", [](TrainConfig& c) { c.grad_accum = 0; }},
      {"batch is 32, which does not divide into grad_accum = 3", [](TrainConfig& c) { c.grad_accum = 3; }},
      {"a micro-batch is 2 images, which does not divide into groups of mbstd_group = 4",
       [](TrainConfig& c) { c.grad_accum = 16; }},
      {"a micro-batch is 32 images, which does not divide into groups of mbstd_group = 5",
       [](TrainConfig& c) { c.model.mbstd_group = 5; }},
      {"kimg is -1", [](TrainConfig& c) { c.kimg = -1; }},
      {"tick_kimg (--tick) is 0", [](TrainConfig& c) { c.tick_kimg = 0; }},
      {"snap is 0", [](TrainConfig& c) { c.snap = 0; }},
      {"keep is 0", [](TrainConfig& c) { c.keep = 0; }},
  };
  for (const Mistake& mistake : mistakes) ExpectRefused(mistake);
}

TEST(Validate, AcceptsEverySwitch) {
  TrainConfig config;
  config.augment.aug = AugMode::kFixed;
  config.augment.p = 0.2;
  config.augment.pipe = AugPipe::kBgcfnc;
  config.augment.exact_blits = true;
  config.schedule.kimg = 20000;
  config.schedule.final_lr_factor = 0.25;
  config.model.latent_norm = LatentNorm::kRms;
  config.model.rgb_activation = false;
  config.model.activation_gain = std::sqrt(2.0);
  config.model.conv_bias_init = 0;
  config.model.resample = Resampling::kFir;
  config.model.noise = false;
  config.model.mbstd_per_group = true;
  config.model.mbstd_unbiased = false;
  config.model.channel_base = 64;
  config.model.skip_bias = false;
  config.model.fc_head = true;
  config.model.strided_conv = true;
  config.model.latent_per_layer = true;
  config.model.image_range = ImageRange::kMinusOneToOne;
  config.model.image_channels = 1;
  config.model.w_dim = 100;
  config.model.label_dim = 10;
  config.model.mapping_lr_mul = 0.01;
  config.model.conv_clamp = 256;
  config.model.g_architecture = Architecture::kResnet;
  config.model.d_architecture = Architecture::kOrig;
  config.model.noise_const = true;
  config.model.mbstd_group = 0;
  config.model.mbstd_channels = 0;
  config.loss.regularize_first = true;
  config.optimizer.generator_first = true;
  config.optimizer.w_avg_beta = 0.998;
  config.loss.loss = AdversarialLoss::kLogistic;
  config.loss.r1_interval = 0;
  config.loss.pl_weight = 0;
  config.loss.mixing_min_block = 9;
  config.loss.pl_batch_shrink = 3;  // does not matter without the penalty
  config.loss.pl_times_interval = true;
  config.loss.pl_mean_includes_batch = true;
  config.optimizer.separate_regularizers = true;
  config.optimizer.clip_norm = 0;
  config.precision = ConvPrecision::kBf16;
  config.on_bad_image = OnBadImage::kSkip;
  const absl::Status status = Validate(config);
  EXPECT_TRUE(status.ok()) << status;
}

TEST(Validate, AcceptsAugmentationThatGrowsFromZero) {
  TrainConfig config;
  config.augment.aug = AugMode::kFixed;
  config.schedule.kimg = 20;
  config.schedule.final_p = 0.3;
  const absl::Status status = Validate(config);
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace sg::gan
