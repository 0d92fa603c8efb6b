#include "gan/interop/export_network.h"

#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/io/atomic_file.h"
#include "engine/io/safetensors_writer.h"
#include "engine/io/torch_writer.h"
#include "gan/config/image_size.h"
#include "gan/interop/model_config_of.h"
#include "gan/interop/rosinality.h"
#include "gan/interop/rosinality_names.h"
#include "gan/interop/shared_config.h"
#include "gan/interop/weight_rules.h"
#include "gan/sample/numpy_random.h"

namespace sg::gan {
namespace {

constexpr int kRosinalityMaxFeatures = 512;
constexpr int kRosinalityGroup = 4;  // of the minibatch standard deviation, fixed in that program
constexpr double kRosinalityLrMul = 0.01;
constexpr int kRosinalityColors = 3;
constexpr float kTaps[] = {1, 3, 3, 1};
constexpr float kTapSum = 64;
constexpr uint32_t kNoiseSeed = 0;

absl::Status WithPath(const std::string& path, const absl::Status& status) {
  if (status.ok() || absl::StrContains(status.message(), ": ")) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

// One entry of a state dict.
io::TorchValue ValueOf(const Shape& shape, std::function<absl::StatusOr<HostTensor>()> read) {
  return io::TorchValue::Tensor(shape, [read = std::move(read)]() -> absl::StatusOr<std::vector<float>> {
    absl::StatusOr<HostTensor> tensor = read();
    if (!tensor.ok()) return tensor.status();
    return std::move(tensor->values);
  });
}

io::TorchValue FilterOf(double scale) {
  HostTensor filter = {{4, 4}, {}};
  for (const float row : kTaps) {
    for (const float column : kTaps) filter.values.push_back(row * column / kTapSum * static_cast<float>(scale));
  }
  return ValueOf(filter.shape, [filter]() -> absl::StatusOr<HostTensor> { return filter; });
}

// The map of constant noise of a layer that has none: the same for everybody.
HostTensor DrawnNoise(int layer, int size) {
  HostTensor map = {{size, size}, {}};
  for (const double value : NumpyRandomState(kNoiseSeed + static_cast<uint32_t>(layer)).RandN(int64_t{size} * size)) {
    map.values.push_back(static_cast<float>(value));
  }
  return map;
}

bool HasDiscriminator(const ImportedNetwork& network) {
  return network.tensors.count(absl::StrCat(kDiscriminatorPrefix, "final.bias")) != 0;
}

bool DiscriminatorFits(const ModelConfig& model) {
  return model.d_architecture == Architecture::kResnet && model.mbstd_group == kRosinalityGroup &&
         model.mbstd_channels == 1;
}

class RosinalityExporter {
 public:
  explicit RosinalityExporter(const ImportedNetwork& network)
      : network_(network), model_(network.config.model), sizes_(model_.NumBlocks()) {}

  absl::Status Check() const {
    const absl::Status status = CheckOfficial(model_);
    std::string differs(status.message());
    if (!model_.noise) differs = "noise is off";
    if (model_.label_dim > 0) differs = absl::StrCat("label_dim is ", model_.label_dim);
    if (model_.image_channels != kRosinalityColors) differs = absl::StrCat("image_channels is ", model_.image_channels);
    if (model_.WDim() != model_.latent_dim) differs = "w_dim is not latent_dim";
    if (model_.g_architecture != Architecture::kSkip) differs = "g_architecture is not \"skip\"";
    if (differs.empty()) return status;
    return absl::FailedPreconditionError(
        absl::StrCat("rosinality's code has no network whose ", differs, "; its networks are the preset \"official\""));
  }

  io::TorchValue Root() {
    io::TorchValue root = io::TorchValue::Dict();
    if (Has("generator.initial_constant")) root.Add("g", Generator(""));
    if (HasDiscriminator(network_) && DiscriminatorFits(model_)) root.Add("d", Discriminator());
    root.Add("g_ema", Generator(kAveragePrefix));
    const ForeignTensor& average = network_.tensors.at(kLatentAverageName);
    root.Add("latent_avg", ValueOf(average.shape, average.read));
    io::TorchValue extension = io::TorchValue::Dict();
    extension.Add("config", io::TorchValue::Text(SharedConfig(network_.config)));
    extension.Add("effective", std::move(effective_));
    root.Add(kRosinalityExtension, std::move(extension));
    return root;
  }

 private:
  bool Has(const std::string& name) const { return network_.tensors.count(name) != 0; }

  // Our tensors by NVIDIA's names.
  ForeignTensors ByForeignNames(const std::vector<WeightRule>& rules, const std::string& prefix) {
    const double ratio = kRosinalityLrMul / model_.mapping_lr_mul;
    ForeignTensors tensors;
    for (const WeightRule& rule : rules) {
      const std::string name = prefix + rule.ours;
      const ForeignTensor& ours = network_.tensors.at(name);
      tensors[rule.foreign] = {rule.foreign_shape, [rule, read = ours.read, ratio]() -> absl::StatusOr<HostTensor> {
                                 absl::StatusOr<HostTensor> values = read();
                                 if (!values.ok()) return values.status();
                                 return ToForeign(rule, *std::move(values), ratio);
                               }};
      // Dividing rounds.
      if (rule.change == WeightChange::kTimesLrMul && ratio != 1) effective_.Add(name, ValueOf(ours.shape, ours.read));
    }
    return tensors;
  }

  static void AddNamed(const RosinalityName& name, const ForeignTensor& tensor, io::TorchValue* dict) {
    dict->Add(name.theirs, ValueOf(WrappedShape(name.wrap, tensor.shape), tensor.read));
  }

  io::TorchValue Generator(const std::string& prefix) {
    ForeignTensors tensors = ByForeignNames(GeneratorRules(model_), prefix);
    const std::vector<NoiseMap> maps = NoiseMaps(model_);
    for (size_t i = 0; i < maps.size(); ++i) {
      const int layer = static_cast<int>(i), size = maps[i].size;
      if (tensors.count(maps[i].foreign) != 0) continue;
      tensors[maps[i].foreign] = {{size, size},
                                  [layer, size]() -> absl::StatusOr<HostTensor> { return DrawnNoise(layer, size); }};
    }
    io::TorchValue dict = io::TorchValue::Dict();
    for (const RosinalityName& name : RosinalityGeneratorNames(sizes_, model_.mapping_layers)) {
      AddNamed(name, tensors.at(name.foreign), &dict);
    }
    for (const RosinalityFilter& filter : RosinalityGeneratorFilters(sizes_))
      dict.Add(filter.name, FilterOf(filter.scale));
    return dict;
  }

  io::TorchValue Discriminator() {
    const ForeignTensors tensors = ByForeignNames(DiscriminatorRules(model_), kDiscriminatorPrefix);
    io::TorchValue dict = io::TorchValue::Dict();
    for (const RosinalityName& name : RosinalityDiscriminatorNames(sizes_))
      AddNamed(name, tensors.at(name.foreign), &dict);
    for (const RosinalityFilter& filter : RosinalityDiscriminatorFilters(sizes_)) {
      dict.Add(filter.name, FilterOf(filter.scale));
    }
    return dict;
  }

  const ImportedNetwork& network_;
  const ModelConfig& model_;
  const int sizes_;
  io::TorchValue effective_ = io::TorchValue::Dict();
};

std::string ReadmeOf(const ImportedNetwork& network) {
  const ModelConfig& model = network.config.model;
  const bool has_labels = model.label_dim > 0;
  return absl::StrCat(
      "---\nlibrary_name: stylegan2.cpp\ntags:\n- stylegan2\n", has_labels ? "" : "- unconditional-image-generation\n",
      "license: other\n---\n\n# StyleGAN2, ", ImageSizeText(model), "\n\nConverted from a file of ", network.origin,
      ". The license is that of the original weights.\n\n```\nbazel run //tools:generate -- --network=THIS_FOLDER "
      "--seeds=0-15",
      has_labels ? " --class=0" : "",
      "\n```\n\n`config.json` has the architecture, and `model.safetensors` the weights: the averaged "
      "generator under "
      "`ema.`, with its average latent.\n");
}

}  // namespace

absl::Status WriteModel(const std::string& path, const ImportedNetwork& network) {
  std::vector<io::SafetensorsEntry> entries;
  for (const auto& [name, tensor] : network.tensors) {
    entries.push_back({name, "F32", tensor.shape, [read = tensor.read](const io::SafetensorsSink& sink) {
                         const absl::StatusOr<HostTensor> values = read();
                         if (!values.ok()) return values.status();
                         return sink(absl::string_view(reinterpret_cast<const char*>(values->values.data()),
                                                       values->values.size() * sizeof(float)));
                       }});
  }
  return io::WriteSafetensors(path, std::move(entries),
                              {{"config", SharedConfig(network.config)}, {"origin", network.origin}, {"format", "pt"}});
}

absl::Status WriteModelFolder(const std::string& path, const ImportedNetwork& network) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::UnavailableError(absl::StrCat(path, ": cannot make the folder: ", error.message()));
  absl::Status status = WriteModel(absl::StrCat(path, "/", kModelFileName), network);
  if (status.ok()) status = io::WriteFileAtomically(path + "/config.json", SharedConfig(network.config) + "\n");
  const std::string readme = path + "/README.md";
  if (status.ok() && !std::filesystem::exists(readme, error))
    status = io::WriteFileAtomically(readme, ReadmeOf(network));
  return status;
}

absl::Status WriteRosinality(const std::string& path, const ImportedNetwork& network) {
  RosinalityExporter exporter(network);
  const absl::Status fits = exporter.Check();
  if (!fits.ok()) return WithPath(path, fits);
  return io::WriteTorchFile(path, exporter.Root());
}

std::string RosinalityWarning(const ImportedNetwork& network) {
  const ModelConfig& model = network.config.model;
  std::string warning;
  // Its class has 512 channels up to 32x32, and then channel_multiplier times 16384 / size.
  const bool has_channels = model.max_features == kRosinalityMaxFeatures &&
                            (model.channel_base == 16384 || model.channel_base == 32768 || model.resolution <= 32);
  if (!has_channels || model.latent_dim != kRosinalityMaxFeatures) {
    warning =
        "Rosinality's own code has 512 latents, and 512 channels up to 32x32, so it needs changes to load this file.";
  }
  const auto add = [&warning](absl::string_view sentence) {
    absl::StrAppend(&warning, warning.empty() ? "" : " ", sentence);
  };
  if (HasDiscriminator(network) && !DiscriminatorFits(model)) {
    add("The discriminator is left out, because rosinality's has d_architecture \"resnet\", mbstd_group 4 and "
        "mbstd_channels 1.");
  }
  if (model.conv_clamp > 0) {
    add(absl::StrCat(
        "Rosinality's code does not clamp, so its pictures differ where an activation exceeds conv_clamp = ",
        model.conv_clamp, "."));
  }
  return warning;
}

}  // namespace sg::gan
