#include "engine/tensor/op.h"

#include <utility>

namespace sg::internal {

// Destroying a node destroys its inputs, which may be the last owners of their own nodes, and so on down the graph. To
// avoid this recursion, the outermost destructor on the stack collects the inputs of the inner ones and frees them in a
// loop.
Node::~Node() {
  static thread_local std::vector<Tensor>* pending = nullptr;
  if (pending != nullptr) {
    for (Tensor& t : inputs) pending->push_back(std::move(t));
    return;
  }
  std::vector<Tensor> to_free = std::move(inputs);
  pending = &to_free;
  while (!to_free.empty()) {
    Tensor last = std::move(to_free.back());
    to_free.pop_back();
  }
  pending = nullptr;
}

}  // namespace sg::internal
