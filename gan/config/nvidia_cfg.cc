#include "gan/config/nvidia_cfg.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gan/config/enums.h"
#include "gan/config/presets.h"

namespace sg::gan {
namespace {

constexpr int kChannelBase = 32768;  // of fmaps 1
constexpr double kClamp = 256;
constexpr double kLrMul = 0.01;
constexpr double kEmaRampup = 0.05;

struct Cfg {
  const char* name;
  int resolution;  // its own
  double kimg;
  int batch, mbstd_group;
  double fmaps, lr, gamma, ema_kimg, ema_rampup;
  int mapping_layers;
};

constexpr Cfg kCfgs[] = {
    {"stylegan2", 1024, 25000, 32, 4, 1, 0.002, 10, 10, 0, 8},
    {"paper256", 256, 25000, 64, 8, 0.5, 0.0025, 1, 20, 0, 8},
    {"paper512", 512, 25000, 64, 8, 1, 0.0025, 0.5, 20, 0, 8},
    {"paper1024", 1024, 25000, 32, 4, 1, 0.002, 2, 10, 0, 8},
    {"cifar", 32, 100000, 64, 32, 1, 0.0025, 0.01, 500, kEmaRampup, 2},
};

constexpr char kAuto[] = "auto", kCifar[] = "cifar";

// Their rules of thumb, for one GPU.
Cfg Auto(int resolution) {
  Cfg cfg = {};
  cfg.name = kAuto;
  cfg.resolution = resolution;
  cfg.kimg = 25000;
  cfg.batch = std::max(std::min(4096 / resolution, 32), 1);
  cfg.mbstd_group = std::min(cfg.batch, 4);
  cfg.fmaps = resolution >= 512 ? 1 : 0.5;
  cfg.lr = resolution >= 1024 ? 0.002 : 0.0025;
  cfg.gamma = 0.0002 * resolution * resolution / cfg.batch;
  cfg.ema_kimg = cfg.batch * 10.0 / 32;
  cfg.ema_rampup = kEmaRampup;
  cfg.mapping_layers = 2;
  return cfg;
}

TrainConfig ConfigOf(const Cfg& cfg, int resolution) {
  TrainConfig config = *PresetConfig("official");
  config.preset = cfg.name;
  config.model.resolution = resolution;
  config.model.channel_base = static_cast<int>(cfg.fmaps * kChannelBase);
  config.model.mapping_layers = cfg.mapping_layers;
  config.model.mapping_lr_mul = kLrMul;
  config.model.conv_clamp = kClamp;
  config.model.noise_const = true;
  config.model.mbstd_group = cfg.mbstd_group;
  config.loss.r1_gamma = cfg.gamma;
  config.loss.regularize_first = true;
  config.optimizer.lr = cfg.lr;
  config.optimizer.mapping_lr = cfg.lr;
  config.optimizer.generator_first = true;
  config.optimizer.ema_kimg = cfg.ema_kimg;
  config.optimizer.ema_rampup = cfg.ema_rampup;
  config.batch = cfg.batch;
  config.kimg = cfg.kimg;
  if (cfg.name == absl::string_view(kCifar)) {
    config.model.d_architecture = Architecture::kOrig;
    config.loss.pl_weight = 0;
    config.loss.mixing_prob = 0;
  }
  return config;
}

}  // namespace

absl::StatusOr<TrainConfig> NvidiaConfig(absl::string_view name, int resolution) {
  constexpr int kAutoResolution = 256;
  if (name == kAuto) {
    const int size = resolution > 0 ? resolution : kAutoResolution;
    return ConfigOf(Auto(size), size);
  }
  for (const Cfg& cfg : kCfgs) {
    if (name == cfg.name) return ConfigOf(cfg, resolution != 0 ? resolution : cfg.resolution);
  }
  std::string message = absl::StrCat("no cfg \"", name, "\"; there are \"", kAuto, "\"");
  for (const Cfg& cfg : kCfgs) {
    absl::StrAppend(&message, &cfg + 1 == std::end(kCfgs) ? " and \"" : ", \"", cfg.name, "\"");
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace sg::gan
