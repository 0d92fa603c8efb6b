#include "nn/optim/adam.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/tensor/record_scope.h"

namespace sg::nn {
namespace {

// min(1, max_norm / (norm + 1e-6)). NaN if the norm is not finite: AdamStep then changes nothing.
Tensor ClipScale(const Tensor& norm, double max_norm) {
  if (max_norm <= 0) return Affine(norm, 0, 1);
  return AddScaled(Clamp(Reciprocal(Affine(norm, 1 / max_norm, 1e-6 / max_norm)), 0, 1), 1, norm, 0);
}

}  // namespace

Adam::Adam(std::vector<AdamGroup> groups, const AdamOptions& options) : options_(options) {
  for (AdamGroup& group : groups) {
    GroupState state;
    state.parameters = Tensors(group.parameters);
    for (const Tensor& p : state.parameters) {
      if (options.beta1 != 0) state.m.push_back(Tensor::Zeros(p.shape(), p.dtype(), p.device()));
      state.v.push_back(Tensor::Zeros(p.shape(), p.dtype(), p.device()));
    }
    state.group = std::move(group);
    groups_.push_back(std::move(state));
  }
}

Adam::GroupState& Adam::Find(absl::string_view group) {
  const auto it =
      std::find_if(groups_.begin(), groups_.end(), [&](const GroupState& g) { return g.group.name == group; });
  SG_CHECK(it != groups_.end()) << "[Adam] no group \"" << std::string(group) << "\"";
  return *it;
}

Tensor Adam::Step(absl::string_view group, const std::vector<Tensor>& gradients) {
  RecordScope no_record(false);
  GroupState& g = Find(group);
  const Tensor norm = Sqrt(SquaredNorm(gradients));
  AdamParams params;
  const double share = g.group.lazy_share;
  params.lr = g.group.lr * lr_factor_ * share;
  params.beta1 = std::pow(options_.beta1, share);
  params.beta2 = std::pow(options_.beta2, share);
  params.eps = options_.eps;
  AdamStepInputs inputs;
  inputs.parameters = g.parameters;
  inputs.m = g.m;
  inputs.v = g.v;
  inputs.gradients = gradients;
  inputs.grad_scale = ClipScale(norm, options_.max_norm);
  inputs.step = ++g.steps;
  AdamStep(inputs, params);
  return norm;
}

std::vector<NamedTensor> Adam::State() const {
  std::vector<NamedTensor> state;
  for (const GroupState& g : groups_) {
    for (size_t i = 0; i < g.parameters.size(); ++i) {
      const std::string& name = g.group.parameters[i].name;
      if (!g.m.empty()) state.push_back({g.group.name + ".m." + name, g.m[i]});
      state.push_back({g.group.name + ".v." + name, g.v[i]});
    }
  }
  return state;
}

}  // namespace sg::nn
