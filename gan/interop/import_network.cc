#include "gan/interop/import_network.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/io/safetensors_reader.h"
#include "engine/io/torch_file.h"
#include "engine/io/weight_file_kind.h"
#include "gan/augment/ada_controller.h"
#include "gan/config/json.h"
#include "gan/interop/annotated.h"
#include "gan/interop/complete.h"
#include "gan/interop/foreign_file.h"
#include "gan/interop/latent_average.h"
#include "gan/interop/model_config_of.h"
#include "gan/interop/nvidia.h"
#include "gan/interop/rosinality.h"
#include "gan/interop/tensorflow.h"
#include "gan/interop/weight_rules.h"
#include "gan/model/network.h"
#include "gan/model/stylegan2/discriminator.h"
#include "gan/train/metadata.h"

namespace sg::gan {
namespace {

absl::Status Refused(absl::string_view what) { return absl::FailedPreconditionError(what); }

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

// The tensor of a rule. `lr_mul_ratio` is that of FromForeign. `exact` is our value of it, where the file has that too.
// It counts only if it still belongs to the foreign value, which another program may have changed since.
ForeignTensor ByRule(const WeightRule& rule, const ForeignTensor& foreign, double lr_mul_ratio,
                     const std::optional<ForeignTensor>& exact) {
  return {rule.shape, [rule, read = foreign.read, lr_mul_ratio, exact]() -> absl::StatusOr<HostTensor> {
            absl::StatusOr<HostTensor> values = read();
            if (!values.ok()) return values.status();
            if (exact && exact->shape == rule.shape) {
              absl::StatusOr<HostTensor> ours = exact->read();
              if (ours.ok() && SameBits(ToForeign(rule, *ours, lr_mul_ratio).values, values->values)) return ours;
            }
            return FromForeign(rule, *std::move(values), lr_mul_ratio);
          }};
}

ForeignTensor ZerosOf(const Shape& shape) {
  return {shape, [shape]() -> absl::StatusOr<HostTensor> {
            return HostTensor{shape, std::vector<float>(static_cast<size_t>(shape.NumElements()))};
          }};
}

class Importer {
 public:
  explicit Importer(const ForeignNetwork& foreign) : foreign_(foreign) {}

  absl::Status Run(ImportedNetwork* network) {
    network->origin = foreign_.origin;
    network->notes = foreign_.notes;
    network->augment_p = foreign_.augment_p;
    network_ = network;
    const bool averaged = foreign_.average.has_value();
    if (!averaged && !foreign_.generator) return Refused("it has no generator");
    if (!averaged) network->notes.push_back("It has no average of its weights, so the trained ones are used.");
    const ForeignGenerator& average = averaged ? *foreign_.average : *foreign_.generator;
    const absl::StatusOr<ModelConfig> model = ModelConfigOf(average);
    if (!model.ok()) return model.status();
    model_ = *model;
    model_.noise_const = model_.noise && HasNoise(average) && (!foreign_.generator || HasNoise(*foreign_.generator));
    if (foreign_.discriminator) TakeDiscriminator(*foreign_.discriminator);
    if (averaged && foreign_.generator &&
        (foreign_.generator->layers.conv_clamp != average.layers.conv_clamp ||
         foreign_.generator->noise != average.noise)) {
      return Refused("its trained generator differs from its averaged one in conv_clamp or noise");
    }
    SetConfig(average.w_avg_beta);
    absl::Status status = AddGenerator(average, kAveragePrefix);
    if (!status.ok()) return status;
    return averaged && foreign_.generator ? AddGenerator(*foreign_.generator, "") : absl::OkStatus();
  }

 private:
  // A discriminator is not needed for pictures, so one that does not fit is left out.
  void TakeDiscriminator(const ForeignDiscriminator& discriminator) {
    ModelConfig with = model_;
    const ForeignTensors before = network_->tensors;
    absl::Status status = AddDiscriminator(discriminator, &with);
    if (status.ok()) {
      status = AddRules(DiscriminatorRules(with), discriminator.tensors, kDiscriminatorPrefix,
                        discriminator.mapping_lr_mul / kLabelLrMul);
    }
    if (status.ok()) {
      model_ = with;
    } else {
      network_->tensors = before;
      network_->notes.push_back(absl::StrCat("Its discriminator is left out: ", status.message(), "."));
    }
  }

  // Whether the generator has every map of constant noise. In some files of rosinality's descendants there is none.
  bool HasNoise(const ForeignGenerator& generator) const {
    const std::vector<NoiseMap> maps = NoiseMaps(model_);
    return std::all_of(maps.begin(), maps.end(),
                       [&](const NoiseMap& map) { return generator.tensors.count(map.foreign) != 0; });
  }

