// Adam (Kingma and Ba, 2015) over groups of parameters. Every group has its own learning rate, and its gradient is
// clipped by its own norm.
//
//   Adam adam({{"generator", Parameters(g), /*lr=*/1e-3}, {"mapping", Parameters(m), /*lr=*/1e-5}}, {});
//   Tensor norm = adam.Step("generator", gradients_of_g);
#ifndef NN_OPTIM_ADAM_H_
#define NN_OPTIM_ADAM_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nn/module.h"

namespace sg::nn {

struct AdamOptions {
  double beta1 = 0.0, beta2 = 0.99, eps = 1e-8;
  double max_norm = 0;  // upper limit of the norm of a group's gradient; 0: no clipping
};

struct AdamGroup {
  std::string name;
  std::vector<NamedTensor> parameters;
  double lr = 1e-3;
  // Fraction c of this group's updates that come from the main loss: k / (k + 1) if a lazy regularizer adds one update
  // every k steps. The group uses lr * c and beta^c, with which k + 1 updates have the effect of k (Karras et al. 2020,
  // appendix B).
  double lazy_share = 1;
};

class Adam {
 public:
  Adam(std::vector<AdamGroup> groups, const AdamOptions& options);

  // One step of the group of this name. The gradients are in the order of the group's parameters. Returns the norm [1]
  // of the gradient before clipping, on the device. If the norm is not finite, only the step count has changed.
  Tensor Step(absl::string_view group, const std::vector<Tensor>& gradients);

  // For the steps from now on: the learning rate of every group is this many times its own, and the second moments have
  // this decay. The correction of their bias takes the present decay for that of all steps, as PyTorch's Adam does when
  // the decay changes.
  void set_lr_factor(double factor) { lr_factor_ = factor; }
  void set_beta2(double beta2) { options_.beta2 = beta2; }

  // By position, for those who walk over all groups.
  int num_groups() const { return static_cast<int>(groups_.size()); }
  const std::string& name(int index) const { return groups_[index].group.name; }
  int64_t steps(int index) const { return groups_[index].steps; }
  void set_steps(int index, int64_t steps) { groups_[index].steps = steps; }

  // The moments of every parameter, named "<group>.m.<parameter>" and "<group>.v.<parameter>". With beta1 = 0 there are
  // no first moments, since they equal the gradients.
  std::vector<NamedTensor> State() const;

 private:
  struct GroupState {
    AdamGroup group;
    std::vector<Tensor> parameters, m, v;
    int64_t steps = 0;
  };

  GroupState& Find(absl::string_view group);

  std::vector<GroupState> groups_;
  AdamOptions options_;
  double lr_factor_ = 1;
};

}  // namespace sg::nn

#endif  // NN_OPTIM_ADAM_H_
