#include "gan/config/config.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "gan/config/config_json.h"

namespace sg::gan {
namespace {

bool IsPowerOfTwo(int n) { return n > 0 && (n & (n - 1)) == 0; }

template <typename T>
absl::Status InRange(absl::string_view name, T value, T low, T high) {
  if (value >= low && value <= high) return absl::OkStatus();  // a NaN is outside
  return absl::InvalidArgumentError(absl::StrCat(name, " is ", value, ", must be from ", low, " to ", high));
}

absl::Status OneOf(absl::string_view name, const std::string& value, absl::string_view a, absl::string_view b) {
  if (value == a || value == b) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, " is \"", value, "\", must be \"", a, "\" or \"", b, "\""));
}

// The first error, if any.
template <typename... Rest>
absl::Status FirstError(absl::Status first, Rest... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return first;
  } else {
    return first.ok() ? FirstError(rest...) : first;
  }
}

}  // namespace

int ModelConfig::LogResolution() const { return static_cast<int>(std::lround(std::log2(resolution))); }

int64_t ModelConfig::Channels(int features_at_resolution, int level) const {
  const int64_t wanted =
      channel_base > 0 ? channel_base / (resolution >> level) : static_cast<int64_t>(features_at_resolution) << level;
  return std::min<int64_t>(max_features, wanted);
}

int64_t TrainConfig::TotalSteps() const { return static_cast<int64_t>(std::ceil(kimg * 1000 / batch)); }

double TrainConfig::DiscriminatorLazyShare() const {
  if (!optimizer.separate_regularizers || !loss.HasR1()) return 1;
  return loss.r1_interval / (loss.r1_interval + 1.0);
}

double TrainConfig::GeneratorLazyShare() const {
  if (!optimizer.separate_regularizers || !loss.HasPathLength()) return 1;
  return loss.pl_interval / (loss.pl_interval + 1.0);
}

absl::StatusOr<TrainConfig> PresetConfig(absl::string_view name) {
  TrainConfig config;
  config.preset = std::string(name);
  if (name == "annotated") {
    config.tick_kimg = 1;
    config.snap = 10;
    return config;
  }
  if (name == "quick") {
    // Small networks and the paper's choices where they learn faster: a latent that matters from the first step (the annotated
    // unit length leaves the styles all but constant for thousands of steps), linear RGB, per-group statistics, and no noise,
    // which icons do not need and which otherwise stands in for detail. A small batch, because at first the number of steps
    // counts more than the images in each.
    config.model.resolution = 32;
    config.model.latent_dim = 128;
    config.model.mapping_layers = 4;
    config.model.g_features = 16;
    config.model.d_features = 16;
    config.model.max_features = 128;
    config.model.latent_norm = "rms";
    config.model.rgb_activation = false;
    config.model.activation_gain = std::sqrt(2.0);
    config.model.conv_bias_init = 0;
    config.model.noise = false;
    config.model.mbstd_per_group = true;
    config.model.mbstd_unbiased = false;
    config.loss.loss = "logistic";
    config.loss.r1_gamma = 0.3;
    config.loss.r1_interval = 8;
    config.loss.pl_weight = 0;
    config.optimizer.lr = 2e-3;
    config.optimizer.mapping_lr = 4e-5;
    config.optimizer.clip_norm = 0;
    config.optimizer.ema_kimg = 1.5;
    config.batch = 8;
    config.kimg = 80;
    config.tick_kimg = 1;
    config.snap = 4;
    return config;
  }
  if (name == "official") {
    config.model.resolution = 256;
    config.model.channel_base = 16384;                       // fmaps 0.5
    config.model.g_features = config.model.d_features = 64;  // the same at 256 pixels, for who sets channel_base to 0
    config.model.latent_norm = "rms";
    config.model.rgb_activation = false;
    config.model.activation_gain = std::sqrt(2.0);
    config.model.conv_bias_init = 0;
    config.model.skip_bias = false;
    config.model.fc_head = true;
    config.model.resample = "fir";
    config.model.strided_conv = true;
    config.model.latent_per_layer = true;
    config.model.image_range = "[-1,1]";
    config.model.mbstd_group = 8;
    config.model.mbstd_per_group = true;
    config.model.mbstd_unbiased = false;
    config.loss.loss = "logistic";
    config.loss.r1_gamma = 1;
    config.loss.r1_interval = 16;
    config.loss.pl_weight = 2;
    config.loss.pl_interval = 4;
    config.loss.pl_times_interval = true;
    config.loss.pl_batch_shrink = 2;
    config.loss.pl_start = 0;
    config.loss.pl_mean_includes_batch = true;
    config.loss.mixing_min_block = 1;
    config.optimizer.lr = 2.5e-3;
    config.optimizer.mapping_lr = 2.5e-5;
    config.optimizer.separate_regularizers = true;
    config.optimizer.clip_norm = 0;
    config.optimizer.ema_kimg = 20;
    config.optimizer.ema_rampup = 0;
    config.batch = 64;
    config.kimg = 25000;
    return config;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no preset \"", name, "\"; there are \"quick\" (the default), \"annotated\" and \"official\""));
}

