#include "gan/interop/tensorflow.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "gan/interop/foreign_file.h"

namespace sg::gan {
namespace {

using io::FindItem;
using io::PickleKind;
using io::PickleValue;

constexpr absl::string_view kNetwork = "dnnlib.tflib.network Network";
constexpr absl::string_view kProGan = "tfutil Network";
constexpr int kStyleGan2 = 4, kStyleGan2Ada = 5;
constexpr int kMaxComponents = 8;
constexpr int kMaxSizes = 20, kMaxMappingLayers = 64;
constexpr double kDiscriminatorLrMul = 0.1;  // of the layers that map labels, unless the file says otherwise

absl::Status Refused(absl::string_view what) { return absl::FailedPreconditionError(what); }

bool IsNetwork(const PickleValue& value) {
  return value.kind == PickleKind::kCall && (value.global == kNetwork || value.global == kProGan) &&
         value.state != nullptr && value.state->kind == PickleKind::kDict;
}

// The variables of a network and of its components, "synthesis/4x4/Const/const".
absl::Status Collect(const std::shared_ptr<io::TorchFile>& file, const PickleValue& network, const std::string& prefix,
                     int depth, ForeignTensors* tensors) {
  const PickleValue* const variables = FindItem(*network.state, "variables");
  if (variables == nullptr || variables->kind != PickleKind::kList)
    return Refused("a network has no list of variables");
  for (const PickleValue* variable : variables->items) {
    if (variable->kind != PickleKind::kTuple || variable->items.size() != 2 ||
        variable->items[0]->kind != PickleKind::kText) {
      return Refused("a variable is no pair of a name and an array");
    }
    const std::string name = prefix + std::string(variable->items[0]->text);
    if (tensors->size() == kMaxForeignTensors) return Refused("it has more variables than any network");
    if (!io::TorchFile::IsArray(*variable->items[1]))
      return Refused(absl::StrCat(io::QuotedName(name), " is no array"));
    absl::StatusOr<ForeignTensor> tensor = TensorOf(file, *variable->items[1], name);
    if (!tensor.ok()) return tensor.status();
    (*tensors)[name] = *std::move(tensor);
  }
  const PickleValue* const components = FindItem(*network.state, "components");
  if (components == nullptr || depth > 0) return absl::OkStatus();
  if (components->items.size() > 2 * kMaxComponents) return Refused("a network has more parts than any network");
  for (size_t i = 0; i + 1 < components->items.size(); i += 2) {
    if (components->items[i]->kind != PickleKind::kText || !IsNetwork(*components->items[i + 1])) {
      return Refused("a part of a network is none");
    }
    const absl::Status part = Collect(file, *components->items[i + 1],
                                      absl::StrCat(prefix, components->items[i]->text, "/"), depth + 1, tensors);
    if (!part.ok()) return part;
  }
  return absl::OkStatus();
}

// A tensor that is changed after it is read. `shape` is that of the result.
ForeignTensor Changed(const ForeignTensor& tensor, const Shape& shape, std::function<HostTensor(HostTensor)> change) {
  return {shape, [read = tensor.read, change = std::move(change)]() -> absl::StatusOr<HostTensor> {
            absl::StatusOr<HostTensor> values = read();
            if (!values.ok()) return values.status();
            return change(*std::move(values));
          }};
}

ForeignTensor TransposedMatrix(const ForeignTensor& t) {
  return Changed(t, {t.shape[1], t.shape[0]}, [](const HostTensor& v) { return Transposed(v, {1, 0}); });
}

// [kH,kW,I,O] to [O,I,kH,kW].
ForeignTensor Convolution(const ForeignTensor& t, bool turned) {
  return Changed(t, {t.shape[3], t.shape[2], t.shape[0], t.shape[1]}, [turned](const HostTensor& v) {
    return Transposed(turned ? Flipped(v, {0, 1}) : v, {3, 2, 0, 1});
  });
}

ForeignTensor WithoutOnes(const ForeignTensor& t, const Shape& shape) {
  return Changed(t, shape, [shape](HostTensor v) { return Reshaped(std::move(v), shape); });
}

// A leading "<size>x<size>/" of a variable, removed from it.
std::optional<int> ConsumeSize(absl::string_view* name) {
  const size_t slash = name->find('/');
  if (slash == absl::string_view::npos) return std::nullopt;
  const absl::string_view folder = name->substr(0, slash);
  int size = 0;
  if (!absl::SimpleAtoi(folder.substr(0, folder.find('x')), &size) || folder != absl::StrCat(size, "x", size)) {
    return std::nullopt;
  }
  name->remove_prefix(slash + 1);
  return size;
}

// Renames and changes the variables of one network.
class Renamer {
 public:
  explicit Renamer(ForeignTensors from) : from_(std::move(from)) {}

