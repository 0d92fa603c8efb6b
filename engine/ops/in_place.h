// Operations that overwrite leaves. Each write raises the version of the buffer, and Grad then refuses any graph that
// was recorded with the old values.
//
//   AdamStepInputs inputs;
//   inputs.parameters = parameters, inputs.m = m, inputs.v = v, inputs.gradients = gradients;
//   inputs.grad_scale = Tensor::Full({1}, 1, DType::kF32, device);
//   inputs.step = 1;
//   AdamStep(inputs, {/*lr=*/1e-3});
#ifndef ENGINE_OPS_IN_PLACE_H_
#define ENGINE_OPS_IN_PLACE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/tensor/tensor.h"

namespace sg {

struct AdamParams {
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
};

// The lists need to outlive only the call. All have one length, except that `m` is empty if beta1 is 0, since the first
// moments then equal the gradients.
struct AdamStepInputs {
  absl::Span<const Tensor> parameters;
  absl::Span<const Tensor> m, v;  // first and second moments
  absl::Span<const Tensor> gradients;
  Tensor grad_scale;  // [1], multiplies every gradient; if it is not finite, nothing changes
  int64_t step = 1;   // counts from 1
};

// One step of Adam (Kingma and Ba, 2015) on every parameter.
void AdamStep(const AdamStepInputs& inputs, const AdamParams& params);

// targets += (sources - targets) * t. Where an element of a source is not finite, the target keeps its value: a running
// average survives one bad step.
void Lerp(const std::vector<Tensor>& targets, const std::vector<Tensor>& sources, double t);

// The sum of the squares of all elements of all tensors, as a tensor [1]. Writes none of them in place. Not recorded.
Tensor SquaredNorm(const std::vector<Tensor>& tensors);

// Overwrites a leaf with host values of the same size.
void CopyFromHost(const Tensor& target, const void* host, size_t bytes);

}  // namespace sg

#endif  // ENGINE_OPS_IN_PLACE_H_
