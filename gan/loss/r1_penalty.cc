#include "gan/loss/r1_penalty.h"

#include "engine/autograd/grad.h"
#include "engine/ops/broadcast.h"
#include "engine/tensor/op_observer.h"

namespace sg::gan {

Tensor R1Penalty(const Tensor& images, const Tensor& scores) {
  const TraceScope trace("R1Penalty");
  GradOptions options;
  options.create_graph = true;
  const Tensor g = Grad({scores}, {images}, {}, options)[0];
  return MulSumTo(g, g, {}, 1.0 / images.dim(0));
}

}  // namespace sg::gan