absl::Status Validate(const ModelConfig& m) {
  const absl::Status ranges = FirstError(
      InRange("resolution", m.resolution, 8, 1024), InRange("latent_dim", m.latent_dim, 1, 4096),
      InRange("mapping_layers", m.mapping_layers, 1, 32), InRange("g_features", m.g_features, 1, 4096),
      InRange("d_features", m.d_features, 1, 4096), InRange("max_features", m.max_features, 1, 4096),
      InRange("channel_base", m.channel_base, 0, 1 << 22), OneOf("latent_norm", m.latent_norm, "unit", "rms"),
      OneOf("image_range", m.image_range, "[0,1]", "[-1,1]"), InRange("activation_gain", m.activation_gain, 1e-3, 1e3),
      InRange("conv_bias_init", m.conv_bias_init, -1e3, 1e3), OneOf("resample", m.resample, "bilinear", "fir"),
      InRange("mbstd_group", m.mbstd_group, 2, 1024));
  if (!ranges.ok()) return ranges;
  if (!IsPowerOfTwo(m.resolution)) {
    return absl::InvalidArgumentError(absl::StrCat("resolution is ", m.resolution, ", must be a power of two"));
  }
  if (m.channel_base != 0 && m.channel_base < m.resolution) {
    return absl::InvalidArgumentError(absl::StrCat("channel_base is ", m.channel_base,
                                                   ", must be 0 or at least resolution = ", m.resolution,
                                                   ", so that every size has a channel"));
  }
  return absl::OkStatus();
}

absl::Status Validate(const TrainConfig& c) {
  const absl::Status ranges = FirstError(
      Validate(c.model), OneOf("loss", c.loss.loss, "hinge", "logistic"),
      InRange("r1_gamma", c.loss.r1_gamma, 0.0, 1e6), InRange("r1_interval", c.loss.r1_interval, 0, 1 << 20),
      InRange("pl_weight", c.loss.pl_weight, 0.0, 1e6), InRange("pl_interval", c.loss.pl_interval, 1, 1 << 20),
      InRange("pl_batch_shrink", c.loss.pl_batch_shrink, 1, 1 << 16),
      InRange<int64_t>("pl_start", c.loss.pl_start, 0, int64_t{1} << 40),
      InRange("pl_decay", c.loss.pl_decay, 0.0, 0.999999), InRange("mixing_prob", c.loss.mixing_prob, 0.0, 1.0),
      InRange("mixing_min_block", c.loss.mixing_min_block, 0, c.model.NumLatents() - 1),
      InRange("lr", c.optimizer.lr, 0.0, 10.0), InRange("mapping_lr", c.optimizer.mapping_lr, 0.0, 10.0),
      InRange("beta1", c.optimizer.beta1, 0.0, 0.9999), InRange("beta2", c.optimizer.beta2, 0.0, 0.999999),
      InRange("clip_norm", c.optimizer.clip_norm, 0.0, 1e9), InRange("ema_kimg", c.optimizer.ema_kimg, 0.0, 1e6),
      InRange("ema_rampup", c.optimizer.ema_rampup, 0.0, 1e3), OneOf("on_bad_image", c.on_bad_image, "fail", "skip"),
      InRange("batch", c.batch, 2, 1 << 16), InRange("grad_accum", c.grad_accum, 1, 1 << 16),
      InRange("kimg", c.kimg, 0.0, 1e9), OneOf("precision", c.precision, "f32", "bf16"),
      InRange("tick_kimg", c.tick_kimg, 1e-3, 1e6), InRange("snap", c.snap, 1, 1 << 20),
      InRange("keep", c.keep, 1, 1 << 20));
  if (!ranges.ok()) return ranges;
  if (c.batch % c.grad_accum != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch is ", c.batch, ", which does not divide into grad_accum = ", c.grad_accum, " parts"));
  }
  if (c.MicroBatch() % c.model.mbstd_group != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a micro-batch is ", c.MicroBatch(),
                     " images, which does not divide into groups of mbstd_group = ", c.model.mbstd_group));
  }
  if (c.loss.HasPathLength() && c.MicroBatch() % c.loss.pl_batch_shrink != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a micro-batch is ", c.MicroBatch(),
                     " images, which does not divide by pl_batch_shrink = ", c.loss.pl_batch_shrink));
  }
  return absl::OkStatus();
}

std::string ToJson(const TrainConfig& config) { return internal::WriteJson(config); }

absl::StatusOr<TrainConfig> TrainConfigFromJson(absl::string_view json) {
  absl::StatusOr<TrainConfig> config = internal::ReadJson(json);
  if (!config.ok()) return config;
  const absl::Status valid = Validate(*config);
  if (!valid.ok()) return valid;
  return config;
}

}  // namespace sg::gan
