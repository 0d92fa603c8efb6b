#include "gan/interop/model_config_of.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "gan/config/presets.h"
#include "gan/config/validate.h"

namespace sg::gan {
namespace {

TrainConfig OfficialPreset() {
  absl::StatusOr<TrainConfig> config = PresetConfig("official");
  SG_CHECK(config.ok()) << "[OfficialPreset] " << config.status().message();
  return *std::move(config);
}

// The switches of a network that our model lacks. A switch that the model gets is set in ModelConfigOf or
// AddDiscriminator, and its line here goes.
class MissingSwitches {
 public:
  void Add(absl::string_view name, absl::string_view value) { missing_.push_back(absl::StrCat(name, " = ", value)); }

  void AddLayers(const ForeignLayers& layers, absl::string_view prefix, absl::string_view supported_architecture,
                 const ImportOptions& options) {
    if (layers.image_channels != 3) Add("image_channels", absl::StrCat(layers.image_channels));
    if (layers.label_dim != 0) Add("label_dim", absl::StrCat(layers.label_dim));
    if (layers.conv_clamp != 0 && !options.ignore_clamp) Add("conv_clamp", absl::StrCat(layers.conv_clamp));
    if (layers.architecture != supported_architecture) {
      Add(absl::StrCat(prefix, "_architecture"), layers.architecture);
    }
  }

  bool Has(absl::string_view name) const {
    return std::any_of(missing_.begin(), missing_.end(),
                       [name](const std::string& entry) { return entry.rfind(absl::StrCat(name, " "), 0) == 0; });
  }

  absl::Status status(absl::string_view network) const {
    if (missing_.empty()) return absl::OkStatus();
    const std::string hint = Has("conv_clamp") && missing_.size() == 1
                                 ? "; \"convert --ignore-clamp\" takes it without the limit on its activations"
                                 : "";
    return absl::FailedPreconditionError(
        absl::StrCat(network, " needs ", absl::StrJoin(missing_, ", "), ", which this program does not have", hint));
  }

 private:
  std::vector<std::string> missing_;
};

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
  return absl::FailedPreconditionError(absl::StrCat(network, " has the channels ", absl::StrJoin(channels, ", "),
                                                    " from 4x4 on, which are not channel_base = ", model.channel_base,
                                                    " / size, at most max_features = ", model.max_features));
}

}  // namespace

absl::StatusOr<ModelConfig> ModelConfigOf(const ForeignGenerator& generator, const ImportOptions& options) {
  const ForeignLayers& layers = generator.layers;
  MissingSwitches missing;
  missing.AddLayers(layers, "g", "skip", options);
  if (generator.z_dim != generator.w_dim) {
    missing.Add("z_dim", absl::StrCat(generator.z_dim, " beside w_dim = ", generator.w_dim));
  }
  const absl::Status complete = missing.status("its generator");
  if (!complete.ok()) return complete;

  ModelConfig model = OfficialPreset().model;
  const size_t blocks = layers.channels.size();
  if (blocks < 2 || blocks > 9) {
    return absl::FailedPreconditionError(
        absl::StrCat("its generator has ", blocks, " sizes, not 2 (8x8) to 9 (1024x1024)"));
  }
  const ChannelRule rule = RuleOf(layers.channels);
  constexpr int64_t kMaxInt = INT32_MAX;
  if (rule.base > kMaxInt || rule.max > kMaxInt) {
    return absl::FailedPreconditionError("its generator has more channels than any network");
  }
  model.resolution = SizeAt(blocks - 1);
  model.latent_dim = generator.w_dim;
  model.mapping_layers = generator.mapping_layers;
  model.channel_base = static_cast<int>(rule.base);
  model.max_features = static_cast<int>(rule.max);
  model.g_features = model.d_features = static_cast<int>(layers.channels.back());
  model.noise = generator.noise;
  const absl::Status valid = Validate(model);
  if (!valid.ok())
    return absl::FailedPreconditionError(absl::StrCat("its generator cannot be used: ", valid.message()));
  const absl::Status channels = CheckChannels(layers.channels, model, "its generator");
  if (!channels.ok()) return channels;
  return model;
}

absl::Status AddDiscriminator(const ForeignDiscriminator& discriminator, const ImportOptions& options,
                              ModelConfig* model) {
  MissingSwitches missing;
  missing.AddLayers(discriminator.layers, "d", "resnet", options);
  if (discriminator.mbstd_group == 0) missing.Add("mbstd_group", "the whole batch");
  if (discriminator.mbstd_channels != 1) missing.Add("mbstd_channels", absl::StrCat(discriminator.mbstd_channels));
  const absl::Status complete = missing.status("its discriminator");
  if (!complete.ok()) return complete;
  const absl::Status channels = CheckChannels(discriminator.layers.channels, *model, "its discriminator");
  if (!channels.ok()) return channels;
  ModelConfig with = *model;
  with.mbstd_group = discriminator.mbstd_group;
  const absl::Status valid = Validate(with);
  if (!valid.ok())
    return absl::FailedPreconditionError(absl::StrCat("its discriminator cannot be used: ", valid.message()));
  *model = with;
  return absl::OkStatus();
}

absl::Status CheckOfficial(const ModelConfig& model) {
  const ModelConfig official = OfficialPreset().model;
  // Sizes may differ, and the group of the minibatch standard deviation.
  struct Switch {
    bool fits;
    const char* sentence;
  };
  for (const Switch& s : {
           Switch{model.latent_norm == official.latent_norm, "latent_norm is not \"rms\""},
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
    if (!s.fits) return absl::FailedPreconditionError(s.sentence);
  }
  return absl::OkStatus();
}

TrainConfig TrainConfigOf(const ModelConfig& model) {
  TrainConfig config = OfficialPreset();
  config.model = model;
  // The smallest batch of at least 32 that divides into groups, and into halves for the path lengths.
  const int step = model.mbstd_group % 2 == 0 ? model.mbstd_group : 2 * model.mbstd_group;
  constexpr int kLeast = 32;
  config.batch = (kLeast + step - 1) / step * step;
  return config;
}

}  // namespace sg::gan
