#include "nn/module.h"

#include <utility>

namespace sg::nn {

std::vector<NamedTensor> WithPrefix(const std::string& prefix, std::vector<NamedTensor> tensors) {
  for (NamedTensor& t : tensors) t.name = prefix + t.name;
  return tensors;
}

std::vector<NamedTensor> WithoutPrefix(const std::string& prefix, const std::vector<NamedTensor>& tensors) {
  std::vector<NamedTensor> found;
  for (const NamedTensor& t : tensors) {
    if (t.name.compare(0, prefix.size(), prefix) == 0) found.push_back({t.name.substr(prefix.size()), t.tensor});
  }
  return found;
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
