#include "gan/interop/complete.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gan/model/network.h"
#include "gan/model/networks.h"
#include "nn/init.h"
#include "nn/module.h"

namespace sg::gan {
namespace {

bool HasAny(const ForeignTensors& tensors, const std::string& prefix) {
  const auto it = tensors.lower_bound(prefix);
  return it != tensors.end() && absl::StartsWith(it->first, prefix);
}

absl::Status Check(const ForeignTensors& tensors, const std::string& prefix,
                   const std::vector<nn::NamedTensor>& wanted) {
  for (const nn::NamedTensor& parameter : wanted) {
    const std::string name = prefix + parameter.name;
    const auto found = tensors.find(name);
    if (found == tensors.end())
      return absl::FailedPreconditionError(absl::StrCat("it lacks the tensor \"", name, "\""));
    const Shape want = FileShape(parameter.tensor.shape());
    if (found->second.shape != want) {
      return absl::FailedPreconditionError(
          absl::StrCat("its tensor \"", name, "\" is ", ToString(found->second.shape), " instead of ", ToString(want)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

Shape FileShape(const Shape& shape) {
  if (shape.rank() != 4) return shape;
  return {shape.dim(0), shape.dim(3), shape.dim(1), shape.dim(2)};
}

absl::Status CheckComplete(const ImportedNetwork& network) {
  nn::InitContext plan;
  plan.device = Device::Plan();
  const ForeignTensors& tensors = network.tensors;
  const std::unique_ptr<GeneratorNetwork> generator = MakeGenerator(network.config.model, plan);
  std::vector<nn::NamedTensor> wanted = nn::Parameters(*generator);
  for (nn::NamedTensor& buffer : nn::Buffers(*generator)) wanted.push_back(std::move(buffer));
  absl::Status status = Check(tensors, kAveragePrefix, wanted);
  if (status.ok() && (HasAny(tensors, kSynthesisPrefix) || HasAny(tensors, kMappingPrefix))) {
    status = Check(tensors, "", wanted);
  }
  if (status.ok() && HasAny(tensors, kDiscriminatorPrefix)) {
    const std::unique_ptr<DiscriminatorNetwork> discriminator = MakeDiscriminator(network.config.model, plan);
    status = Check(tensors, kDiscriminatorPrefix, nn::Parameters(*discriminator));
  }
  return status;
}

}  // namespace sg::gan
