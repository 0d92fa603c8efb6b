#include "nn/module.h"

#include <utility>

namespace sg::nn {

std::vector<NamedTensor> WithPrefix(const std::string& prefix, std::vector<NamedTensor> tensors) {
  for (NamedTensor& t : tensors) t.name = prefix + t.name;
  return tensors;
}

std::vector<Tensor> Tensors(const std::vector<NamedTensor>& named) {
  std::vector<Tensor> tensors;
  tensors.reserve(named.size());
  for (const NamedTensor& t : named) tensors.push_back(t.tensor);
  return tensors;
}

int64_t CountElements(const std::vector<NamedTensor>& named) {
  int64_t count = 0;
  for (const NamedTensor& t : named) count += t.tensor.NumElements();
  return count;
}

}  // namespace sg::nn
