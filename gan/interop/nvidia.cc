#include "gan/interop/nvidia.h"

#include <cmath>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gan/interop/foreign_file.h"

namespace sg::gan {
namespace {

using io::FindItem;
using io::PickleKind;
using io::PickleValue;

constexpr absl::string_view kObject = "torch_utils.persistence _reconstruct_persistent_obj";
constexpr int kVersion = 6;
// Of modules in each other and in all, and of attributes of one module. The largest network has 4, about 150 and 40.
constexpr int kMaxDepth = 8;
constexpr int kMaxModules = 2048;
constexpr size_t kMaxAttributes = 256;
constexpr double kGainTolerance = 1e-6;

absl::Status Refused(absl::string_view what) { return absl::FailedPreconditionError(what); }

const PickleValue* MetaOf(const PickleValue* value) {
  if (value == nullptr || value->kind != PickleKind::kCall || value->global != kObject ||
      value->args->items.size() != 1 || value->args->items[0]->kind != PickleKind::kDict) {
    return nullptr;
  }
  return value->args->items[0];
}

// A module: its class and its attributes.
struct Module {
  std::string class_name;
  const PickleValue* state = nullptr;

  const PickleValue* Find(absl::string_view attribute) const { return FindItem(*state, attribute); }
};

absl::StatusOr<Module> ModuleOf(const PickleValue* value) {
  const PickleValue* const meta = MetaOf(value);
  if (meta == nullptr) return Refused("a module is no object of NVIDIA's");
  const absl::StatusOr<int> version = IntOf(FindItem(*meta, "version"), "version");
  if (!version.ok()) return version.status();
  if (*version > kVersion)
    return Refused(absl::StrCat("its objects are of version ", *version, ", from a later program"));
  absl::StatusOr<std::string> name = TextOf(FindItem(*meta, "class_name"), "class_name");
  if (!name.ok()) return name.status();
  const PickleValue* const state = FindItem(*meta, "state");
  if (state == nullptr || state->kind != PickleKind::kDict || state->items.size() > 2 * kMaxAttributes) {
    return Refused("a module has no attributes, or too many");
  }
  return Module{*std::move(name), state};
}

// The layers in which the linear function follows. All others have leaky ReLU.
bool IsLinear(absl::string_view path) {
  return absl::EndsWith(path, ".affine") || absl::EndsWith(path, ".embed") || absl::EndsWith(path, ".out") ||
         absl::EndsWith(path, ".skip");
}

// Walks the modules of one network and collects their tensors and what they say.
class NetworkWalk {
 public:
  explicit NetworkWalk(std::shared_ptr<io::TorchFile> file) : file_(std::move(file)) {}

