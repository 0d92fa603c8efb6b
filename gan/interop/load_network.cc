#include "gan/interop/load_network.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/io/weight_file_kind.h"
#include "engine/ops/in_place.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/record_scope.h"
#include "gan/interop/export_network.h"
#include "gan/interop/import_network.h"
#include "gan/model/networks.h"
#include "gan/train/resume.h"
#include "gan/train/run_directory.h"
#include "nn/init.h"
#include "nn/module.h"

namespace sg::gan {
namespace {

// Whether `file` lies in another folder than the folder `path`.
bool IsInFolderBelow(const std::string& file, const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error) &&
         !std::filesystem::equivalent(std::filesystem::path(file).parent_path(), path, error);
}

}  // namespace

absl::Status FillTensor(const ForeignTensor& source, const Tensor& target, double factor) {
  absl::StatusOr<HostTensor> values = source.read();
  if (!values.ok()) return values.status();
  if (values->shape.rank() == 4) *values = Transposed(*values, {0, 2, 3, 1});
  if (factor != 1) {
    for (float& value : values->values) value = static_cast<float>(value * factor);
  }
  CopyFromHost(target, values->values.data(), values->values.size() * sizeof(float));
  return absl::OkStatus();
}

absl::StatusOr<std::string> NetworkFileAt(const std::string& path) {
  std::error_code error;
  const std::string model = absl::StrCat(path, "/", kModelFileName);
  if (!IsRunDirectory(path) && std::filesystem::is_regular_file(model, error)) return model;
  absl::StatusOr<std::string> checkpoint = CheckpointAt(path);
  if (!absl::IsNotFound(checkpoint.status())) return checkpoint;
  const absl::StatusOr<LastRun> last = FindLastRun(path);
  return last.ok() && !last->folder.empty() ? CheckpointAt(last->folder) : checkpoint;
}

absl::StatusOr<LoadedNetwork> LoadNetwork(const std::string& path, Device device) {
  const absl::StatusOr<std::string> file = NetworkFileAt(path);
  if (!file.ok()) return file.status();
  const absl::StatusOr<io::WeightFileKind> kind = io::FindWeightFileKind(*file);
  if (!kind.ok()) return kind.status();
  LoadedNetwork loaded;
  if (IsInFolderBelow(*file, path)) loaded.notes.push_back(absl::StrCat("the newest network in ", path, " is ", *file));
  if (*kind == io::WeightFileKind::kSafetensors) {
    absl::StatusOr<Pretrained> pretrained = LoadPretrained(*file, device);
    if (!pretrained.ok()) return pretrained.status();
    loaded.pretrained = *std::move(pretrained);
    return loaded;
  }
  absl::StatusOr<ImportedNetwork> network = ImportNetwork(*file);
  if (!network.ok()) return network.status();
  nn::InitContext init;  // without a stream: the values come from the file
  init.device = device;
  Pretrained& pretrained = loaded.pretrained;
  pretrained.path = *file;
  pretrained.generator = MakeGenerator(network->config.model, init);
  pretrained.latent_average = Tensor::Zeros({network->config.model.WDim()}, DType::kF32, device);
  absl::Status status = FillTensor(network->tensors.at(kLatentAverageName), pretrained.latent_average);
  std::vector<nn::NamedTensor> tensors = nn::Parameters(*pretrained.generator);
  for (nn::NamedTensor& buffer : nn::Buffers(*pretrained.generator)) tensors.push_back(std::move(buffer));
  for (const nn::NamedTensor& tensor : tensors) {
    if (status.ok()) status = FillTensor(network->tensors.at(kAveragePrefix + tensor.name), tensor.tensor);
  }
  if (!status.ok()) return status;
  pretrained.config = std::move(network->config);
  for (std::string& note : network->notes) loaded.notes.push_back(std::move(note));
  return loaded;
}

}  // namespace sg::gan
