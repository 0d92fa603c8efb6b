#include "engine/tensor/apply.h"

#include <algorithm>
#include <utility>

#include "engine/runtime/backend_for.h"
#include "engine/tensor/op_observer.h"
#include "engine/tensor/record_scope.h"
#include "engine/tensor/storage.h"
#include "engine/tensor/tensor_access.h"

namespace sg {
namespace {

using internal::Node;
using internal::Storage;
using internal::TensorAccess;

void RunOp(const Op& op, absl::Span<const Tensor> inputs, const Tensor& output) {
  std::vector<TensorView> views;
  views.reserve(inputs.size());
  for (const Tensor& t : inputs) views.push_back(t.view());
  OpObserver* const observer = CurrentOpObserver();
  if (observer != nullptr) observer->Before(op, inputs, output);
  op.Run(BackendFor(output.device()), views, output.view());
  if (observer != nullptr) observer->After(op, inputs, output);
}

std::shared_ptr<Node> Record(std::shared_ptr<const Op> op, std::vector<Tensor> inputs,
                             const std::shared_ptr<Storage>& output) {
  auto node = std::make_shared<Node>();
  node->input_versions.resize(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (op->KeepsInput(static_cast<int>(i))) {
      node->input_versions[i] = TensorAccess::StorageOf(inputs[i])->version();
    } else {
      inputs[i] = TensorAccess::Make(nullptr, TensorAccess::InfoPtr(inputs[i]));
    }
  }
  if (op->KeepsOutput()) {
    node->output = output;
    node->output_version = output->version();
  }
  node->op = std::move(op);
  node->inputs = std::move(inputs);
  return node;
}

}  // namespace

Tensor Apply(std::shared_ptr<const Op> op, std::vector<Tensor> inputs) {
  SG_CHECK(!inputs.empty()) << "[" << op->name() << "] no inputs";
  const Device device = inputs[0].device();
  for (const Tensor& t : inputs) {
    SG_CHECK(t.device() == device) << "[" << op->name() << "] operands on " << device << " and " << t.device();
  }
  const TensorSpec spec = op->Infer(inputs);
  Tensor output;
  if (op->IsView()) {
    output = TensorAccess::Make(TensorAccess::StorageOf(inputs[0]), internal::NewValueInfo(spec, device));
  } else {
    output = Tensor::Empty(spec.shape, spec.dtype, device);
    if (output.NumElements() > 0) RunOp(*op, inputs, output);
  }
  const bool track = RecordScope::IsRecording() && op->IsDifferentiable() &&
                     std::any_of(inputs.begin(), inputs.end(), [](const Tensor& t) { return t.tracked(); });
  if (track) {
    internal::ValueInfo& info = *TensorAccess::InfoPtr(output);
    info.tracked = true;
    info.node = Record(std::move(op), std::move(inputs), TensorAccess::StorageOf(output));
  }
  return output;
}

}  // namespace sg
