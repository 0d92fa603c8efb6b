#include "gan/config/presets.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sg::gan {
namespace {

void Quick(TrainConfig* c) {
  // Small networks, and the paper's choices where they learn faster. With "rms", the latent has an effect from the
  // first step; with the annotated unit length, the styles stay nearly constant for thousands of steps. RGB is linear,
  // and statistics are per group. Icons need no noise, which would take the place of detail. The batch is small,
  // because at first the number of steps matters more than the images in each.
  c->model.resolution = 32;
  c->model.latent_dim = 128;
  c->model.mapping_layers = 4;
  c->model.g_features = 16;
  c->model.d_features = 16;
  c->model.max_features = 128;
  c->model.latent_norm = LatentNorm::kRms;
  c->model.rgb_activation = false;
  c->model.activation_gain = std::sqrt(2.0);
  c->model.conv_bias_init = 0;
  c->model.noise = false;
  c->model.mbstd_per_group = true;
  c->model.mbstd_unbiased = false;
  c->loss.loss = AdversarialLoss::kLogistic;
  c->loss.r1_gamma = 0.3;
  c->loss.r1_interval = 8;
  c->loss.pl_weight = 0;
  c->optimizer.lr = 2e-3;
  c->optimizer.mapping_lr = 4e-5;
  c->optimizer.clip_norm = 0;
  c->optimizer.ema_kimg = 1.5;
  c->batch = 8;
  c->kimg = 80;
  c->tick_kimg = 1;
  c->snap = 4;
}

// The defaults of TrainConfig.
void Annotated(TrainConfig*) {}

void Official(TrainConfig* c) {
  c->model.resolution = 256;
  c->model.channel_base = 16384;                   // fmaps 0.5
  c->model.g_features = c->model.d_features = 64;  // the same at 256 pixels, if channel_base is set to 0
  c->model.latent_norm = LatentNorm::kRms;
  c->model.rgb_activation = false;
  c->model.activation_gain = std::sqrt(2.0);
  c->model.conv_bias_init = 0;
  c->model.skip_bias = false;
  c->model.fc_head = true;
  c->model.resample = Resampling::kFir;
  c->model.strided_conv = true;
  c->model.latent_per_layer = true;
  c->model.image_range = ImageRange::kMinusOneToOne;
  c->model.mbstd_group = 8;
  c->model.mbstd_per_group = true;
  c->model.mbstd_unbiased = false;
  c->loss.loss = AdversarialLoss::kLogistic;
  c->loss.r1_gamma = 1;
  c->loss.r1_interval = 16;
  c->loss.pl_weight = 2;
  c->loss.pl_interval = 4;
  c->loss.pl_times_interval = true;
  c->loss.pl_batch_shrink = 2;
  c->loss.pl_start = 0;
  c->loss.pl_mean_includes_batch = true;
  c->loss.mixing_min_block = 1;
  c->optimizer.lr = 2.5e-3;
  c->optimizer.mapping_lr = 2.5e-5;
  c->optimizer.separate_regularizers = true;
  c->optimizer.clip_norm = 0;
  c->optimizer.ema_kimg = 20;
  c->optimizer.ema_rampup = 0;
  c->batch = 64;
  c->kimg = 25000;
  c->tick_kimg = 4;
  c->snap = 50;
}

struct Preset {
  const char* name;
  const char* note;  // for the list in an error message
  void (*apply)(TrainConfig* config);
};

constexpr Preset kPresets[] = {
    {"quick", " (the default)", Quick},
    {"annotated", "", Annotated},
    {"official", "", Official},
};

}  // namespace

std::vector<std::string> PresetNames() {
  std::vector<std::string> names;
  for (const Preset& preset : kPresets) names.push_back(preset.name);
  return names;
}

absl::StatusOr<TrainConfig> PresetConfig(absl::string_view name) {
  std::string message = absl::StrCat("no preset \"", name, "\"; there are");
  const char* separator = " ";
  for (const Preset& preset : kPresets) {
    if (name == preset.name) {
      TrainConfig config;
      config.preset = preset.name;
      preset.apply(&config);
      return config;
    }
    absl::StrAppend(&message, separator, "\"", preset.name, "\"", preset.note);
    separator = &preset + 2 == std::end(kPresets) ? " and " : ", ";
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace sg::gan
