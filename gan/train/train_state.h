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
  int64_t steps = 0;
};

// Every tensor of the state by its name in a checkpoint, sharing the buffers.
std::vector<nn::NamedTensor> StateTensors(TrainState* state);

}  // namespace sg::gan

#endif  // GAN_TRAIN_TRAIN_STATE_H_