  absl::StatusOr<ForeignTensors> Run(bool generator) {
    for (const auto& [name, tensor] : from_) {
      if (absl::StrContains(name, "_lod")) {
        return Refused(
            absl::StrCat("it grows progressively (", io::QuotedName(name), "), as configurations A to D do"));
      }
      if (absl::StrContains(name, "LabelConcat")) {
        return Refused(
            "its labels enter as in the conditional networks of version 4, which this program does not have");
      }
      const absl::Status status = generator ? OfGenerator(name, tensor) : OfDiscriminator(name, tensor);
      if (!status.ok()) return status;
    }
    return std::move(to_);
  }

 private:
  static absl::Status Unknown(absl::string_view name, const ForeignTensor& tensor) {
    return Refused(absl::StrCat("the variable ", io::QuotedName(name), " of the shape ", ToString(tensor.shape),
                                " is none of StyleGAN2's"));
  }

  void Put(const std::string& name, ForeignTensor tensor) { to_[name] = std::move(tensor); }

  // "weight" or "bias" of a dense layer.
  absl::Status Dense(absl::string_view name, absl::string_view part, const std::string& to, const ForeignTensor& t) {
    const int rank = t.shape.rank();
    if (part == "weight" && rank == 2) {
      Put(to + ".weight", TransposedMatrix(t));
    } else if (part == "bias" && rank == 1) {
      Put(to + ".bias", t);
    } else {
      return Unknown(name, t);
    }
    return absl::OkStatus();
  }

  // `rest` is "3/weight": of layer 3.
  absl::Status MappingLayer(absl::string_view name, absl::string_view rest, const ForeignTensor& t) {
    const size_t slash = rest.find('/');
    int index = 0;
    if (slash == absl::string_view::npos || !absl::SimpleAtoi(rest.substr(0, slash), &index)) return Unknown(name, t);
    return Dense(name, rest.substr(slash + 1), absl::StrCat("mapping.fc", index), t);
  }

  absl::Status Conv(absl::string_view name, absl::string_view part, const std::string& to, const ForeignTensor& t,
                    bool turned) {
    const int rank = t.shape.rank();
    if (part == "weight" && rank == 4) {
      Put(to + ".weight", Convolution(t, turned));
    } else if (part == "bias" && rank == 1) {
      Put(to + ".bias", t);
    } else if (part == "mod_weight" && rank == 2) {
      Put(to + ".affine.weight", TransposedMatrix(t));
    } else if (part == "mod_bias" && rank == 1) {
      // TensorFlow's code adds 1 to the style, and PyTorch's has it in the bias.
      Put(to + ".affine.bias", Changed(t, t.shape, [](HostTensor v) { return Plus(std::move(v), 1); }));
    } else if (part == "noise_strength" && rank == 0) {
      Put(to + ".noise_strength", t);
    } else {
      return Unknown(name, t);
    }
    return absl::OkStatus();
  }

  // "noise3": the map of layer 3. Layer 0 is at 4x4; then each size has two.
  absl::Status Noise(absl::string_view name, absl::string_view number, const ForeignTensor& t) {
    int layer = 0;
    if (!absl::SimpleAtoi(number, &layer) || layer < 0 || layer > 2 * kMaxSizes || t.shape.rank() != 4 ||
        t.shape[0] != 1 || t.shape[1] != 1) {
      return Unknown(name, t);
    }
    const int size = SizeAt(static_cast<size_t>((layer + 1) / 2));
    Put(absl::StrCat("synthesis.b", size, layer % 2 == 1 ? ".conv0" : ".conv1", ".noise_const"),
        WithoutOnes(t, {t.shape[2], t.shape[3]}));
    return absl::OkStatus();
  }

