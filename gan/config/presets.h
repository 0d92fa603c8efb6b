// Named configurations that a run can start from.
//
//   absl::StatusOr<TrainConfig> config = PresetConfig("quick");
#ifndef GAN_CONFIG_PRESETS_H_
#define GAN_CONFIG_PRESETS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/config/config.h"

namespace sg::gan {

// The names of all presets. The first is the default of `train`.
std::vector<std::string> PresetNames();

// "quick": learns the bundled 32x32 emoji in minutes on two cores.
// "annotated": the annotated implementation's settings, which are the defaults of TrainConfig.
// "official": NVIDIA's configuration paper256, 256x256 pixels. At another resolution its networks have the channels
// that NVIDIA's networks have there with fmaps 0.5.
//
// Differences of "official" from NVIDIA's training: the order of the updates (theirs: generator first), the step of an
// interval at which a regularizer comes (theirs: the first), latent averages of every mapped batch, and anything
// specific to eight GPUs.
//
// InvalidArgument for another name; the message lists the names.
absl::StatusOr<TrainConfig> PresetConfig(absl::string_view name);

}  // namespace sg::gan

#endif  // GAN_CONFIG_PRESETS_H_
