// The metadata and the list of tensors of a checkpoint. The input edits those of a valid one, line by line:
//
//   key=value   sets an entry of the metadata
//   -name       removes an entry or a tensor
//   ~name       loses the shape of a tensor
//
// A file that is refused must change nothing.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "engine/base/device.h"
#include "engine/io/safetensors_reader.h"
#include "engine/ops/shape_ops.h"
#include "gan/config/config.h"
#include "gan/train/state_file.h"
#include "gan/train/train_state.h"
#include "nn/state/checkpoint.h"
#include "tests/fuzz/memory_file.h"

namespace {

using sg::gan::TrainConfig;
using sg::gan::TrainState;

TrainConfig TinyConfig() {
  TrainConfig config;
  config.model.resolution = 8;
  config.model.latent_dim = 4;
  config.model.mapping_layers = 1;
  config.model.g_features = 1;
  config.model.d_features = 1;
  config.model.max_features = 2;
  config.model.mbstd_group = 2;
  config.batch = 2;
  return config;
}

std::string Serialized(TrainState* state) {
  const absl::StatusOr<std::string> bytes = sg::gan::SerializeState(TinyConfig(), state, {});
  SG_CHECK(bytes.ok()) << "[fuzz] " << bytes.status();
  return *bytes;
}

std::map<std::string, std::string> MetadataOf(const std::string& bytes) {
  const sg::fuzz::MemoryFile file(bytes.data(), bytes.size());
  const absl::StatusOr<sg::io::SafetensorsReader> reader = sg::io::SafetensorsReader::Open(file.path());
  SG_CHECK(reader.ok()) << "[fuzz] " << reader.status();
  return reader->metadata();
}

struct Edited {
  std::map<std::string, std::string> metadata;
  std::vector<sg::nn::NamedTensor> tensors;
};

void Edit(absl::string_view line, Edited* file) {
  const size_t equals = line.find('=');
  if (equals != absl::string_view::npos) {
    file->metadata[std::string(line.substr(0, equals))] = std::string(line.substr(equals + 1));
    return;
  }
  const absl::string_view name = line.substr(line.empty() ? 0 : 1);
  if (!line.empty() && line[0] == '-') file->metadata.erase(std::string(name));
  for (size_t i = 0; i < file->tensors.size(); ++i) {
    sg::nn::NamedTensor& tensor = file->tensors[i];
    if (line.empty() || tensor.name != name) continue;
    if (line[0] == '~') tensor.tensor = sg::Reshape(tensor.tensor, {tensor.tensor.shape().NumElements()});
    if (line[0] == '-') {
      file->tensors.erase(file->tensors.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static TrainState& valid = *new TrainState(TinyConfig(), sg::Device::Cpu());
  static TrainState& state = *new TrainState(TinyConfig(), sg::Device::Cpu());
  static const std::map<std::string, std::string>& metadata =
      *new std::map<std::string, std::string>(MetadataOf(Serialized(&valid)));

  Edited edited{metadata, sg::gan::StateTensors(&valid)};
  for (const absl::string_view line :
       absl::StrSplit(absl::string_view(reinterpret_cast<const char*>(data), size), '\n')) {
    Edit(line, &edited);
  }
  const absl::StatusOr<std::string> bytes = sg::nn::SerializeTensors(edited.tensors, edited.metadata);
  if (!bytes.ok()) return 0;
  const sg::fuzz::MemoryFile file(bytes->data(), bytes->size());
  const absl::StatusOr<sg::io::SafetensorsReader> reader = sg::io::SafetensorsReader::Open(file.path());
  if (!reader.ok()) return 0;

  static std::string& before = *new std::string(Serialized(&state));
  const absl::Status loaded = sg::gan::LoadState(*reader, TinyConfig(), &state);
  std::string after = Serialized(&state);
  SG_CHECK(loaded.ok() || after == before) << "[fuzz] the state changed: " << loaded;
  before = std::move(after);
  return 0;
}
