#include "gan/train/finite_state.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/io/safetensors_reader.h"

namespace sg::gan {

bool HoldsFiniteState(const std::string& checkpoint) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(checkpoint);
  if (!file.ok()) return false;
  return std::all_of(file->tensors().begin(), file->tensors().end(), [&](const io::TensorInfo& tensor) {
    const absl::StatusOr<std::vector<float>> values = file->ReadAsFloat(tensor.name);
    return values.ok() && std::all_of(values->begin(), values->end(), [](float value) { return std::isfinite(value); });
  });
}

}  // namespace sg::gan