  // A file that this program wrote tells the whole configuration. It counts only if it belongs to these tensors.
  void SetConfig(double w_avg_beta) {
    network_->config = TrainConfigOf(model_);
    network_->config.optimizer.w_avg_beta = w_avg_beta;
    if (foreign_.config_json.empty()) return;
    absl::StatusOr<TrainConfig> config = TrainConfigFromJson(foreign_.config_json);
    if (!config.ok() || !CheckOfficial(config->model).ok()) return;
    // A network without maps was given some for the other program, and a program may have removed the maps.
    config->model.noise_const &= model_.noise_const;
    if (!HasSameShapes(config->model)) return;
    network_->config = *config;
    model_ = config->model;
  }

  bool HasSameShapes(ModelConfig other) const {
    other.noise_const = model_.noise_const;
    const auto same = [](const std::vector<WeightRule>& a, const std::vector<WeightRule>& b) {
      if (a.size() != b.size()) return false;
      for (size_t i = 0; i < a.size(); ++i) {
        if (a[i].ours != b[i].ours || a[i].shape != b[i].shape) return false;
      }
      return true;
    };
    return same(GeneratorRules(model_), GeneratorRules(other)) &&
           (!foreign_.discriminator ||
            (same(DiscriminatorRules(model_), DiscriminatorRules(other)) && model_.mbstd_group == other.mbstd_group));
  }

  absl::Status AddGenerator(const ForeignGenerator& generator, const std::string& prefix) {
    ForeignTensors tensors = generator.tensors;
    const auto average = tensors.find("mapping.w_avg");
    if (average != tensors.end()) {
      if (average->second.shape != Shape({model_.WDim()})) return Refused("its average of w has another size than w");
      if (prefix == kAveragePrefix) network_->tensors[kLatentAverageName] = average->second;
      tensors.erase(average);
    }
    if (!model_.noise_const) {
      for (const NoiseMap& map : NoiseMaps(model_)) tensors.erase(map.foreign);
    }
    return AddRules(GeneratorRules(model_), std::move(tensors), prefix,
                    generator.mapping_lr_mul / model_.mapping_lr_mul);
  }

  absl::Status AddRules(const std::vector<WeightRule>& rules, ForeignTensors tensors, const std::string& prefix,
                        double lr_mul_ratio) {
    for (const WeightRule& rule : rules) {
      const auto found = tensors.find(rule.foreign);
      if (found == tensors.end() && !model_.noise && absl::EndsWith(rule.foreign, ".noise_strength")) {
        network_->tensors[prefix + rule.ours] = ZerosOf(rule.shape);  // our layers have it even if noise is off
        continue;
      }
      if (found == tensors.end()) return Refused(absl::StrCat("it lacks the tensor \"", rule.foreign, "\""));
      if (found->second.shape != rule.foreign_shape) {
        return Refused(absl::StrCat("its tensor \"", rule.foreign, "\" is ", ToString(found->second.shape),
                                    " instead of ", ToString(rule.foreign_shape)));
      }
      const std::string name = prefix + rule.ours;
      std::optional<ForeignTensor> exact;
      const auto known = foreign_.exact.find(name);
      if (known != foreign_.exact.end()) exact = known->second;
      network_->tensors[name] = ByRule(rule, found->second, lr_mul_ratio, exact);
      tensors.erase(found);
    }
    if (tensors.empty()) return absl::OkStatus();
    return Refused(absl::StrCat("its tensor ", io::QuotedName(tensors.begin()->first), " belongs to no StyleGAN2 that ",
                                "this program knows"));
  }

