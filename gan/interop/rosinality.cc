#include "gan/interop/rosinality.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gan/interop/foreign_file.h"
#include "gan/interop/rosinality_names.h"

namespace sg::gan {
namespace {

using io::FindItem;
using io::PickleValue;

constexpr char kFirstConv[] = "conv1.conv.weight";
constexpr absl::string_view kDecoder = "decoder.";
constexpr int kMaxSizes = 9;           // 1024x1024
constexpr int kMaxMappingLayers = 32;  // of the configuration's range
constexpr int kStdDevGroup = 4;

absl::Status Refused(absl::string_view what) { return absl::FailedPreconditionError(what); }

bool HasName(const PickleValue* dict, absl::string_view name) {
  return dict != nullptr && FindItem(*dict, name) != nullptr;
}

// How many layers "<prefix>N<suffix>" there are, from `first` on.
int Count(const ForeignTensors& tensors, absl::string_view prefix, int first, absl::string_view suffix, int most) {
  int count = 0;
  while (count < most && tensors.count(absl::StrCat(prefix, first + count, suffix)) != 0) ++count;
  return count;
}

// Moves the tensors of the names from `theirs` to the result, in NVIDIA's shapes.
absl::StatusOr<ForeignTensors> Renamed(const std::vector<RosinalityName>& names, ForeignTensors* theirs) {
  ForeignTensors tensors;
  for (const RosinalityName& name : names) {
    const auto found = theirs->find(name.theirs);
    if (found == theirs->end()) {
      if (name.optional) continue;
      return Refused(absl::StrCat("the tensor ", io::QuotedName(name.theirs), " is missing"));
    }
    const std::optional<Shape> shape = UnwrappedShape(name.wrap, found->second.shape);
    if (!shape) {
      return Refused(absl::StrCat("the tensor ", io::QuotedName(name.theirs), " has the unexpected shape ",
                                  ToString(found->second.shape)));
    }
    tensors[name.foreign] = {*shape, [read = found->second.read, shape = *shape]() -> absl::StatusOr<HostTensor> {
                               absl::StatusOr<HostTensor> values = read();
                               if (!values.ok()) return values.status();
                               return Reshaped(*std::move(values), shape);
                             }};
    theirs->erase(found);
  }
  return tensors;
}

absl::Status TakeFilters(const std::vector<RosinalityFilter>& filters, ForeignTensors* theirs) {
  for (const RosinalityFilter& filter : filters) {
    const absl::Status status = TakeFilter(filter.name, filter.scale, theirs);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status NothingLeft(const ForeignTensors& theirs) {
  if (theirs.empty()) return absl::OkStatus();
  return Refused(
      absl::StrCat("the tensor ", io::QuotedName(theirs.begin()->first), " is none of rosinality's StyleGAN2"));
}

absl::Status RefuseWavelets(const ForeignTensors& theirs) {
  for (const auto& [name, tensor] : theirs) {
    if (absl::StrContains(name, "iwt.") || absl::StrContains(name, "dwt.")) {
      return Refused("this is a SWAGAN, which is another network");
    }
  }
  return absl::OkStatus();
}

// Sets the channels from the convolutions of every size. They are missing tensors, if a size has none.
absl::Status SetChannels(const ForeignTensors& tensors, const std::string& prefix, const char* suffix,
                         const char* at_4x4, int sizes, ForeignLayers* layers) {
  for (int i = 0; i < sizes; ++i) {
    const ForeignTensor& tensor = tensors.at(absl::StrCat(prefix, "b", 4 << i, i == 0 ? at_4x4 : suffix));
    if (tensor.shape.rank() != 4) return Refused("a weight is no convolution");
    layers->channels.push_back(tensor.shape[0]);
  }
  return absl::OkStatus();
}

absl::StatusOr<ForeignGenerator> GeneratorOf(ForeignTensors theirs) {
  absl::Status status = RefuseWavelets(theirs);
  if (!status.ok()) return status;
  ForeignGenerator generator;
  const int sizes = 1 + Count(theirs, "to_rgbs.", 0, ".conv.weight", kMaxSizes);
  generator.mapping_layers = Count(theirs, "style.", 1, ".weight", kMaxMappingLayers);
  if (generator.mapping_layers == 0) return Refused("it has no mapping network");
  status = TakeFilters(RosinalityGeneratorFilters(sizes), &theirs);
  if (!status.ok()) return status;
  absl::StatusOr<ForeignTensors> tensors = Renamed(RosinalityGeneratorNames(sizes, generator.mapping_layers), &theirs);
  if (!tensors.ok()) return tensors.status();
  status = NothingLeft(theirs);
  if (!status.ok()) return status;
  generator.tensors = *std::move(tensors);
  generator.layers.architecture = "skip";
  status = SetChannels(generator.tensors, "synthesis.", ".conv1.weight", ".conv1.weight", sizes, &generator.layers);
  if (!status.ok()) return status;
  const Shape& mapping = generator.tensors.at("mapping.fc0.weight").shape;
  if (mapping.rank() != 2 || mapping[0] > kMaxForeignInt || mapping[1] > kMaxForeignInt) {
    return Refused("its mapping network has no layers");
  }
  generator.w_dim = static_cast<int>(mapping[0]);
  generator.z_dim = static_cast<int>(mapping[1]);
  return generator;
}

absl::StatusOr<ForeignDiscriminator> DiscriminatorOf(ForeignTensors theirs) {
  absl::Status status = RefuseWavelets(theirs);
  if (!status.ok()) return status;
  const int sizes = 1 + Count(theirs, "convs.", 1, ".skip.1.weight", kMaxSizes);
  status = TakeFilters(RosinalityDiscriminatorFilters(sizes), &theirs);
  if (!status.ok()) return status;
  absl::StatusOr<ForeignTensors> tensors = Renamed(RosinalityDiscriminatorNames(sizes), &theirs);
  if (!tensors.ok()) return tensors.status();
  status = NothingLeft(theirs);
  if (!status.ok()) return status;
  ForeignDiscriminator discriminator;
  discriminator.tensors = *std::move(tensors);
  discriminator.layers.architecture = "resnet";
  discriminator.mbstd_group = kStdDevGroup;
  status = SetChannels(discriminator.tensors, "", ".conv0.weight", ".conv.weight", sizes, &discriminator.layers);
  if (!status.ok()) return status;
  return discriminator;
}

// The average of w, or nothing where a file has one for each layer that differ: then it is of no use to truncation.
absl::StatusOr<std::optional<ForeignTensor>> LatentAverage(const std::shared_ptr<io::TorchFile>& file) {
  const PickleValue* const value = FindItem(file->root(), "latent_avg");
  if (value == nullptr || !io::TorchFile::IsArray(*value)) return std::optional<ForeignTensor>();
  absl::StatusOr<ForeignTensor> average = TensorOf(file, *value, "latent_avg");
  if (!average.ok()) return average.status();
  if (average->shape.rank() == 1) return std::optional<ForeignTensor>(*std::move(average));
  if (average->shape.rank() != 2 || average->shape[0] == 0) return std::optional<ForeignTensor>();
  const absl::StatusOr<HostTensor> rows = average->read();
  if (!rows.ok()) return rows.status();
  const auto width = static_cast<size_t>(rows->shape[1]);
  for (size_t i = width; i < rows->values.size(); ++i) {
    if (rows->values[i] != rows->values[i - width]) return std::optional<ForeignTensor>();
  }
  const HostTensor row = {{rows->shape[1]},
                          std::vector<float>(rows->values.begin(), rows->values.begin() + rows->shape[1])};
  return std::optional<ForeignTensor>({row.shape, [row]() -> absl::StatusOr<HostTensor> { return row; }});
}

// The tensors whose names begin with the prefix, without it.
ForeignTensors Under(absl::string_view prefix, const ForeignTensors& tensors) {
  ForeignTensors found;
  for (const auto& [name, tensor] : tensors) {
    absl::string_view rest = name;
    if (absl::ConsumePrefix(&rest, prefix)) found[std::string(rest)] = tensor;
  }
  return found;
}

absl::Status ReadExtension(const std::shared_ptr<io::TorchFile>& file, ForeignNetwork* network) {
  const PickleValue* const extension = FindItem(file->root(), kRosinalityExtension);
  if (extension == nullptr) return absl::OkStatus();
  const absl::StatusOr<std::string> config = TextOf(FindItem(*extension, "config"), "config");
  if (!config.ok()) return config.status();
  network->config_json = *config;
  const PickleValue* const effective = FindItem(*extension, "effective");
  if (effective == nullptr) return absl::OkStatus();
  absl::StatusOr<ForeignTensors> exact = TensorsOf(file, *effective);
  if (!exact.ok()) return exact.status();
  network->exact = *std::move(exact);
  return absl::OkStatus();
}

// Where the file has the averaged generator.
struct Place {
  const PickleValue* dict = nullptr;
  absl::string_view prefix;
  bool is_trained = false;  // it is not an average
};

Place AverageIn(const PickleValue& root) {
  const PickleValue* const ema = FindItem(root, "g_ema");
  if (HasName(ema, kFirstConv)) return {ema, ""};
  const PickleValue* const state = FindItem(root, "state_dict");
  if (HasName(state, absl::StrCat(kDecoder, kFirstConv))) return {state, kDecoder};
  if (HasName(&root, kFirstConv)) return {&root, ""};
  const PickleValue* const generator = FindItem(root, "g");
  if (HasName(generator, kFirstConv)) return {generator, "", /*is_trained=*/true};
  return {};
}

}  // namespace

bool IsRosinality(const io::TorchFile& file) { return AverageIn(file.root()).dict != nullptr; }

absl::StatusOr<ForeignNetwork> ReadRosinality(const std::shared_ptr<io::TorchFile>& file) {
  const PickleValue& root = file->root();
  ForeignNetwork network;
  network.origin = "rosinality's code";
  const auto named = [](absl::string_view part, const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(part, ": ", status.message()));
  };
  const Place place = AverageIn(root);
  if (place.is_trained) network.notes.push_back("It has no average of its weights, so the trained ones are used.");
  absl::StatusOr<ForeignTensors> tensors = TensorsOf(file, *place.dict);
  if (!tensors.ok()) return tensors.status();
  absl::StatusOr<ForeignGenerator> average = GeneratorOf(Under(place.prefix, *tensors));
  if (!average.ok()) return named("g_ema", average.status());
  network.average = *std::move(average);
  const absl::StatusOr<std::optional<ForeignTensor>> latent = LatentAverage(file);
  if (!latent.ok()) return latent.status();
  if (latent->has_value()) network.average->tensors["mapping.w_avg"] = **latent;

  const PickleValue* const g = FindItem(root, "g");
  if (!place.is_trained && HasName(g, kFirstConv)) {
    absl::StatusOr<ForeignTensors> of_g = TensorsOf(file, *g);
    if (!of_g.ok()) return of_g.status();
    absl::StatusOr<ForeignGenerator> generator = GeneratorOf(*std::move(of_g));
    if (!generator.ok()) return named("g", generator.status());
    network.generator = *std::move(generator);
  }
  const PickleValue* const d = FindItem(root, "d");
  if (HasName(d, "final_conv.0.weight")) {
    absl::StatusOr<ForeignTensors> of_d = TensorsOf(file, *d);
    if (!of_d.ok()) return of_d.status();
    absl::StatusOr<ForeignDiscriminator> discriminator = DiscriminatorOf(*std::move(of_d));
    if (!discriminator.ok()) return named("d", discriminator.status());
    network.discriminator = *std::move(discriminator);
  }
  const absl::Status extension = ReadExtension(file, &network);
  if (!extension.ok()) return extension;
  return network;
}

}  // namespace sg::gan
