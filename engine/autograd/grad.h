// Reverse-mode differentiation of any order, as a function: tensors hold no gradients, and nothing accumulates
// implicitly.
//
//   std::vector<Tensor> g = Grad({loss}, {w, b});  // d loss / d w, d loss / d b
//   GradOptions options;
//   options.create_graph = true;
//   Tensor gx = Grad({Sum(d)}, {x}, {}, options)[0];  // gx can be differentiated again
//
// Grad walks only the paths from `outputs` to `inputs`, and computes no other gradients.
#ifndef ENGINE_AUTOGRAD_GRAD_H_
#define ENGINE_AUTOGRAD_GRAD_H_

#include <vector>

#include "absl/types/span.h"
#include "engine/tensor/tensor.h"

namespace sg {

struct GradOptions {
  // Records the computation of the gradients, which makes them differentiable.
  bool create_graph = false;
  // Frees the graph during the walk, for the lowest peak memory. A later Grad through the same values aborts.
  bool release_graph = false;
};

// The gradients of sum over k of <seeds[k], outputs[k]> with respect to every input. Each gradient has the shape of its
// input and the GradientType of its dtype (f32 for bf16, otherwise the dtype itself).
//
// A seed has the shape, the device and the GradientType of its output. Empty `seeds` stand for ones. An input is a
// tracked leaf or any recorded tensor, and may depend on another input. The gradient is zero for an input that no
// output depends on. The graph lives as long as the outputs, unless it is released.
//
// Aborts if a value that a gradient reads was overwritten in place (engine/ops/in_place.h) after it was recorded.
std::vector<Tensor> Grad(absl::Span<const Tensor> outputs, absl::Span<const Tensor> inputs,
                         absl::Span<const Tensor> seeds = {}, GradOptions options = {});

}  // namespace sg

#endif  // ENGINE_AUTOGRAD_GRAD_H_
