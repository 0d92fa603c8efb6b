// Tensors of modules and optimizers to and from safetensors files.
//
// Files keep the layout that everybody else uses: a rank-4 tensor is [O,I,kH,kW] (or [N,C,H,W]) in the file and [O,kH,kW,I]
// here, and is transposed at this edge.
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

// f32 tensors of distinct names; written durably, all or nothing.
absl::Status SaveTensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                         const std::map<std::string, std::string>& metadata);
// The bytes of that file in memory.
absl::StatusOr<std::string> SerializeTensors(const std::vector<NamedTensor>& tensors,
                                             const std::map<std::string, std::string>& metadata);

enum class ExtraTensors {
  kForbid,  // a tensor of the file that was not asked for is an error
  kIgnore,
};
// Fills every tensor of the list from the tensor of its name. Names, shapes and dtypes are all checked before anything is
// written; the error lists what is missing, left over or of another shape.
absl::Status LoadTensors(const SafetensorsReader& file, const std::vector<NamedTensor>& tensors, ExtraTensors extra);

}  // namespace sg::nn

#endif  // NN_STATE_CHECKPOINT_H_
