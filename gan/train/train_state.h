// Everything that changes while a model learns. A checkpoint holds exactly this (state_file.h).
//
//   TrainState state(config, Device::Cpu());   // initialized from config.seed
//   Tensor norm = state.adam.Step(kDiscriminatorGroup, gradients);
#ifndef GAN_TRAIN_TRAIN_STATE_H_
#define GAN_TRAIN_TRAIN_STATE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gan/augment/ada_controller.h"
#include "gan/config/config.h"
#include "gan/loss/path_length_penalty.h"
#include "gan/model/network.h"
#include "gan/train/random_streams.h"
#include "nn/module.h"
#include "nn/optim/adam.h"

namespace sg::gan {

// The parameter groups of TrainState::adam.
constexpr char kDiscriminatorGroup[] = "adam.discriminator";
constexpr char kSynthesisGroup[] = "adam.generator";
constexpr char kMappingGroup[] = "adam.mapping_network";

// How often a training has gone back because it diverged, and what the next time depends on (rollback.h). Steps count
// the training's steps, as TrainState::steps does.
struct RollbackState {
  int64_t count = 0;      // so often; each time has halved the learning rates
  int64_t good = 0;       // the step of the state to go back to
  int64_t candidate = 0;  // the step of the last regular checkpoint, which may become the good state
  bool unsteady = false;  // the present tick had gradients that were not finite, or far too large
};

// Receives every entry of a state. `since` is the first version of the file format that has the entry.
class StateVisitor {
 public:
  virtual ~StateVisitor() = default;
  virtual void Tensors(int since, const std::vector<nn::NamedTensor>& tensors) = 0;
  // A count from 0 to `max`. Returns the value that it shall have from now on.
  virtual int64_t Counter(int since, const std::string& name, int64_t max, int64_t value) = 0;
};

struct TrainState {
  TrainState(const TrainConfig& config, Device device);
  TrainState(const TrainState&) = delete;
  TrainState& operator=(const TrainState&) = delete;

  // The one list of what a checkpoint holds. A new entry is appended with the next version as its `since`; loading an
  // older file leaves it as the constructor made it.
  void Visit(StateVisitor& v);

  // The probability of each transform of the configuration's augmentation.
  double AugmentP(const TrainConfig& config) const;

  // What a step multiplies both learning rates by: the schedule of the configuration, and the rollbacks.
  double LearningRateFactor(const TrainConfig& config) const;

  Device device() const { return latent_average.device(); }

  RandomStreams streams;
  const std::shared_ptr<GeneratorNetwork> generator;
  const std::unique_ptr<DiscriminatorNetwork> discriminator;
  const std::shared_ptr<GeneratorNetwork> average;  // the moving average of `generator`
  const Tensor latent_average;                      // [WDim()], the running mean of w
  PathLengthPenalty path_length;
  // The parameters of the networks, sharing their buffers. Those of the generator also in its two groups, and those of
  // the discriminator also without its frozen layers.
  const std::vector<nn::NamedTensor> generator_parameters, discriminator_parameters, average_parameters;
  const std::vector<nn::NamedTensor> synthesis_parameters, mapping_parameters, trained_discriminator_parameters;
  // Their constants, which no step changes.
  const std::vector<nn::NamedTensor> generator_buffers, average_buffers;
  nn::Adam adam;
  AdaController ada;
  RollbackState rollback;
  int64_t steps = 0;
};

// Every tensor of the state by its name in a checkpoint, sharing the buffers.
std::vector<nn::NamedTensor> StateTensors(TrainState* state);

}  // namespace sg::gan

#endif  // GAN_TRAIN_TRAIN_STATE_H_
