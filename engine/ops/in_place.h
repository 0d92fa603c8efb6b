// The operations that write into leaves: nothing recorded may depend on the old value when they run.
#ifndef ENGINE_OPS_IN_PLACE_H_
#define ENGINE_OPS_IN_PLACE_H_

#include <cstdint>
#include <vector>

#include "engine/tensor/tensor.h"

namespace sg {

struct AdamParams {
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
};

// One step of Adam (Kingma and Ba, 2015) on every parameter. `step` counts from 1. grad_scale [1] multiplies every gradient;
// where it is not finite nothing changes. All lists have one length, but `m`, the first moments, is empty where beta1 is 0:
// they are the gradients then.
void AdamStep(const std::vector<Tensor>& parameters, const std::vector<Tensor>& m, const std::vector<Tensor>& v,
              const std::vector<Tensor>& gradients, const Tensor& grad_scale, const AdamParams& params, int64_t step);

// targets += (sources - targets) * t
void Lerp(const std::vector<Tensor>& targets, const std::vector<Tensor>& sources, double t);

// [1]: the sum of all squared elements of all tensors (not in place, not recorded).
Tensor SquaredNorm(const std::vector<Tensor>& tensors);

// Overwrites a leaf with host values of the same size.
void CopyFromHost(const Tensor& target, const void* host, size_t bytes);

}  // namespace sg

#endif  // ENGINE_OPS_IN_PLACE_H_
