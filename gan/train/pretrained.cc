#include "gan/train/pretrained.h"

#include <utility>
#include <vector>

#include "engine/io/safetensors_reader.h"
#include "gan/model/networks.h"
#include "gan/train/class_names.h"
#include "gan/train/run_directory.h"
#include "gan/train/snapshot.h"
#include "nn/state/checkpoint.h"

namespace sg::gan {
namespace {

// Its values come from the checkpoint, so it is not initialized.
struct AveragedGenerator {
  AveragedGenerator(const ModelConfig& model, Device device) {
    nn::InitContext init;  // without a stream
    init.device = device;
    network = MakeGenerator(model, init);
    latent_average = Tensor::Zeros({model.WDim()}, DType::kF32, device);
    tensors = nn::WithPrefix("ema.", nn::Parameters(*network));
    for (nn::NamedTensor& buffer : nn::WithPrefix("ema.", nn::Buffers(*network))) tensors.push_back(std::move(buffer));
    tensors.push_back({"ema.latent_average", latent_average});
  }

  std::shared_ptr<GeneratorNetwork> network;
  Tensor latent_average;
  std::vector<nn::NamedTensor> tensors;
};

}  // namespace

absl::StatusOr<Pretrained> LoadPretrained(const std::string& path, Device device) {
  const absl::StatusOr<std::string> checkpoint = CheckpointAt(path);
  if (!checkpoint.ok()) return checkpoint.status();
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(*checkpoint);
  if (!file.ok()) return file.status();
  absl::StatusOr<TrainConfig> config = CheckpointConfig(*file);
  if (!config.ok()) return config.status();

  // Before the network takes memory: a small file may claim a network that no machine could hold.
  const AveragedGenerator planned(config->model, Device::Plan());
  const absl::Status fits = nn::CheckTensors(*file, planned.tensors, nn::ExtraTensors::kIgnore);
  if (!fits.ok()) return fits;
  AveragedGenerator generator(config->model, device);
  const absl::Status filled = nn::LoadTensors(*file, generator.tensors, nn::ExtraTensors::kIgnore);
  if (!filled.ok()) return filled;

  Pretrained loaded;
  loaded.path = *checkpoint;
  loaded.class_names = ReadClassNames(file->metadata(), config->model.label_dim);
  loaded.config = *std::move(config);
  loaded.generator = std::move(generator.network);
  loaded.latent_average = generator.latent_average;
  loaded.knows_data = file->metadata().count("origin") == 0;  // a shared file has it (gan/interop/export_network.h)
  return loaded;
}

}  // namespace sg::gan
