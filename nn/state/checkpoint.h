// Saves the tensors of modules and optimizers to safetensors files, and loads them.
//
// Files have the layout of PyTorch: a rank-4 tensor is [O,I,kH,kW] (or [N,C,H,W]) in the file and [O,kH,kW,I] in
// memory. Saving and loading transpose it.
//
//   absl::Status saved = SaveTensors("model.safetensors", Parameters(model), {{"format", "1"}});
#ifndef NN_STATE_CHECKPOINT_H_
#define NN_STATE_CHECKPOINT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/io/safetensors_reader.h"
#include "nn/module.h"

namespace sg::nn {

// Writes f32 tensors with distinct names. The file is replaced atomically and durably.
absl::Status SaveTensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                         const std::map<std::string, std::string>& metadata);
// Returns the bytes that SaveTensors writes.
absl::StatusOr<std::string> SerializeTensors(const std::vector<NamedTensor>& tensors,
                                             const std::map<std::string, std::string>& metadata);

enum class ExtraTensors {
  kForbid,  // a tensor in the file but not in the list is an error
  kIgnore,
};
// Whether the file has every tensor of the list with its shape. The error lists the tensors that are missing,
// unexpected or of another shape. Tensors on Device::Plan(), which take no memory, are enough.
absl::Status CheckTensors(const io::SafetensorsReader& file, const std::vector<NamedTensor>& tensors,
                          ExtraTensors extra);
// Fills every tensor of the list with the tensor of the same name. All names, shapes and dtypes are checked before
// anything is written. The errors include those of CheckTensors.
absl::Status LoadTensors(const io::SafetensorsReader& file, const std::vector<NamedTensor>& tensors,
                         ExtraTensors extra);

}  // namespace sg::nn

#endif  // NN_STATE_CHECKPOINT_H_
