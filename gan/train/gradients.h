// Gradients of a batch that is computed in parts.
#ifndef GAN_TRAIN_GRADIENTS_H_
#define GAN_TRAIN_GRADIENTS_H_

#include <vector>

#include "absl/types/span.h"
#include "engine/tensor/tensor.h"

namespace sg::gan {

// Grad that frees the graph while it runs. Nothing else may need the graph.
std::vector<Tensor> GradOnce(absl::Span<const Tensor> outputs, absl::Span<const Tensor> inputs,
                             absl::Span<const Tensor> seeds = {});

// sum[i] += terms[i] / parts; an empty sum counts as zeros. Frees each term as soon as it is added.
void AddPart(std::vector<Tensor>* sum, std::vector<Tensor> terms, int parts);

}  // namespace sg::gan

#endif  // GAN_TRAIN_GRADIENTS_H_