  const ForeignNetwork& foreign_;
  ImportedNetwork* network_ = nullptr;
  ModelConfig model_;
};

absl::Status ImportAnnotated(const std::shared_ptr<io::TorchFile>& file, ImportedNetwork* network) {
  absl::StatusOr<AnnotatedNetwork> annotated = ReadAnnotated(file);
  if (!annotated.ok()) return annotated.status();
  network->origin = "the annotated implementation";
  network->config.model = annotated->model;
  network->notes.push_back("It has no average of its weights, so the trained ones are used.");
  for (const auto& [name, tensor] : annotated->generator) network->tensors[kAveragePrefix + name] = tensor;
  for (const auto& [name, tensor] : annotated->discriminator) network->tensors[kDiscriminatorPrefix + name] = tensor;
  return absl::OkStatus();
}

// Why a file without a known network is refused.
std::string WhatElse(const io::TorchFile& file) {
  const io::PickleValue& root = file.root();
  const io::PickleValue* const gan = io::FindItem(root, "GAN");
  if (gan != nullptr) {
    return "this is a network of lucidrains' stylegan2-pytorch, which computes something else: styles plus one, no "
           "equalized learning rate, another mapping network, noise through dense layers, two convolutions at 4x4, "
           "another filter and another discriminator";
  }
  if (file.is_torch_script()) return "this is a TorchScript module, not a StyleGAN2";
  if (root.kind != io::PickleKind::kDict && root.kind != io::PickleKind::kCall) {
    return absl::StrCat("it holds no network, but a value of the kind ", io::KindName(root.kind));
  }
  std::string keys;
  constexpr size_t kShown = 4;
  for (size_t i = 0; i + 1 < root.items.size() && i < 2 * kShown; i += 2) {
    if (root.items[i]->kind != io::PickleKind::kText) continue;
    absl::StrAppend(&keys, keys.empty() ? "" : ", ", io::QuotedName(root.items[i]->text));
  }
  return absl::StrCat("it holds no network of a known program; its entries are ", keys.empty() ? "none" : keys);
}

absl::Status ImportTorch(const std::shared_ptr<io::TorchFile>& file, ImportedNetwork* network) {
  if (IsAnnotated(*file)) return ImportAnnotated(file, network);
  absl::StatusOr<ForeignNetwork> foreign = Refused("");
  if (IsNvidia(*file)) {
    foreign = ReadNvidia(file);
  } else if (IsTensorFlow(*file)) {
    foreign = ReadTensorFlow(file);
  } else if (IsRosinality(*file)) {
    foreign = ReadRosinality(file);
  } else {
    foreign = Refused(WhatElse(*file));
  }
  if (!foreign.ok()) return foreign.status();
  return Importer(*foreign).Run(network);
}

// Whether a tensor of a checkpoint belongs to a network, and not to the state of a training.
bool IsWeight(absl::string_view name) {
  for (const absl::string_view prefix : {absl::string_view(kAveragePrefix), absl::string_view(kDiscriminatorPrefix),
                                         absl::string_view(kSynthesisPrefix), absl::string_view(kMappingPrefix)}) {
    if (absl::StartsWith(name, prefix)) return true;
  }
  return false;
}

absl::Status ImportOwn(const std::string& path, ImportedNetwork* network) {
  absl::StatusOr<io::SafetensorsReader> opened = io::SafetensorsReader::Open(path);
  if (!opened.ok()) return opened.status();
  const auto file = std::make_shared<const io::SafetensorsReader>(*std::move(opened));
  const auto json = file->metadata().find("config");
  if (json == file->metadata().end()) return Refused("this safetensors file is no network of this program");
  absl::StatusOr<TrainConfig> config = TrainConfigFromJson(json->second);
  if (!config.ok()) return Refused(absl::StrCat("its configuration cannot be used: ", config.status().message()));
  network->config = *std::move(config);
  network->origin = "this program";
  const absl::StatusOr<int64_t> p = ReadCount(file->metadata(), "augment.p", kAdaMost);
  if (p.ok() && network->config.augment.aug == AugMode::kAda) {
    network->augment_p = static_cast<double>(*p) / static_cast<double>(kAdaUnits);
  }
  for (const io::TensorInfo& info : file->tensors()) {
    if (!IsWeight(info.name)) continue;
    network->tensors[info.name] = {info.shape, [file, info]() -> absl::StatusOr<HostTensor> {
                                     absl::StatusOr<std::vector<float>> values = file->ReadAsFloat(info.name);
                                     if (!values.ok()) return values.status();
                                     return HostTensor{info.shape, *std::move(values)};
                                   }};
  }
  return absl::OkStatus();
}

absl::Status Import(const std::string& path, ImportedNetwork* network) {
  const absl::StatusOr<io::WeightFileKind> kind = io::FindWeightFileKind(path);
  if (!kind.ok()) return kind.status();
  absl::Status status;
  if (*kind == io::WeightFileKind::kSafetensors) {
    status = ImportOwn(path, network);
  } else {
    absl::StatusOr<std::unique_ptr<io::TorchFile>> file = io::TorchFile::Open(path, ForeignGlobals());
    if (!file.ok()) return file.status();
    status = ImportTorch(std::shared_ptr<io::TorchFile>(*std::move(file)), network);
  }
  if (status.ok()) status = CheckComplete(*network);
  return status.ok() ? AddLatentAverage(network) : status;
}

}  // namespace

absl::StatusOr<ImportedNetwork> ImportNetwork(const std::string& path) {
  ImportedNetwork network;
  network.path = path;
  const absl::Status status = Import(path, &network);
  if (status.ok()) return network;
  if (absl::StrContains(status.message(), absl::StrCat(path, ": "))) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace sg::gan