  absl::Status OfGenerator(absl::string_view name, const ForeignTensor& t) {
    absl::string_view rest = name;
    if (name == "lod") return absl::OkStatus();
    if (name == "dlatent_avg") {
      Put("mapping.w_avg", t);
      return absl::OkStatus();
    }
    if (absl::ConsumePrefix(&rest, "mapping/")) {
      if (absl::ConsumePrefix(&rest, "LabelEmbed/")) return Dense(name, rest, "mapping.embed", t);
      return absl::ConsumePrefix(&rest, "Dense") ? MappingLayer(name, rest, t) : Unknown(name, t);
    }
    if (!absl::ConsumePrefix(&rest, "synthesis/")) return Unknown(name, t);
    if (absl::ConsumePrefix(&rest, "noise")) return Noise(name, rest, t);
    const std::optional<int> size = ConsumeSize(&rest);
    if (!size) return Unknown(name, t);
    const std::string block = absl::StrCat("synthesis.b", *size);
    if (rest == "Const/const" && t.shape.rank() == 4 && t.shape[0] == 1) {
      Put(block + ".const", WithoutOnes(t, {t.shape[1], t.shape[2], t.shape[3]}));
      return absl::OkStatus();
    }
    if (absl::ConsumePrefix(&rest, *size == 4 ? "Conv/" : "Conv1/"))
      return Conv(name, rest, block + ".conv1", t, false);
    if (absl::ConsumePrefix(&rest, "Conv0_up/")) return Conv(name, rest, block + ".conv0", t, /*turned=*/true);
    if (absl::ConsumePrefix(&rest, "ToRGB/")) return Conv(name, rest, block + ".torgb", t, false);
    if (absl::ConsumePrefix(&rest, "Skip/")) return Conv(name, rest, block + ".skip", t, /*turned=*/true);
    return Unknown(name, t);
  }

  absl::Status OfDiscriminator(absl::string_view name, const ForeignTensor& t) {
    absl::string_view rest = name;
    if (name == "lod") return absl::OkStatus();
    if (absl::ConsumePrefix(&rest, "Output/")) return Dense(name, rest, "b4.out", t);
    if (absl::ConsumePrefix(&rest, "LabelEmbed/")) return Dense(name, rest, "mapping.embed", t);
    if (absl::ConsumePrefix(&rest, "Mapping")) return MappingLayer(name, rest, t);
    const std::optional<int> size = ConsumeSize(&rest);
    if (!size) return Unknown(name, t);
    const std::string block = absl::StrCat("b", *size);
    if (absl::ConsumePrefix(&rest, "FromRGB/")) return Conv(name, rest, block + ".fromrgb", t, false);
    if (absl::ConsumePrefix(&rest, "Conv0/")) return Conv(name, rest, block + ".conv0", t, false);
    if (absl::ConsumePrefix(&rest, "Conv1_down/")) return Conv(name, rest, block + ".conv1", t, false);
    if (absl::ConsumePrefix(&rest, "Skip/")) return Conv(name, rest, block + ".skip", t, false);
    if (absl::ConsumePrefix(&rest, "Conv/")) return Conv(name, rest, block + ".conv", t, false);
    if (absl::ConsumePrefix(&rest, "Dense0/")) return Dense(name, rest, block + ".fc", t);
    return Unknown(name, t);
  }

  const ForeignTensors from_;
  ForeignTensors to_;
};

// The arguments that the network was made with. A missing one has its default.
class Arguments {
 public:
  explicit Arguments(const PickleValue* dict) : dict_(dict) {}

  const PickleValue* Find(absl::string_view name) const { return dict_ == nullptr ? nullptr : FindItem(*dict_, name); }

  absl::StatusOr<double> Number(absl::string_view name, double missing) const {
    return IsMissingOrNone(Find(name)) ? missing : NumberOf(Find(name), name);
  }
  absl::StatusOr<int> Int(absl::string_view name, int missing) const {
    return IsMissingOrNone(Find(name)) ? missing : IntOf(Find(name), name);
  }
  absl::StatusOr<std::string> Text(absl::string_view name, const std::string& missing) const {
    return IsMissingOrNone(Find(name)) ? missing : TextOf(Find(name), name);
  }

  absl::Status CheckCommon() const {
    for (const char* name : {"nonlinearity", "mapping_nonlinearity"}) {
      const absl::StatusOr<std::string> activation = Text(name, "lrelu");
      if (!activation.ok()) return activation.status();
      if (*activation != "lrelu") return Refused(absl::StrCat("its ", name, " is ", io::QuotedName(*activation)));
    }
    const PickleValue* const taps = Find("resample_kernel");
    if (IsMissingOrNone(taps)) return absl::OkStatus();
    constexpr int kTaps[] = {1, 3, 3, 1};
    bool fits = (taps->kind == PickleKind::kList || taps->kind == PickleKind::kTuple) && taps->items.size() == 4;
    for (size_t i = 0; fits && i < 4; ++i) {
      const absl::StatusOr<double> tap = NumberOf(taps->items[i], "resample_kernel");
      fits = tap.ok() && *tap == kTaps[i];
    }
    return fits ? absl::OkStatus() : Refused("this network resamples with another filter than [1,3,3,1]");
  }

