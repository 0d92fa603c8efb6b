#include "gan/config/validate.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sg::gan {
namespace {

bool IsPowerOfTwo(int n) { return n > 0 && (n & (n - 1)) == 0; }

template <typename T>
absl::Status InRange(absl::string_view name, T value, T low, T high) {
  if (value >= low && value <= high) return absl::OkStatus();  // a NaN is outside
  return absl::InvalidArgumentError(absl::StrCat(name, " is ", value, ", must be from ", low, " to ", high));
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

absl::Status Validate(const ModelConfig& m) {
  const absl::Status ranges = FirstError(
      InRange("resolution", m.resolution, 8, 1024), InRange("latent_dim", m.latent_dim, 1, 4096),
      InRange("mapping_layers", m.mapping_layers, 1, 32), InRange("g_features", m.g_features, 1, 4096),
      InRange("d_features", m.d_features, 1, 4096), InRange("max_features", m.max_features, 1, 4096),
      InRange("channel_base", m.channel_base, 0, 1 << 22), InRange("activation_gain", m.activation_gain, 1e-3, 1e3),
      InRange("conv_bias_init", m.conv_bias_init, -1e3, 1e3), InRange("mbstd_group", m.mbstd_group, 2, 1024));
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
      Validate(c.model), InRange("r1_gamma", c.loss.r1_gamma, 0.0, 1e6),
      InRange("r1_interval", c.loss.r1_interval, 0, 1 << 20), InRange("pl_weight", c.loss.pl_weight, 0.0, 1e6),
      InRange("pl_interval", c.loss.pl_interval, 1, 1 << 20),
      InRange("pl_batch_shrink", c.loss.pl_batch_shrink, 1, 1 << 16),
      InRange<int64_t>("pl_start", c.loss.pl_start, 0, int64_t{1} << 40),
      InRange("pl_decay", c.loss.pl_decay, 0.0, 0.999999), InRange("mixing_prob", c.loss.mixing_prob, 0.0, 1.0),
      InRange("mixing_min_block", c.loss.mixing_min_block, 0, c.model.NumLatents() - 1),
      InRange("lr", c.optimizer.lr, 0.0, 10.0), InRange("mapping_lr", c.optimizer.mapping_lr, 0.0, 10.0),
      InRange("beta1", c.optimizer.beta1, 0.0, 0.9999), InRange("beta2", c.optimizer.beta2, 0.0, 0.999999),
      InRange("clip_norm", c.optimizer.clip_norm, 0.0, 1e9), InRange("ema_kimg", c.optimizer.ema_kimg, 0.0, 1e6),
      InRange("ema_rampup", c.optimizer.ema_rampup, 0.0, 1e3), InRange("batch", c.batch, 2, 1 << 16),
      InRange("grad_accum", c.grad_accum, 1, 1 << 16), InRange("kimg", c.kimg, 0.0, 1e9),
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

}  // namespace sg::gan
