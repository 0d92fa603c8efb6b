#include "gan/interop/latent_average.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/ops/in_place.h"
#include "engine/tensor/record_scope.h"
#include "gan/model/common/mapping_network.h"
#include "gan/model/network.h"
#include "gan/sample/sampler.h"
#include "nn/init.h"
#include "nn/module.h"

namespace sg::gan {
namespace {

constexpr int kPart = 32;  // latents at a time, of which each may have a label of 65536 elements

// Labels of the latents from `begin` on: latent i has the class i modulo label_dim. Undefined without labels.
Tensor ClassesInTurn(int begin, int label_dim) {
  if (label_dim == 0) return {};
  std::vector<float> labels(static_cast<size_t>(kPart) * static_cast<size_t>(label_dim));
  for (int i = 0; i < kPart; ++i) labels[static_cast<size_t>(i) * label_dim + (begin + i) % label_dim] = 1;
  return Tensor::FromHost<float>({kPart, label_dim}, labels, Device::Cpu());
}

}  // namespace

absl::Status AddLatentAverage(ImportedNetwork* network) {
  const ModelConfig& model = network->config.model;
  const Shape shape = {model.WDim()};
  const auto known = network->tensors.find(kLatentAverageName);
  if (known != network->tensors.end()) {
    if (known->second.shape == shape) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("its average of w is ", ToString(known->second.shape), " instead of ", ToString(shape)));
  }
  MappingNetwork mapping(model, nn::InitContext());
  for (const nn::NamedTensor& parameter : nn::Parameters(mapping)) {
    const absl::StatusOr<HostTensor> values =
        network->tensors.at(absl::StrCat(kAveragePrefix, kMappingPrefix, parameter.name)).read();
    if (!values.ok()) return values.status();
    CopyFromHost(parameter.tensor, values->values.data(), values->values.size() * sizeof(float));
  }
  RecordScope no_record(false);
  const auto z_dim = static_cast<size_t>(model.latent_dim), width = static_cast<size_t>(model.WDim());
  const std::vector<float> z =
      LatentsFromSeeds({0}, int64_t{kAveragedLatents} * model.latent_dim, Device::Cpu()).ToHost<float>();
  std::vector<double> sums(width);
  for (int begin = 0; begin < kAveragedLatents; begin += kPart) {
    const auto first = z.begin() + static_cast<std::ptrdiff_t>(begin * z_dim);
    const std::vector<float> part(first, first + static_cast<std::ptrdiff_t>(kPart * z_dim));
    const Tensor latents = Tensor::FromHost<float>({kPart, model.latent_dim}, part, Device::Cpu());
    const std::vector<float> w = mapping.Forward(latents, ClassesInTurn(begin, model.label_dim)).ToHost<float>();
    for (size_t i = 0; i < w.size(); ++i) sums[i % width] += w[i];
  }
  HostTensor average = {shape, std::vector<float>(width)};
  for (size_t i = 0; i < width; ++i) average.values[i] = static_cast<float>(sums[i] / kAveragedLatents);
  network->tensors[kLatentAverageName] = {shape, [average]() -> absl::StatusOr<HostTensor> { return average; }};
  network->notes.push_back(
      absl::StrCat("It has no average of w, so the mean over ", kAveragedLatents, " latents is used."));
  return absl::OkStatus();
}

}  // namespace sg::gan