 private:
  const PickleValue* dict_;
};

absl::StatusOr<ForeignLayers> LayersOf(const Arguments& arguments, const std::string& architecture) {
  const absl::Status common = arguments.CheckCommon();
  if (!common.ok()) return common;
  ForeignLayers layers;
  const absl::StatusOr<std::string> built = arguments.Text("architecture", architecture);
  const absl::StatusOr<double> clamp = arguments.Number("conv_clamp", 0);
  const absl::StatusOr<int> labels = arguments.Int("label_size", 0), colors = arguments.Int("num_channels", 3);
  if (!built.ok()) return built.status();
  if (!clamp.ok()) return clamp.status();
  if (!labels.ok()) return labels.status();
  if (!colors.ok()) return colors.status();
  layers.architecture = *built;
  layers.conv_clamp = *clamp;
  layers.label_dim = *labels;
  layers.image_channels = *colors;
  return layers;
}

// Sets the channels from the convolutions "<prefix>b<size><suffix>", as long as there are any.
absl::Status SetChannels(const ForeignTensors& tensors, const std::string& prefix, const char* suffix,
                         const char* at_4x4, ForeignLayers* layers) {
  for (size_t i = 0; i < kMaxSizes; ++i) {
    const auto found = tensors.find(absl::StrCat(prefix, "b", SizeAt(i), i == 0 ? at_4x4 : suffix));
    if (found == tensors.end()) break;
    layers->channels.push_back(found->second.shape[0]);
  }
  return layers->channels.empty() ? Refused("it has no convolution at 4x4") : absl::OkStatus();
}

absl::StatusOr<int> VersionOf(const PickleValue& network) {
  if (network.global == kProGan) return Refused("this is a progressive GAN of 2017, which is another network");
  const absl::StatusOr<int> version = IntOf(FindItem(*network.state, "version"), "version");
  if (!version.ok()) return version.status();
  if (*version == 2) return Refused("this is a progressive GAN of 2017, which is another network");
  if (*version == 3) return Refused("this is a StyleGAN of 2018, which is another network");
  if (*version != kStyleGan2 && *version != kStyleGan2Ada) {
    return Refused(absl::StrCat("its version is ", *version, ", not 4 (StyleGAN2) or 5 (StyleGAN2-ADA)"));
  }
  return version;
}

absl::StatusOr<ForeignTensors> VariablesOf(const std::shared_ptr<io::TorchFile>& file, const PickleValue& network,
                                           bool generator) {
  ForeignTensors variables;
  const absl::Status collected = Collect(file, network, "", 0, &variables);
  if (!collected.ok()) return collected;
  return Renamer(std::move(variables)).Run(generator);
}

int CountMappingLayers(const ForeignTensors& tensors) {
  int layers = 0;
  while (layers < kMaxMappingLayers && tensors.count(absl::StrCat("mapping.fc", layers, ".weight")) != 0) ++layers;
  return layers;
}

absl::StatusOr<ForeignGenerator> GeneratorOf(const std::shared_ptr<io::TorchFile>& file, const PickleValue& network) {
  const Arguments arguments(FindItem(*network.state, "static_kwargs"));
  absl::StatusOr<ForeignLayers> layers = LayersOf(arguments, "skip");
  if (!layers.ok()) return layers.status();
  absl::StatusOr<ForeignTensors> tensors = VariablesOf(file, network, /*generator=*/true);
  if (!tensors.ok()) return tensors.status();
  ForeignGenerator generator;
  generator.layers = *std::move(layers);
  generator.tensors = *std::move(tensors);
  const absl::Status channels =
      SetChannels(generator.tensors, "synthesis.", ".conv1.weight", ".conv1.weight", &generator.layers);
  if (!channels.ok()) return channels;
  const absl::StatusOr<double> lr_mul = arguments.Number("mapping_lrmul", 0.01);
  if (!lr_mul.ok()) return lr_mul.status();
  generator.mapping_lr_mul = *lr_mul;
  // Versions 4 and 5 have different names for it.
  absl::StatusOr<double> decay = arguments.Number("dlatent_avg_beta", generator.w_avg_beta);
  if (decay.ok()) decay = arguments.Number("w_avg_beta", *decay);
  if (!decay.ok()) return decay.status();
  if (*decay < 0 || *decay > 1) return Refused(absl::StrCat("w_avg_beta is ", *decay, ", must be from 0 to 1"));
  generator.w_avg_beta = *decay;
  generator.mapping_layers = CountMappingLayers(generator.tensors);
  const auto first = generator.tensors.find("mapping.fc0.weight");
  if (first == generator.tensors.end()) return Refused("it has no mapping network");
  const auto last = generator.tensors.find(absl::StrCat("mapping.fc", generator.mapping_layers - 1, ".weight"));
  if (first->second.shape[1] > kMaxForeignInt || last->second.shape[0] > kMaxForeignInt) {
    return Refused("its latents are larger than any network's");
  }
  generator.z_dim = static_cast<int>(first->second.shape[1]);
  generator.w_dim = static_cast<int>(last->second.shape[0]);
  if (generator.layers.label_dim > 0) generator.z_dim -= generator.w_dim;  // the embedding of the label follows z
  const PickleValue* const use_noise = arguments.Find("use_noise");
  generator.noise = use_noise == nullptr || use_noise->kind != PickleKind::kBool || use_noise->boolean;
  return generator;
}

absl::StatusOr<ForeignDiscriminator> DiscriminatorOf(const std::shared_ptr<io::TorchFile>& file,
                                                     const PickleValue& network, int version) {
  const Arguments arguments(FindItem(*network.state, "static_kwargs"));
  absl::StatusOr<ForeignLayers> layers = LayersOf(arguments, "resnet");
  if (!layers.ok()) return layers.status();
  absl::StatusOr<ForeignTensors> tensors = VariablesOf(file, network, /*generator=*/false);
  if (!tensors.ok()) return tensors.status();
  ForeignDiscriminator discriminator;
  discriminator.layers = *std::move(layers);
  discriminator.tensors = *std::move(tensors);
  const absl::Status channels =
      SetChannels(discriminator.tensors, "", ".conv0.weight", ".conv.weight", &discriminator.layers);
  if (!channels.ok()) return channels;
  // None means the whole batch.
  const PickleValue* const group = arguments.Find("mbstd_group_size");
  const absl::StatusOr<int> group_size =
      group == nullptr ? absl::StatusOr<int>(version == kStyleGan2 ? 4 : 0) : arguments.Int("mbstd_group_size", 0);
  const absl::StatusOr<int> features = arguments.Int("mbstd_num_features", 1);
  if (!group_size.ok()) return group_size.status();
  if (!features.ok()) return features.status();
  discriminator.mbstd_group = *group_size;
  discriminator.mbstd_channels = *features;
  const absl::StatusOr<double> lr_mul = arguments.Number("mapping_lrmul", kDiscriminatorLrMul);
  if (!lr_mul.ok()) return lr_mul.status();
  if (*lr_mul <= 0) return Refused(absl::StrCat("mapping_lrmul is ", *lr_mul));
  discriminator.mapping_lr_mul = *lr_mul;
  discriminator.mapping_layers = CountMappingLayers(discriminator.tensors);
  return discriminator;
}

}  // namespace

bool IsTensorFlow(const io::TorchFile& file) {
  const PickleValue& root = file.root();
  return root.kind == PickleKind::kTuple && root.items.size() == 3 && IsNetwork(*root.items[0]) &&
         IsNetwork(*root.items[1]) && IsNetwork(*root.items[2]);
}

absl::StatusOr<ForeignNetwork> ReadTensorFlow(const std::shared_ptr<io::TorchFile>& file) {
  const std::vector<const PickleValue*>& parts = file->root().items;  // G, D, Gs
  ForeignNetwork network;
  const absl::StatusOr<int> version = VersionOf(*parts[2]);
  if (!version.ok()) return version.status();
  network.origin = "NVIDIA's TensorFlow code";
  const auto named = [](absl::string_view part, const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(part, ": ", status.message()));
  };
  absl::StatusOr<ForeignGenerator> average = GeneratorOf(file, *parts[2]);
  if (!average.ok()) return named("Gs", average.status());
  absl::StatusOr<ForeignGenerator> generator = GeneratorOf(file, *parts[0]);
  if (!generator.ok()) return named("G", generator.status());
  absl::StatusOr<ForeignDiscriminator> discriminator = DiscriminatorOf(file, *parts[1], *version);
  if (!discriminator.ok()) return named("D", discriminator.status());
  network.average = *std::move(average);
  network.generator = *std::move(generator);
  network.discriminator = *std::move(discriminator);
  return network;
}

}  // namespace sg::gan
