// The model of tests/golden/phases.safetensors and steps.safetensors, and the two updates of a training step with given
// latents and noise. They are composed of the same parts as in gan/train/{d,g}_phase.cc.
#ifndef TESTS_GAN_TRAIN_PARITY_NETWORKS_H_
#define TESTS_GAN_TRAIN_PARITY_NETWORKS_H_

#include <memory>
#include <string>
#include <vector>

#include "gan/loss/path_length_penalty.h"
#include "gan/model/common/mapping_network.h"
#include "gan/model/stylegan2/discriminator.h"
#include "gan/model/stylegan2/generator.h"
#include "nn/module.h"
#include "tests/support/goldens.h"

namespace sg::gan {

// The loss of one update, its terms, and its gradients in the order of the parameters.
struct Phase {
  Tensor loss;
  Tensor real_scores, fake_scores, penalty;  // undefined if the update does not compute them
  std::vector<nn::NamedTensor> gradients;    // "discriminator.conv.bias", ...
};

class ParityNetworks {
 public:
  // Loads the parameters from the file.
  explicit ParityNetworks(const testing::Goldens& goldens);

  // The update of the discriminator, with the inputs "<inputs>z1" etc. Gradients are not clipped.
  Phase Discriminate(const std::string& inputs, int crossover, bool with_r1);
  // The update of generator and mapping network. A non-null `path_length` adds its penalty, with the input "<inputs>y".
  Phase Generate(const std::string& inputs, int crossover, PathLengthPenalty* path_length);

  // A penalty after three calls, with the state "<inputs>exp_sum_a".
  std::unique_ptr<PathLengthPenalty> MakePathLengthPenalty(const std::string& inputs, bool annotated_axes) const;

  // The parameters of "mapping", "generator" or "discriminator", with that name as prefix.
  std::vector<nn::NamedTensor> Parameters(const std::string& network);

 private:
  struct Images {
    Tensor w, pixels;
  };
  Images Synthesize(const std::string& inputs, int crossover) const;

  const testing::Goldens& goldens_;
  RandomStream random_;
  MappingNetwork mapping_;
  Generator generator_;
  Discriminator discriminator_;
};

}  // namespace sg::gan

#endif  // TESTS_GAN_TRAIN_PARITY_NETWORKS_H_
