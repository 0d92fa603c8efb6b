#include "gan/train/pretrained.h"

#include <utility>
#include <vector>

#include "engine/io/safetensors_reader.h"
#include "gan/model/networks.h"
#include "gan/train/run_directory.h"
#include "gan/train/snapshot.h"
#include "nn/state/checkpoint.h"

namespace sg::gan {

absl::StatusOr<Pretrained> LoadPretrained(const std::string& path, Device device) {
  const absl::StatusOr<std::string> checkpoint = CheckpointAt(path);
  if (!checkpoint.ok()) return checkpoint.status();
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(*checkpoint);
  if (!file.ok()) return file.status();
  absl::StatusOr<TrainConfig> config = CheckpointConfig(*file);
  if (!config.ok()) return config.status();

  Pretrained loaded;
  loaded.path = *checkpoint;
  loaded.config = *std::move(config);
  nn::InitContext init;  // without a stream: every parameter comes from the file
  init.device = device;
  loaded.generator = MakeGenerator(loaded.config.model, init);
  loaded.latent_average = Tensor::Zeros({loaded.config.model.latent_dim}, DType::kF32, device);
  std::vector<nn::NamedTensor> tensors = nn::WithPrefix("ema.", nn::Parameters(*loaded.generator));
  tensors.push_back({"ema.latent_average", loaded.latent_average});
  const absl::Status filled = nn::LoadTensors(*file, tensors, nn::ExtraTensors::kIgnore);
  if (!filled.ok()) return filled;
  return loaded;
}

}  // namespace sg::gan
