#include "gan/interop/transfer_networks.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gan/config/image_size.h"
#include "gan/interop/complete.h"
#include "gan/interop/import_network.h"
#include "gan/interop/imported_network.h"
#include "gan/interop/load_network.h"

namespace sg::gan {
namespace {

constexpr absl::string_view kMappingLayers = "mapping_network.net.";

bool IsOfNetworks(absl::string_view name) {
  return absl::StartsWith(name, "generator.") || absl::StartsWith(name, "mapping_network.") ||
         absl::StartsWith(name, kDiscriminatorPrefix) || absl::StartsWith(name, kAveragePrefix);
}

// Of the generator. Biases and constants fit many a network that is quite another one.
bool IsConvolution(absl::string_view name) {
  return absl::StartsWith(name, "generator.") && absl::EndsWith(name, ".conv.weight.weight");
}

// The discriminator counts its blocks from the image, so the same block has another number in a network with `surplus`
// more blocks. With the architecture "skip", each block has a layer from_rgb of its own; that of the first is not
// among the others.
std::string InLargerDiscriminator(absl::string_view name, int surplus) {
  constexpr absl::string_view kBlocks = "blocks.", kSmaller = "smaller_from_rgb.", kFromRgb = "from_rgb.0.";
  const auto renumbered = [&](absl::string_view prefix, absl::string_view rest, int offset) {
    const size_t dot = rest.find('.');
    int number = 0;
    if (dot == absl::string_view::npos || !absl::SimpleAtoi(rest.substr(0, dot), &number)) return std::string();
    number += surplus + offset;
    if (prefix == kSmaller && number == -1) return absl::StrCat(kFromRgb, rest.substr(dot + 1));
    return number < 0 ? std::string() : absl::StrCat(prefix, number, rest.substr(dot));
  };
  absl::string_view rest = name;
  if (absl::ConsumePrefix(&rest, kBlocks)) return renumbered(kBlocks, rest, 0);
  if (absl::ConsumePrefix(&rest, kSmaller)) return renumbered(kSmaller, rest, 0);
  if (surplus != 0 && absl::ConsumePrefix(&rest, kFromRgb)) return renumbered(kSmaller, absl::StrCat("0.", rest), -1);
  return std::string(name);
}

class Copier {
 public:
  Copier(const ImportedNetwork& network, const ModelConfig& model)
      : network_(network),
        surplus_(network.config.model.NumBlocks() - model.NumBlocks()),
        mapping_factor_(network.config.model.mapping_lr_mul / model.mapping_lr_mul) {}

  // Whether the file has a tensor for `target`.
  absl::StatusOr<bool> Copy(const nn::NamedTensor& target) const {
    const ForeignTensor* source = Find(target.name);
    if (source == nullptr || source->shape != FileShape(target.tensor.shape())) return false;
    const bool is_scaled =
        absl::StrContains(target.name, kMappingLayers) && !absl::StartsWith(target.name, kDiscriminatorPrefix);
    const absl::Status filled = FillTensor(*source, target.tensor, is_scaled ? mapping_factor_ : 1);
    if (!filled.ok()) return filled;
    return true;
  }

 private:
  const ForeignTensor* Find(const std::string& name) const {
    const auto named = [this](const std::string& key) {
      const auto found = network_.tensors.find(key);
      return found != network_.tensors.end() ? &found->second : nullptr;
    };
    absl::string_view rest = name;
    if (absl::ConsumePrefix(&rest, kDiscriminatorPrefix)) {
      return named(absl::StrCat(kDiscriminatorPrefix, InLargerDiscriminator(rest, surplus_)));
    }
    const ForeignTensor* found = named(name);
    return found != nullptr || absl::StartsWith(name, kAveragePrefix) ? found : named(kAveragePrefix + name);
  }

  const ImportedNetwork& network_;
  const int surplus_;
  const double mapping_factor_;
};

}  // namespace

absl::StatusOr<Transfer> TransferNetworks(const std::string& path, Trainer* trainer) {
  const absl::StatusOr<std::string> file = NetworkFileAt(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<ImportedNetwork> network = ImportNetwork(*file);
  if (!network.ok()) return network.status();
  const ModelConfig& model = trainer->config().model;
  const Copier copier(*network, model);
  Transfer transfer;
  transfer.path = *file;
  transfer.notes = std::move(network->notes);
  bool has_generator = false;
  for (const nn::NamedTensor& tensor : trainer->State()) {
    if (!IsOfNetworks(tensor.name)) continue;
    const absl::StatusOr<bool> copied = copier.Copy(tensor);
    if (!copied.ok()) return copied.status();
    if (!*copied) {
      transfer.left.push_back(tensor.name);
      continue;
    }
    ++transfer.copied;
    has_generator = has_generator || IsConvolution(tensor.name);
  }
  if (has_generator) {
    if (network->augment_p && trainer->config().augment.aug == AugMode::kAda) {
      trainer->StartAugmentAt(*network->augment_p);
      transfer.notes.push_back(absl::StrCat("Augmentation starts with the probability ", trainer->augment_p(),
                                            ", which the training of that file had reached."));
    }
    return transfer;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      *file, ": no convolution of its generator has the shape of one of this configuration. Its images are ",
      ImageSizeText(network->config.model), ", with ", network->config.model.WDim(),
      " elements of w; --cfg, --res, --channel-base and --latent-dim must fit"));
}

}  // namespace sg::gan
