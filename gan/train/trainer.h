// The training step. It knows nothing about files of images, run directories or screens.
//
//   Trainer trainer(config, Device::Cpu());
//   std::vector<StepScalar> scalars = trainer.Step(batch);
//   trainer.Save("network-snapshot-000004.safetensors", extra);
//
// A step updates the discriminator, then the generator (synthesis and mapping network), then the generator's average.
// With generator_first, the generator comes before the discriminator, as in NVIDIA's training.
// A batch is computed in grad_accum parts whose gradients are added up. In the steps that schedule.h names, a lazy
// regularizer joins:
//
//   phase   loss of each part                                     updates, in groups of Adam
//   D       D(fakes), D(reals): FakeLoss + RealLoss               discriminator
//   D+R1    the same + R1Weight * R1(reals) + R2Weight * R2(fakes)  discriminator
//           separate_regularizers: the penalties have their own update: discriminator, discriminator
//   G       D(fakes): GeneratorLoss                               generator, mapping_network
//   G+PL    the same + PathLengthWeight * PL(fakes)               generator, mapping_network
//           pl_batch_shrink > 1: PL of fewer, separate fakes
//           separate_regularizers: the penalty has its own update: both groups twice
//
// Under the relativistic loss, D and G have the RelativisticLoss of D(reals) and D(fakes) in pairs. The real images are
// those of the step's batch in both phases.
//
//   d_phase, g_phase -> fakes (latents, mixing, noise), critic (augmentation, discriminator), gan/loss, gradients
//   train_state      -> everything that a step changes; state_file saves and loads it
//
// A trainer that has loaded a state goes on bit for bit (same device, threads and instruction set).
#ifndef GAN_TRAIN_TRAINER_H_
#define GAN_TRAIN_TRAINER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/io/safetensors_reader.h"
#include "gan/config/config.h"
#include "gan/data/batch.h"
#include "gan/model/network.h"
#include "gan/train/fakes.h"
#include "gan/train/metadata.h"
#include "gan/train/step_scalar.h"
#include "gan/train/train_state.h"
#include "nn/module.h"

namespace sg::gan {

class Trainer {
 public:
  // `config` must be valid (validate.h).
  Trainer(const TrainConfig& config, Device device);

  // `real` holds config.batch images of the model's ImageSpec, with labels if the model has some. Returns the scalars
  // of this step: grad_accum times those that every part measures.
  std::vector<StepScalar> Step(const Batch& real);

  // The halves of a step, for benchmarks and tests: with or without the regularizers, whatever the schedule says.
  void StepDiscriminator(const Batch& real, bool penalties, std::vector<StepScalar>* scalars);
  void StepGenerator(const Batch& real, bool path_length, std::vector<StepScalar>* scalars);
  // Of a model without labels, and of a loss that needs no real images.
  void StepGenerator(bool path_length, std::vector<StepScalar>* scalars) {
    StepGenerator(Batch(), path_length, scalars);
  }
  // New images by the current generator, as a step makes them. For a model without labels.
  Fakes Generate(int64_t batch);

  const TrainConfig& config() const { return config_; }
  Device device() const { return state_->device(); }
  int64_t steps() const { return state_->steps; }
  int64_t images_seen() const { return state_->steps * config_.batch; }
  double augment_p() const { return state_->AugmentP(config_); }  // the probability of each transform of augmentation
  // Lets augmentation that adapts start from this probability, at most the largest one.
  void StartAugmentAt(double p) { state_->ada.Start(p); }
  // Whether the augmentation adapts, and has reached the largest probability.
  bool augment_at_limit() const { return config_.augment.aug == AugMode::kAda && state_->ada.at_limit(); }
  double learning_rate() const;  // of the generator and the discriminator in the next step
  const DiscriminatorNetwork& discriminator() const { return *state_->discriminator; }
  std::shared_ptr<const GeneratorNetwork> average() const { return state_->average; }
  const Tensor& latent_average() const { return state_->latent_average; }  // [WDim()], the running mean of w

  const RollbackState& rollback() const { return state_->rollback; }
  void set_rollback(const RollbackState& rollback) { state_->rollback = rollback; }

  // As in state_file.h.
  absl::Status Save(const std::string& path, Metadata extra) const;
  absl::StatusOr<std::string> Serialize(Metadata extra) const;
  absl::Status Load(const io::SafetensorsReader& file);

  // Every tensor of the state by its name in the file, sharing the buffers.
  std::vector<nn::NamedTensor> State() const { return StateTensors(state_.get()); }

 private:
  // A programming error unless the batch is one of the configuration.
  void Check(const Batch& real) const;
  // Sets what the optimizer's next steps depend on.
  void FollowSchedule();

  const TrainConfig config_;
  const std::unique_ptr<TrainState> state_;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_TRAINER_H_
