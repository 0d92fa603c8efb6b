// The engine's access to both parts of a tensor: its buffer and its value in the recorded graph. For use by Apply,
// Grad, the operations, and code that walks the graph. Models do not need it.
//
//   const Node* node = TensorAccess::Info(y).node.get();  // null: y is a leaf or was not recorded
//   if (node != nullptr) std::cout << node->op->name();
#ifndef ENGINE_TENSOR_TENSOR_ACCESS_H_
#define ENGINE_TENSOR_TENSOR_ACCESS_H_

#include <memory>
#include <utility>

#include "engine/tensor/storage.h"
#include "engine/tensor/tensor.h"

namespace sg::internal {

struct TensorAccess {
  // A null `storage` makes a tensor without a value.
  static Tensor Make(std::shared_ptr<Storage> storage, std::shared_ptr<ValueInfo> info) {
    return Tensor(std::move(storage), std::move(info));
  }
  // Aborts if the tensor is undefined.
  static const ValueInfo& Info(const Tensor& t) { return t.info(); }
  static const std::shared_ptr<ValueInfo>& InfoPtr(const Tensor& t) { return t.info_; }
  static const std::shared_ptr<Storage>& StorageOf(const Tensor& t) { return t.storage_; }
};

}  // namespace sg::internal

#endif  // ENGINE_TENSOR_TENSOR_ACCESS_H_
