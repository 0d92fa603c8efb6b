#include "gan/interop/model_config_of.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "gan/config/enums.h"
#include "gan/config/presets.h"
#include "gan/config/validate.h"
#include "gan/model/stylegan2/discriminator.h"

namespace sg::gan {
namespace {

TrainConfig OfficialPreset() {
  absl::StatusOr<TrainConfig> config = PresetConfig("official");
  SG_CHECK(config.ok()) << "[OfficialPreset] " << config.status().message();
  return *std::move(config);
}

absl::Status Refused(absl::string_view what) { return absl::FailedPreconditionError(what); }

// `network` is "its generator" or "its discriminator", and `field` that of our configuration.
absl::StatusOr<Architecture> ArchitectureOf(const ForeignLayers& layers, absl::string_view network,
                                            absl::string_view field) {
  const absl::StatusOr<Architecture> architecture = ParseEnum<Architecture>(field, layers.architecture);
  if (architecture.ok()) return architecture;
  return Refused(absl::StrCat(network, " cannot be used: ", architecture.status().message()));
}

// The rule min(channel_base / size, max_features).
struct ChannelRule {
  int64_t base = 0, max = 0;
};

ChannelRule RuleOf(const std::vector<int64_t>& channels) {
  ChannelRule rule;
  rule.max = *std::max_element(channels.begin(), channels.end());
  rule.base = channels.back() * SizeAt(channels.size() - 1);
  return rule;
}

absl::Status CheckChannels(const std::vector<int64_t>& channels, const ModelConfig& model, absl::string_view network) {
  const auto blocks = static_cast<size_t>(model.NumBlocks());
  bool fits = channels.size() == blocks;
  for (size_t i = 0; fits && i < blocks; ++i) {
    fits = channels[i] == model.Channels(/*features_at_resolution=*/0, static_cast<int>(blocks - 1 - i));
  }
  if (fits) return absl::OkStatus();
  return Refused(absl::StrCat(network, " has the channels ", absl::StrJoin(channels, ", "),
                              " from 4x4 on, which are not channel_base = ", model.channel_base,
                              " / size, at most max_features = ", model.max_features));
}

}  // namespace

absl::StatusOr<ModelConfig> ModelConfigOf(const ForeignGenerator& generator) {
  const ForeignLayers& layers = generator.layers;
  ModelConfig model = OfficialPreset().model;
  const size_t blocks = layers.channels.size();
  if (blocks < 2 || blocks > 9) {
    return Refused(absl::StrCat("its generator has ", blocks, " sizes, not 2 (8x8) to 9 (1024x1024)"));
  }
  const ChannelRule rule = RuleOf(layers.channels);
  constexpr int64_t kMaxInt = INT32_MAX;
  if (rule.base > kMaxInt || rule.max > kMaxInt) {
    return Refused("its generator has more channels than any network");
  }
  model.resolution = SizeAt(blocks - 1);
  model.image_channels = layers.image_channels;
  model.latent_dim = generator.z_dim;
  model.w_dim = generator.w_dim == generator.z_dim ? 0 : generator.w_dim;
  model.label_dim = layers.label_dim;
  model.mapping_layers = generator.mapping_layers;
  model.mapping_lr_mul = generator.mapping_lr_mul;
  model.channel_base = static_cast<int>(rule.base);
  model.max_features = static_cast<int>(rule.max);
  model.g_features = model.d_features = static_cast<int>(layers.channels.back());
  model.conv_clamp = layers.conv_clamp;
  model.noise = generator.noise;
  const absl::StatusOr<Architecture> architecture = ArchitectureOf(layers, "its generator", "g_architecture");
  if (!architecture.ok()) return architecture.status();
  model.g_architecture = *architecture;
  const absl::Status valid = Validate(model);
  if (!valid.ok()) return Refused(absl::StrCat("its generator cannot be used: ", valid.message()));
  const absl::Status channels = CheckChannels(layers.channels, model, "its generator");
  if (!channels.ok()) return channels;
  return model;
}

absl::Status AddDiscriminator(const ForeignDiscriminator& discriminator, ModelConfig* model) {
  const ForeignLayers& layers = discriminator.layers;
  // These are one switch for both networks.
  struct Shared {
    const char* name;
    double generators, discriminators;
  };
  for (const Shared& s : {Shared{"image_channels", static_cast<double>(model->image_channels),
                                 static_cast<double>(layers.image_channels)},
                          {"label_dim", static_cast<double>(model->label_dim), static_cast<double>(layers.label_dim)},
                          {"conv_clamp", model->conv_clamp, layers.conv_clamp}}) {
    if (s.generators == s.discriminators) continue;
    return Refused(absl::StrCat("its discriminator has ", s.name, " = ", s.discriminators, " beside the generator's ",
                                s.generators));
  }
  if (layers.label_dim != 0 && discriminator.mapping_layers != kLabelLayers) {
    return Refused(
        absl::StrCat("its discriminator maps labels by ", discriminator.mapping_layers, " layers, not ", kLabelLayers));
  }
  const absl::Status channels = CheckChannels(layers.channels, *model, "its discriminator");
  if (!channels.ok()) return channels;
  const absl::StatusOr<Architecture> architecture = ArchitectureOf(layers, "its discriminator", "d_architecture");
  if (!architecture.ok()) return architecture.status();
  ModelConfig with = *model;
  with.d_architecture = *architecture;
  with.mbstd_group = discriminator.mbstd_group;
  with.mbstd_channels = discriminator.mbstd_channels;
  const absl::Status valid = Validate(with);
  if (!valid.ok()) return Refused(absl::StrCat("its discriminator cannot be used: ", valid.message()));
  *model = with;
  return absl::OkStatus();
}

absl::Status CheckOfficial(const ModelConfig& model) {
  const ModelConfig official = OfficialPreset().model;
  // Sizes may differ, and the switches that ForeignNetwork has.
  struct Switch {
    bool fits;
    const char* sentence;
  };
  for (const Switch& s : {
           Switch{model.GrowsFrom4x4(), "constant is not 4x4"},
           {model.latent_norm == official.latent_norm, "latent_norm is not \"rms\""},
           {model.rgb_activation == official.rgb_activation, "rgb_activation is on"},
           {model.activation_gain == official.activation_gain, "activation_gain is not the root of 2"},
           {model.skip_bias == official.skip_bias, "skip_bias is on"},
           {model.fc_head == official.fc_head, "fc_head is off"},
           {model.resample == official.resample, "resample is not \"fir\""},
           {model.strided_conv == official.strided_conv, "strided_conv is off"},
           {model.latent_per_layer == official.latent_per_layer, "latent_per_layer is off"},
           {model.image_range == official.image_range, "image_range is not [-1,1]"},
           {model.mbstd_per_group == official.mbstd_per_group, "mbstd_per_group is off"},
           {model.mbstd_unbiased == official.mbstd_unbiased, "mbstd_unbiased is on"},
       }) {
    if (!s.fits) return Refused(s.sentence);
  }
  return absl::OkStatus();
}

TrainConfig TrainConfigOf(const ModelConfig& model) {
  TrainConfig config = OfficialPreset();
  config.model = model;
  config.cond = model.label_dim > 0;
  config.optimizer.mapping_lr = config.optimizer.lr;  // mapping_lr_mul makes its steps smaller
  // The smallest batch of at least 32 that divides into groups, and into halves for the path lengths.
  const int group = std::max(model.mbstd_group, 1);
  const int step = group % 2 == 0 ? group : 2 * group;
  constexpr int kLeast = 32;
  config.batch = (kLeast + step - 1) / step * step;
  return config;
}

}  // namespace sg::gan
