// What a training run writes to look at and to go on from.
#ifndef GAN_TRAIN_SNAPSHOT_H_
#define GAN_TRAIN_SNAPSHOT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/io/safetensors_reader.h"
#include "gan/config/config.h"
#include "gan/data/data_identity.h"
#include "gan/data/dataset.h"
#include "gan/image/image.h"
#include "gan/train/run_directory.h"
#include "gan/train/trainer.h"

namespace sg::gan {

// A label [label_dim] for each row of a sheet: labels that occur in the data, in their order, and again from the first
// after the last. Empty if the model has no labels.
std::vector<float> SheetLabels(const Dataset& dataset, const ModelConfig& model);
// The pictures of a sheet by the averaged generator, the same latents every time: picture k is what seed k generates.
// With SheetLabels, the pictures of a row have its label.
std::vector<Image> DrawFakes(const Trainer& trainer, const std::vector<float>& labels);
// Writes them as a sheet. Returns the path written.
absl::StatusOr<std::string> WriteFakes(const std::vector<Image>& fakes, const RunDirectory& run,
                                       const std::string& name);
std::string FakesName(const Trainer& trainer);  // of its present state: "fakes000012.png"

// A sheet of training images, from all over the set. A bad one is an error, or left out under OnBadImage::kSkip; then
// it is an error that all of them are bad.
absl::StatusOr<Image> DrawReals(Dataset* dataset);
// Writes it as reals.png. Returns the path written.
absl::StatusOr<std::string> WriteReals(const Image& sheet, const RunDirectory& run);

// The paths of the trainer's present state in its run.
std::string CheckpointPath(const Trainer& trainer, const RunDirectory& run);
std::string DivergedPath(const Trainer& trainer, const RunDirectory& run);
// The whole state, with the environment that bitwise repetition depends on.
//
// `data` is stored, too: what the trainer has been trained with.
absl::Status SaveCheckpoint(const Trainer& trainer, const std::string& path,
                            const std::optional<DataIdentity>& data = std::nullopt);
// The bytes of that file in memory.
absl::StatusOr<std::string> SerializeCheckpoint(const Trainer& trainer,
                                                const std::optional<DataIdentity>& data = std::nullopt);

// A trainer in the state of a checkpoint. `environment_note` tells when it was written in another environment (threads,
// instruction set, library, a GPU's modes) or with the batch in other parts, so that the continuation is not bit for
// bit the same; otherwise it is empty.
struct Resumed {
  std::unique_ptr<Trainer> trainer;
  std::string environment_note;
  std::optional<DataIdentity> data;  // none in files of earlier versions
};
absl::StatusOr<Resumed> ResumeTrainer(const std::string& checkpoint, const TrainConfig& config, Device device);
// The configuration that a checkpoint was trained with.
absl::StatusOr<TrainConfig> CheckpointConfig(const io::SafetensorsReader& checkpoint);
absl::StatusOr<TrainConfig> CheckpointConfig(const std::string& checkpoint);

}  // namespace sg::gan

#endif  // GAN_TRAIN_SNAPSHOT_H_