  absl::Status Visit(const PickleValue* value, const std::string& path, int depth) {
    if (depth > kMaxDepth || ++modules_ > kMaxModules) return Refused("its modules are nested too deeply, or too many");
    const absl::StatusOr<Module> module = ModuleOf(value);
    if (!module.ok()) return module.status();
    absl::Status status = Examine(*module, path);
    if (!status.ok())
      return absl::Status(status.code(), absl::StrCat(path, path.empty() ? "" : ": ", status.message()));
    // Freeze-D keeps the weights of its frozen layers among the buffers.
    for (const char* dict : {"_parameters", "_buffers"}) {
      status = Collect(module->Find(dict), path);
      if (!status.ok()) return status;
    }
    const PickleValue* const children = module->Find("_modules");
    if (children == nullptr) return absl::OkStatus();
    for (size_t i = 0; i + 1 < children->items.size(); i += 2) {
      if (children->items[i]->kind != PickleKind::kText) return Refused("a module has no name");
      if (IsMissingOrNone(children->items[i + 1])) continue;
      const std::string name(children->items[i]->text);
      status = Visit(children->items[i + 1], path.empty() ? name : absl::StrCat(path, ".", name), depth + 1);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  ForeignTensors tensors;
  ForeignLayers layers;
  int z_dim = 0, w_dim = 0, mapping_layers = 0;
  int resolution = 0;
  int mbstd_group = 0, mbstd_channels = 0;
  bool noise = false;
  double mapping_lr_mul = 0;
  double w_avg_beta = ForeignGenerator().w_avg_beta;

 private:
  absl::Status Collect(const PickleValue* dict, const std::string& path) {
    if (dict == nullptr) return absl::OkStatus();
    absl::StatusOr<ForeignTensors> found = TensorsOf(file_, *dict);
    if (!found.ok()) return found.status();
    for (auto& [name, tensor] : *found) {
      if (tensors.size() == kMaxForeignTensors) return Refused("it has more tensors than any network");
      tensors[path.empty() ? name : absl::StrCat(path, ".", name)] = std::move(tensor);
    }
    return absl::OkStatus();
  }

  // Reads an int attribute.
  static absl::Status Read(const Module& module, absl::string_view attribute, int* out) {
    const absl::StatusOr<int> value = IntOf(module.Find(attribute), attribute);
    if (!value.ok()) return value.status();
    if (*value < 0) return Refused(absl::StrCat(attribute, " is ", *value));
    *out = *value;
    return absl::OkStatus();
  }

  absl::Status ReadArchitecture(const Module& module) {
    absl::StatusOr<std::string> name = TextOf(module.Find("architecture"), "architecture");
    if (!name.ok()) return name.status();
    if (!layers.architecture.empty() && layers.architecture != *name)
      return Refused("its blocks differ in architecture");
    layers.architecture = *std::move(name);
    return absl::OkStatus();
  }

  absl::Status ReadClamp(const Module& module, absl::string_view path) {
    const PickleValue* const value = module.Find("conv_clamp");
    double clamp = 0;
    if (!IsMissingOrNone(value)) {
      const absl::StatusOr<double> number = NumberOf(value, "conv_clamp");
      if (!number.ok()) return number.status();
      clamp = *number;
    }
    // A skip and the input of a discriminator of architecture "skip" are never clamped.
    if (absl::EndsWith(path, ".skip") || path == "b4.fromrgb") {
      return clamp == 0 ? absl::OkStatus() : Refused("a layer is clamped that never is");
    }
    if (clamp < 0 || (has_clamp_ && clamp != layers.conv_clamp)) return Refused("its layers differ in conv_clamp");
    has_clamp_ = true;
    layers.conv_clamp = clamp;
    return absl::OkStatus();
  }

  static absl::Status CheckActivation(const Module& module, absl::string_view path) {
    const absl::StatusOr<std::string> activation = TextOf(module.Find("activation"), "activation");
    if (!activation.ok()) return activation.status();
    const absl::string_view want = IsLinear(path) ? "linear" : "lrelu";
    if (*activation == want) return absl::OkStatus();
    return Refused(absl::StrCat("its activation is ", io::QuotedName(*activation), ", not \"", want, "\""));
  }

  // The weight of this layer, from which its gain follows.
  static absl::StatusOr<Shape> WeightShape(const Module& module, const std::shared_ptr<io::TorchFile>& file) {
    for (const char* name : {"_parameters", "_buffers"}) {
      const PickleValue* const dict = module.Find(name);
      const PickleValue* const weight = dict == nullptr ? nullptr : FindItem(*dict, "weight");
      if (IsMissingOrNone(weight)) continue;
      const absl::StatusOr<ForeignTensor> tensor = TensorOf(file, *weight, "weight");
      if (!tensor.ok()) return tensor.status();
      if (tensor->shape.rank() < 2 || tensor->shape.NumElements() <= 0) break;
      return tensor->shape;
    }
    return Refused("it has no weight");
  }

  absl::Status CheckGain(const Module& module, double lr_mul) {
    const absl::StatusOr<Shape> shape = WeightShape(module, file_);
    if (!shape.ok()) return shape.status();
    const absl::StatusOr<double> gain = NumberOf(module.Find("weight_gain"), "weight_gain");
    if (!gain.ok()) return gain.status();
    const double fan_in = static_cast<double>(shape->NumElements()) / static_cast<double>(shape->dim(0));
    const double want = lr_mul / std::sqrt(fan_in);
    if (std::abs(*gain - want) <= kGainTolerance * want) return absl::OkStatus();
    return Refused(absl::StrCat("its weight_gain is ", *gain, ", not ", want));
  }

  absl::Status ExamineDense(const Module& module, absl::string_view path) {
    const absl::Status activation = CheckActivation(module, path);
    if (!activation.ok()) return activation;
    const absl::StatusOr<double> lr_mul = NumberOf(module.Find("bias_gain"), "bias_gain");
    if (!lr_mul.ok()) return lr_mul.status();
    if (absl::StartsWith(path, "mapping.fc")) {
      if (*lr_mul <= 0 || (mapping_lr_mul != 0 && *lr_mul != mapping_lr_mul)) {
        return Refused("the layers of its mapping network differ in bias_gain");
      }
      mapping_lr_mul = *lr_mul;
    } else if (*lr_mul != 1) {
      return Refused(absl::StrCat("its bias_gain is ", *lr_mul, ", not 1"));
    }
    return CheckGain(module, *lr_mul);
  }

  absl::Status ExamineConv(const Module& module, absl::string_view path) {
    absl::Status status = CheckActivation(module, path);
    if (status.ok()) status = ReadClamp(module, path);
    return status.ok() ? CheckGain(module, /*lr_mul=*/1) : status;
  }

  absl::Status ExamineSynthesisLayer(const Module& module, absl::string_view path) {
    absl::Status status = CheckActivation(module, path);
    if (status.ok()) status = ReadClamp(module, path);
    const PickleValue* const use_noise = module.Find("use_noise");
    if (status.ok() && (use_noise == nullptr || use_noise->kind != PickleKind::kBool))
      status = Refused("use_noise is no bool");
    if (!status.ok()) return status;
    if (has_noise_ && noise != use_noise->boolean) return Refused("its layers differ in use_noise");
    has_noise_ = true;
    noise = use_noise->boolean;
    return absl::OkStatus();
  }

  absl::Status ExamineStdDev(const Module& module) {
    mbstd_group = 0;
    if (!IsMissingOrNone(module.Find("group_size"))) {
      const absl::Status status = Read(module, "group_size", &mbstd_group);
      if (!status.ok()) return status;
    }
    return Read(module, "num_channels", &mbstd_channels);
  }

  // None in a discriminator.
  absl::Status ReadAverageDecay(const Module& module) {
    const PickleValue* const value = module.Find("w_avg_beta");
    if (IsMissingOrNone(value)) return absl::OkStatus();
    const absl::StatusOr<double> decay = NumberOf(value, "w_avg_beta");
    if (!decay.ok()) return decay.status();
    if (*decay < 0 || *decay > 1) return Refused(absl::StrCat("w_avg_beta is ", *decay, ", must be from 0 to 1"));
    w_avg_beta = *decay;
    return absl::OkStatus();
  }

  // The classes of a StyleGAN2. Their names say which of the attributes there are.
  absl::Status Examine(const Module& module, const std::string& path) {
    const std::string& name = module.class_name;
    absl::Status status;
    const auto read = [&](absl::string_view attribute, int* out) {
      if (status.ok()) status = Read(module, attribute, out);
    };
    if (name == "FullyConnectedLayer") return ExamineDense(module, path);
    if (name == "Conv2dLayer") return ExamineConv(module, path);
    if (name == "SynthesisLayer") {
      if (module.Find("resolution") == nullptr) return Refused("this is a StyleGAN3, which is another network");
      return ExamineSynthesisLayer(module, path);
    }
    if (name == "ToRGBLayer") {
      status = ReadClamp(module, path);
      return status.ok() ? CheckGain(module, /*lr_mul=*/1) : status;
    }
    if (name == "SynthesisInput") return Refused("this is a StyleGAN3, which is another network");
    if (name == "MinibatchStdLayer") return ExamineStdDev(module);
    if (name == "MappingNetwork") {
      if (!absl::StartsWith(path, "mapping")) return Refused("a mapping network is at an unexpected place");
      read("num_layers", &mapping_layers);
      return status.ok() ? ReadAverageDecay(module) : status;
    }
    if (name == "SynthesisBlock" || name == "DiscriminatorBlock" || name == "DiscriminatorEpilogue") {
      return ReadArchitecture(module);
    }
    if (name == "SynthesisNetwork") {
      const PickleValue* const children = module.Find("_modules");
      if (children != nullptr && FindItem(*children, "input") != nullptr) {
        return Refused("this is a StyleGAN3, which is another network");
      }
      return absl::OkStatus();
    }
    if (name == "Generator" || name == "Discriminator") {
      read("c_dim", &layers.label_dim);
      read("img_resolution", &resolution);
      read("img_channels", &layers.image_channels);
      if (name == "Generator") {
        read("z_dim", &z_dim);
        read("w_dim", &w_dim);
      }
      return status;
    }
    return Refused(absl::StrCat("its class ", io::QuotedName(name), " is none of StyleGAN2's"));
  }

  const std::shared_ptr<io::TorchFile> file_;
  int modules_ = 0;
  bool has_clamp_ = false, has_noise_ = false;
};

// The number of sizes from 4x4 to `resolution`. 0 if that is no power of two from 8 to 2^20.
size_t NumSizes(int resolution) {
  for (size_t sizes = 2; sizes < 20; ++sizes) {
    if (SizeAt(sizes - 1) == resolution) return sizes;
  }
  return 0;
}

// Sets the channels of each size by the dimension `dim` of the tensor "<prefix>b<size><suffix>".
absl::Status SetChannels(NetworkWalk* walk, const std::string& prefix, const char* suffix, const char* at_4x4) {
  const size_t sizes = NumSizes(walk->resolution);
  if (sizes == 0)
    return Refused(absl::StrCat("img_resolution is ", walk->resolution, ", not a power of two from 8 on"));
  for (size_t i = 0; i < sizes; ++i) {
    const std::string name = absl::StrCat(prefix, "b", SizeAt(i), i == 0 ? at_4x4 : suffix);
    const auto tensor = walk->tensors.find(name);
    if (tensor == walk->tensors.end() || tensor->second.shape.rank() != 4) {
      return Refused(absl::StrCat("the tensor ", io::QuotedName(name), " is missing or no convolution"));
    }
    walk->layers.channels.push_back(tensor->second.shape[0]);
  }
  return absl::OkStatus();
}

absl::Status TakeFilters(NetworkWalk* walk) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : walk->tensors) {
    if (absl::EndsWith(name, "resample_filter")) names.push_back(name);
  }
  for (const std::string& name : names) {
    const absl::Status status = TakeFilter(name, /*scale=*/1, &walk->tensors);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<ForeignGenerator> GeneratorOf(const std::shared_ptr<io::TorchFile>& file, const PickleValue* value) {
  NetworkWalk walk(file);
  absl::Status status = walk.Visit(value, "", 0);
  if (status.ok()) status = TakeFilters(&walk);
  if (status.ok()) status = SetChannels(&walk, "synthesis.", ".conv1.weight", ".conv1.weight");
  if (!status.ok()) return status;
  ForeignGenerator generator;
  generator.layers = std::move(walk.layers);
  generator.z_dim = walk.z_dim;
  generator.w_dim = walk.w_dim;
  generator.mapping_layers = walk.mapping_layers;
  generator.mapping_lr_mul = walk.mapping_lr_mul;
  generator.w_avg_beta = walk.w_avg_beta;
  generator.noise = walk.noise;
  generator.tensors = std::move(walk.tensors);
  return generator;
}

absl::StatusOr<ForeignDiscriminator> DiscriminatorOf(const std::shared_ptr<io::TorchFile>& file,
                                                     const PickleValue* value) {
  NetworkWalk walk(file);
  absl::Status status = walk.Visit(value, "", 0);
  if (status.ok()) status = TakeFilters(&walk);
  // conv0 keeps the channels of its size. The last convolution, at 4x4, has as many results.
  if (status.ok()) status = SetChannels(&walk, "", ".conv0.weight", ".conv.weight");
  if (!status.ok()) return status;
  ForeignDiscriminator discriminator;
  discriminator.layers = std::move(walk.layers);
  discriminator.mbstd_group = walk.mbstd_group;
  discriminator.mbstd_channels = walk.mbstd_channels;
  discriminator.mapping_layers = walk.mapping_layers;
  if (walk.mapping_lr_mul != 0) discriminator.mapping_lr_mul = walk.mapping_lr_mul;
  discriminator.tensors = std::move(walk.tensors);
  return discriminator;
}

// The probability of augmentation in the object "augment_pipe", whose other attributes do not matter. None if there is
// no such object, or it is another program's.
absl::StatusOr<std::optional<double>> AugmentP(const std::shared_ptr<io::TorchFile>& file, const PickleValue* value) {
  std::optional<double> none;
  const PickleValue* const meta = MetaOf(value);
  const PickleValue* const state = meta == nullptr ? nullptr : FindItem(*meta, "state");
  const PickleValue* const buffers = state == nullptr ? nullptr : FindItem(*state, "_buffers");
  const PickleValue* const p = buffers == nullptr ? nullptr : FindItem(*buffers, "p");
  if (IsMissingOrNone(p)) return none;
  const absl::StatusOr<ForeignTensor> tensor = TensorOf(file, *p, "p");
  if (!tensor.ok()) return tensor.status();
  if (tensor->shape.NumElements() != 1) return Refused(absl::StrCat("it is ", ToString(tensor->shape)));
  const absl::StatusOr<HostTensor> number = tensor->read();
  if (!number.ok()) return number.status();
  const double found = number->values[0];
  if (!std::isfinite(found) || found < 0) return Refused(absl::StrCat("it is ", found));
  return std::optional<double>(found);
}

}  // namespace

bool IsNvidia(const io::TorchFile& file) {
  for (const char* key : {"G_ema", "G", "D"}) {
    if (MetaOf(FindItem(file.root(), key)) != nullptr) return true;
  }
  return false;
}

absl::StatusOr<ForeignNetwork> ReadNvidia(const std::shared_ptr<io::TorchFile>& file) {
  ForeignNetwork network;
  network.origin = "NVIDIA's PyTorch code";
  struct Part {
    const char* key;
    std::optional<ForeignGenerator>* generator;
  };
  for (const Part& part : {Part{"G_ema", &network.average}, Part{"G", &network.generator}}) {
    const PickleValue* const value = FindItem(file->root(), part.key);
    if (IsMissingOrNone(value)) continue;
    absl::StatusOr<ForeignGenerator> generator = GeneratorOf(file, value);
    if (!generator.ok()) {
      return absl::Status(generator.status().code(), absl::StrCat(part.key, ": ", generator.status().message()));
    }
    part.generator->emplace(*std::move(generator));
  }
  const PickleValue* const value = FindItem(file->root(), "D");
  if (!IsMissingOrNone(value)) {
    absl::StatusOr<ForeignDiscriminator> discriminator = DiscriminatorOf(file, value);
    if (!discriminator.ok()) {
      return absl::Status(discriminator.status().code(), absl::StrCat("D: ", discriminator.status().message()));
    }
    network.discriminator = *std::move(discriminator);
  }
  const absl::StatusOr<std::optional<double>> p = AugmentP(file, FindItem(file->root(), "augment_pipe"));
  if (p.ok()) {
    network.augment_p = *p;
  } else {
    network.notes.push_back(
        absl::StrCat("The probability of its augmentation cannot be used: ", p.status().message(), "."));
  }
  return network;
}

}  // namespace sg::gan
