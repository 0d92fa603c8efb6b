#include "gan/config/nvidia_cfg.h"

#include <string>

#include "gan/config/json.h"
#include "gan/config/presets.h"
#include "gan/config/validate.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

TrainConfig Cfg(const std::string& name, int resolution = 0) {
  const absl::StatusOr<TrainConfig> config = NvidiaConfig(name, resolution);
  EXPECT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(Validate(*config).ok()) << name << ": " << Validate(*config);
  EXPECT_EQ(config->preset, name);
  return *config;
}

// The columns of their table, for the resolution that each is meant for.
TEST(NvidiaConfigTest, HasTheirNumbers) {
  const struct {
    const char* name;
    int resolution, batch, mbstd_group, channel_base, mapping_layers;
    double kimg, lr, gamma, ema_kimg, ema_rampup;
  } rows[] = {
      {"stylegan2", 1024, 32, 4, 32768, 8, 25000, 0.002, 10, 10, 0},
      {"paper256", 256, 64, 8, 16384, 8, 25000, 0.0025, 1, 20, 0},
      {"paper512", 512, 64, 8, 32768, 8, 25000, 0.0025, 0.5, 20, 0},
      {"paper1024", 1024, 32, 4, 32768, 8, 25000, 0.002, 2, 10, 0},
      {"cifar", 32, 64, 32, 32768, 2, 100000, 0.0025, 0.01, 500, 0.05},
  };
  for (const auto& row : rows) {
    const TrainConfig c = Cfg(row.name);
    EXPECT_EQ(c.model.resolution, row.resolution) << row.name;
    EXPECT_EQ(c.batch, row.batch) << row.name;
    EXPECT_EQ(c.model.mbstd_group, row.mbstd_group) << row.name;
    EXPECT_EQ(c.model.channel_base, row.channel_base) << row.name;
    EXPECT_EQ(c.model.mapping_layers, row.mapping_layers) << row.name;
    EXPECT_EQ(c.kimg, row.kimg) << row.name;
    EXPECT_EQ(c.optimizer.lr, row.lr) << row.name;
    EXPECT_EQ(c.optimizer.mapping_lr, row.lr) << row.name;
    EXPECT_EQ(c.loss.r1_gamma, row.gamma) << row.name;
    EXPECT_EQ(c.optimizer.ema_kimg, row.ema_kimg) << row.name;
    EXPECT_EQ(c.optimizer.ema_rampup, row.ema_rampup) << row.name;
  }
}

// The examples that are known of their rules of thumb.
TEST(NvidiaConfigTest, AutoFollowsTheResolution) {
  const struct {
    int resolution, batch, channel_base;
    double gamma, lr, ema_kimg;
  } rows[] = {
      {64, 32, 16384, 0.0256, 0.0025, 10},  {128, 32, 16384, 0.1024, 0.0025, 10},   {256, 16, 16384, 0.8192, 0.0025, 5},
      {512, 8, 32768, 6.5536, 0.0025, 2.5}, {1024, 4, 32768, 52.4288, 0.002, 1.25},
  };
  for (const auto& row : rows) {
    const TrainConfig c = Cfg("auto", row.resolution);
    EXPECT_EQ(c.model.resolution, row.resolution);
    EXPECT_EQ(c.batch, row.batch);
    EXPECT_EQ(c.model.channel_base, row.channel_base);
    EXPECT_EQ(c.model.mbstd_group, 4);
    EXPECT_EQ(c.model.mapping_layers, 2);
    EXPECT_NEAR(c.loss.r1_gamma, row.gamma, 1e-9);
    EXPECT_EQ(c.optimizer.lr, row.lr);
    EXPECT_EQ(c.optimizer.ema_kimg, row.ema_kimg);
    EXPECT_EQ(c.optimizer.ema_rampup, 0.05);
  }
  EXPECT_EQ(Cfg("auto").model.resolution, 256);
}

TEST(NvidiaConfigTest, HasTheirSwitches) {
  for (const char* name : {"auto", "stylegan2", "paper256", "paper512", "paper1024", "cifar"}) {
    const TrainConfig c = Cfg(name);
    EXPECT_EQ(c.model.mapping_lr_mul, 0.01);
    EXPECT_EQ(c.model.conv_clamp, 256);
    EXPECT_TRUE(c.model.noise_const);
    EXPECT_TRUE(c.loss.regularize_first);
    EXPECT_TRUE(c.optimizer.generator_first);
    EXPECT_EQ(c.optimizer.w_avg_beta, 0.995);
    EXPECT_EQ(c.loss.pl_start, 0);
    const bool cifar = std::string(name) == "cifar";
    EXPECT_EQ(c.model.d_architecture, cifar ? Architecture::kOrig : Architecture::kResnet);
    EXPECT_EQ(c.model.g_architecture, Architecture::kSkip);
    EXPECT_EQ(c.loss.pl_weight, cifar ? 0 : 2);
    EXPECT_EQ(c.loss.mixing_prob, cifar ? 0 : 0.9);
  }
}

// "official" is paper256 with this project's own order and without the switches that came later.
TEST(NvidiaConfigTest, OfficialIsPaper256WithoutTheLaterSwitches) {
  TrainConfig c = Cfg("paper256");
  c.preset = "official";
  c.model.mapping_lr_mul = 1;
  c.model.conv_clamp = 0;
  c.model.noise_const = false;
  c.loss.regularize_first = c.optimizer.generator_first = false;
  c.optimizer.mapping_lr = 2.5e-5;
  EXPECT_EQ(ToJson(c), ToJson(*PresetConfig("official")));
}

TEST(NvidiaConfigTest, TakesAnotherResolution) {
  EXPECT_EQ(Cfg("paper256", 128).model.resolution, 128);
  EXPECT_EQ(Cfg("paper256", 128).loss.r1_gamma, 1);
}

TEST(NvidiaConfigTest, TheErrorListsTheNames) {
  EXPECT_EQ(NvidiaConfig("paper128", 0).status().message(),
            "no cfg \"paper128\"; there are \"auto\", \"stylegan2\", \"paper256\", \"paper512\", \"paper1024\" and "
            "\"cifar\"");
}

// Validate says what is wrong with it.
TEST(NvidiaConfigTest, ResolutionsThatCannotBeAreRefusedLater) {
  for (const int resolution : {-5, 1, 100, 100000}) {
    for (const char* name : {"auto", "cifar"}) {
      const absl::StatusOr<TrainConfig> config = NvidiaConfig(name, resolution);
      ASSERT_TRUE(config.ok());
      const bool is_default = name == std::string("auto") && resolution < 0;
      EXPECT_EQ(Validate(*config).ok(), is_default) << name << " " << resolution;
    }
  }
}

}  // namespace
}  // namespace sg::gan
