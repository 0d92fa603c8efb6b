// Adam over groups of parameters, each with its own learning rate and its own clipping by norm.
//
//   Adam adam({{"generator", Parameters(g), 1e-3}, {"mapping", Parameters(m), 1e-5}}, {});
//   adam.Step(0, gradients_of_g);
#ifndef NN_OPTIM_ADAM_H_
#define NN_OPTIM_ADAM_H_

#include <string>
#include <vector>

#include "nn/module.h"

namespace sg::nn {

struct AdamOptions {
  double beta1 = 0.0, beta2 = 0.99, eps = 1e-8;
  double max_norm = 0;  // a group's gradient longer than this is scaled down to it; 0 does not clip
};

struct AdamGroup {
  std::string name;
  std::vector<NamedTensor> parameters;
  double lr = 1e-3;
  // The share c of its steps that a group makes for its loss, where a regulariser every k of these makes a step of its own:
  // c = k / (k + 1). Rate and decays become lr * c and beta^c, so that k + 1 steps do what k did (Karras et al. 2020,
  // appendix B).
  double lazy_share = 1;
};

class Adam {
 public:
  Adam(std::vector<AdamGroup> groups, const AdamOptions& options);

  // One step of group `index`; gradients in the order of its parameters. Returns the norm [1] of the gradient before
  // clipping, on the device: a norm that is not finite left everything but the step count unchanged.
  Tensor Step(int index, const std::vector<Tensor>& gradients);

  int64_t steps(int index) const { return groups_[index].steps; }
  void set_steps(int index, int64_t steps) { groups_[index].steps = steps; }
  int num_groups() const { return static_cast<int>(groups_.size()); }
  const std::string& name(int index) const { return groups_[index].group.name; }

  // The moments of every parameter, named "<group>.m.<parameter>" and "<group>.v.<parameter>". With beta1 = 0 there are no
  // first ones, which would be a copy of the gradients.
  std::vector<NamedTensor> State() const;

 private:
  struct GroupState {
    AdamGroup group;
    std::vector<Tensor> parameters, m, v;
    int64_t steps = 0;
  };

  std::vector<GroupState> groups_;
  AdamOptions options_;
};

}  // namespace sg::nn

#endif  // NN_OPTIM_ADAM_H_
