#include "gan/interop/annotated.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gan/config/validate.h"
#include "gan/interop/foreign_file.h"

namespace sg::gan {
namespace {

using io::FindItem;
using io::PickleValue;

constexpr int kMaxBlocks = 9;          // 1024x1024
constexpr int kMaxMappingLayers = 32;  // of the configuration's range
constexpr float kBlur[] = {1, 2, 1};
constexpr float kBlurSum = 16;

absl::Status Refused(absl::string_view what) { return absl::FailedPreconditionError(what); }

// The blurs are parameters there, which nothing trains. Removes them, and checks that they are as ours.
absl::Status TakeBlurs(ForeignTensors* tensors) {
  for (auto it = tensors->begin(); it != tensors->end();) {
    if (!absl::EndsWith(it->first, "smooth.kernel")) {
      ++it;
      continue;
    }
    bool fits = it->second.shape.NumElements() == 9;
    if (fits) {
      const absl::StatusOr<HostTensor> kernel = it->second.read();
      if (!kernel.ok()) return kernel.status();
      for (size_t i = 0; i < 9; ++i)
        fits &= std::abs(kernel->values[i] - kBlur[i / 3] * kBlur[i % 3] / kBlurSum) < 1e-6f;
    }
    if (!fits) return Refused(absl::StrCat("its blur ", io::QuotedName(it->first), " is not [1,2,1]"));
    it = tensors->erase(it);
  }
  return absl::OkStatus();
}

absl::StatusOr<ForeignTensors> NetworkOf(const std::shared_ptr<io::TorchFile>& file, absl::string_view key) {
  absl::StatusOr<ForeignTensors> tensors = TensorsOf(file, *FindItem(file->root(), key));
  if (!tensors.ok()) return tensors.status();
  const absl::Status blurs = TakeBlurs(&*tensors);
  if (!blurs.ok()) return blurs;
  return tensors;
}

// How many entries "<prefix>I<suffix>" there are, I being 0, step, 2 step ...
int Count(const ForeignTensors& tensors, absl::string_view prefix, int step, absl::string_view suffix, int most) {
  int count = 0;
  while (count < most && tensors.count(absl::StrCat(prefix, step * count, suffix)) != 0) ++count;
  return count;
}

// A dimension of a tensor, 0 if there is none.
int64_t Extent(const ForeignTensors& tensors, const std::string& name, int dim) {
  const auto found = tensors.find(name);
  if (found == tensors.end() || found->second.shape.rank() <= dim || found->second.shape[dim] > kMaxForeignInt)
    return 0;
  return found->second.shape[dim];
}

}  // namespace

bool IsAnnotated(const io::TorchFile& file) {
  const PickleValue* const generator = FindItem(file.root(), "generator");
  const PickleValue* const mapping = FindItem(file.root(), "mapping_network");
  return generator != nullptr && mapping != nullptr && FindItem(*generator, "initial_constant") != nullptr;
}

absl::StatusOr<AnnotatedNetwork> ReadAnnotated(const std::shared_ptr<io::TorchFile>& file) {
  absl::StatusOr<ForeignTensors> generator = NetworkOf(file, "generator");
  if (!generator.ok()) return generator.status();
  absl::StatusOr<ForeignTensors> mapping = NetworkOf(file, "mapping_network");
  if (!mapping.ok()) return mapping.status();

  AnnotatedNetwork network;
  ModelConfig& model = network.model;
  const int blocks = 1 + Count(*generator, "blocks.", 1, ".to_rgb.bias", kMaxBlocks);
  const std::string last = absl::StrCat("blocks.", blocks - 2, ".style_block2.bias");
  model.resolution = SizeAt(static_cast<size_t>(blocks - 1));
  model.latent_dim = static_cast<int>(Extent(*mapping, "net.0.weight.weight", 1));
  model.mapping_layers = Count(*mapping, "net.", 2, ".bias", kMaxMappingLayers);
  model.g_features = static_cast<int>(Extent(*generator, last, 0));
  model.max_features = static_cast<int>(Extent(*generator, "style_block.bias", 0));

  const PickleValue* const d = FindItem(file->root(), "discriminator");
  if (d != nullptr && FindItem(*d, "from_rgb.0.bias") != nullptr) {
    absl::StatusOr<ForeignTensors> discriminator = NetworkOf(file, "discriminator");
    if (!discriminator.ok()) return discriminator.status();
    network.discriminator = *std::move(discriminator);
    model.d_features = static_cast<int>(Extent(network.discriminator, "from_rgb.0.bias", 0));
    // The last convolution has one channel more, the standard deviation.
    model.max_features =
        std::max(model.max_features, static_cast<int>(Extent(network.discriminator, "conv.bias", 0)) - 1);
  }
  const absl::Status valid = Validate(model);
  if (!valid.ok()) return Refused(absl::StrCat("its sizes fit no annotated model: ", valid.message()));
  for (auto& [name, tensor] : *generator) network.generator["generator." + name] = std::move(tensor);
  for (auto& [name, tensor] : *mapping) network.generator["mapping_network." + name] = std::move(tensor);
  return network;
}

}  // namespace sg::gan
