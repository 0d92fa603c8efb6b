// Training states in safetensors files: the tensors by name, the counters and the configuration as metadata.
//
//   absl::Status saved = SaveState("network-snapshot-000004.safetensors", config, &state, {{"environment", "..."}});
//
// A file tells the version of its format. Files of every earlier version load: entries that came later
// (StateVisitor) stay as they are in `state`, and tensors that a later version dropped are passed over.
#ifndef GAN_TRAIN_STATE_FILE_H_
#define GAN_TRAIN_STATE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/io/safetensors_reader.h"
#include "gan/config/config.h"
#include "gan/train/metadata.h"
#include "gan/train/train_state.h"

namespace sg::gan {

// The file is replaced atomically and durably. `extra` metadata is added to that of the state.
absl::Status SaveState(const std::string& path, const TrainConfig& config, TrainState* state, Metadata extra);
// The bytes of that file.
absl::StatusOr<std::string> SerializeState(const TrainConfig& config, TrainState* state, Metadata extra);

// Whether a file is a training state, of any version.
bool IsState(const io::SafetensorsReader& file);

// The errors of LoadState that show without the values of the tensors. A state on Device::Plan(), which takes no
// memory, is enough. A small file may claim a network that no machine could hold.
absl::Status CheckState(const io::SafetensorsReader& file, const TrainConfig& config, TrainState* state);

// Into a state made for the same networks. FailedPrecondition if the file is not a training state, is of a later
// version, or is incomplete; also the errors of nn::LoadTensors. Every error names the file and changes nothing.
absl::Status LoadState(const io::SafetensorsReader& file, const TrainConfig& config, TrainState* state);

}  // namespace sg::gan

#endif  // GAN_TRAIN_STATE_FILE_H_
