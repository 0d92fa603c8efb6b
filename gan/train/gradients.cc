#include "gan/train/gradients.h"

#include <utility>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"

namespace sg::gan {

std::vector<Tensor> GradOnce(absl::Span<const Tensor> outputs, absl::Span<const Tensor> inputs,
                             absl::Span<const Tensor> seeds) {
  GradOptions options;
  options.release_graph = true;
  return Grad(outputs, inputs, seeds, options);
}

void AddPart(std::vector<Tensor>* sum, std::vector<Tensor> terms, int parts) {
  const bool first = sum->empty();
  if (first) sum->resize(terms.size());
  for (size_t i = 0; i < terms.size(); ++i) {
    const Tensor term = std::move(terms[i]);
    if (!first) {
      (*sum)[i] = AddScaled((*sum)[i], 1, term, 1.0 / parts);
    } else {
      (*sum)[i] = parts == 1 ? term : Scale(term, 1.0 / parts);
    }
  }
}

}  // namespace sg::gan
