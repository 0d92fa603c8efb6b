// Gradients as a function: no state in tensors, no accumulation behind the scenes, any order.
//
//   std::vector<Tensor> g = Grad({loss}, {w, b});                             // d loss / d w, d loss / d b
//   Tensor gx = Grad({Sum(d)}, {x}, {}, {.create_graph = true})[0];           // gx can be differentiated again
//
// Only the paths from `outputs` to `inputs` are walked: a gradient that nobody asked for is not computed.
#ifndef ENGINE_AUTOGRAD_GRAD_H_
#define ENGINE_AUTOGRAD_GRAD_H_

#include <vector>

#include "absl/types/span.h"
#include "engine/tensor/tensor.h"

namespace sg {

struct GradOptions {
  bool create_graph = false;   // record the walk, so that the result can be differentiated
  bool release_graph = false;  // free what the outputs hold as the walk goes: the last Grad of these outputs, and the
                               // lowest peak of memory. Another one through the same values aborts.
};

// The gradients of sum over k of <seeds[k], outputs[k]> with respect to every input, in the shape of the inputs. `seeds`
// empty means ones. An input may be a leaf or any recorded tensor, and may depend on another input; one that no output
// depends on gets zeros. Values that the outputs hold are kept until the outputs are destroyed, unless the graph is released.
std::vector<Tensor> Grad(absl::Span<const Tensor> outputs, absl::Span<const Tensor> inputs,
                         absl::Span<const Tensor> seeds = {}, GradOptions options = {});

}  // namespace sg

#endif  // ENGINE_AUTOGRAD_GRAD_H_
