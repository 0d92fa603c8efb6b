#include "engine/autograd/grad.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "engine/base/dtype_rules.h"
#include "engine/ops/elementwise.h"
#include "engine/tensor/op.h"
#include "engine/tensor/op_observer.h"
#include "engine/tensor/record_scope.h"
#include "engine/tensor/storage.h"
#include "engine/tensor/tensor_access.h"

namespace sg {
namespace {

using internal::Node;
using internal::Storage;
using internal::TensorAccess;
using internal::ValueInfo;
using ValueId = uint64_t;
using ValuePtr = std::shared_ptr<ValueInfo>;

ValueId IdOf(const Tensor& t) { return TensorAccess::Info(t).id; }

// Every tracked value that the outputs depend on, in order of creation: the inputs of an operation come before its
// output.
std::vector<ValuePtr> Reachable(absl::Span<const Tensor> outputs) {
  std::vector<ValuePtr> found, stack;
  std::unordered_set<ValueId> seen;
  const auto visit = [&](const Tensor& t) {
    const ValuePtr& value = TensorAccess::InfoPtr(t);
    if (value->tracked && seen.insert(value->id).second) stack.push_back(value);
  };
  for (const Tensor& t : outputs) visit(t);
  while (!stack.empty()) {
    const ValuePtr value = std::move(stack.back());
    stack.pop_back();
    SG_CHECK(!value->released) << "[Grad] the graph of " << value->spec.dtype << value->spec.shape
                               << " was released by an earlier Grad";
    found.push_back(value);
    if (value->node == nullptr) continue;
    for (const Tensor& t : value->node->inputs) visit(t);
  }
  std::sort(found.begin(), found.end(), [](const ValuePtr& a, const ValuePtr& b) { return a->id < b->id; });
  return found;
}

// Whether each input of a node lies on a path to a wanted input.
std::vector<bool> Needs(const Node& node, const std::unordered_set<ValueId>& on_path) {
  std::vector<bool> needs;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    needs.push_back(node.op->PassesGradient(static_cast<int>(i)) && on_path.count(IdOf(node.inputs[i])) > 0);
  }
  return needs;
}

// The values on a path from an output to one of the wanted inputs, including the inputs.
std::unordered_set<ValueId> OnPath(const std::vector<ValuePtr>& values, const std::unordered_set<ValueId>& wanted) {
  std::unordered_set<ValueId> on_path;
  for (const ValuePtr& value : values) {
    bool leads = wanted.count(value->id) > 0;
    if (value->node != nullptr) {
      for (const bool needed : Needs(*value->node, on_path)) leads = leads || needed;
    }
    if (leads) on_path.insert(value->id);
  }
  return on_path;
}

// Vjp reads the kept buffers of a node, so their contents must not have changed since the operation ran.
void CheckNotOverwritten(const Node& node, const Tensor& output) {
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const std::shared_ptr<Storage>& kept = TensorAccess::StorageOf(node.inputs[i]);
    SG_CHECK(kept == nullptr || kept->version() == node.input_versions[i])
        << "[Grad] input " << i << " of " << node.op->name() << ", " << node.inputs[i]
        << ", was overwritten in place after it was recorded";
  }
  SG_CHECK(node.output == nullptr || node.output->version() == node.output_version)
      << "[Grad] the output of " << node.op->name() << ", " << output
      << ", was overwritten in place after it was recorded";
}

void Accumulate(Tensor* sum, const Tensor& term) { *sum = sum->defined() ? Add(*sum, term) : term; }

Tensor SeedFor(const Tensor& output, const Tensor* seed) {
  if (seed == nullptr) return Tensor::Full(output.shape(), 1, GradientType(output.dtype()), output.device());
  SG_CHECK(seed->shape() == output.shape() && seed->dtype() == GradientType(output.dtype()))
      << "[Grad] seed " << *seed << " for output " << output;
  SG_CHECK(seed->device() == output.device())
      << "[Grad] seed " << *seed << " on " << seed->device() << " for output " << output << " on " << output.device();
  return *seed;
}

}  // namespace

std::vector<Tensor> Grad(absl::Span<const Tensor> outputs, absl::Span<const Tensor> inputs,
                         absl::Span<const Tensor> seeds, GradOptions options) {
  const TraceScope trace("Grad");
  SG_CHECK(seeds.empty() || seeds.size() == outputs.size())
      << "[Grad] " << seeds.size() << " seeds for " << outputs.size() << " outputs";
  for (const Tensor& t : outputs) SG_CHECK(t.defined()) << "[Grad] undefined output";
  SG_CHECK(!options.create_graph || !options.release_graph) << "[Grad] a graph that is released cannot be extended";
  RecordScope scope(options.create_graph);

  std::unordered_set<ValueId> wanted;
  for (const Tensor& t : inputs) {
    SG_CHECK(t.tracked()) << "[Grad] input " << t << " is neither a tracked leaf nor computed from one";
    wanted.insert(IdOf(t));
  }
  std::vector<ValuePtr> values = Reachable(outputs);
  const std::unordered_set<ValueId> on_path = OnPath(values, wanted);

  std::unordered_map<ValueId, Tensor> gradients;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (on_path.count(IdOf(outputs[i])) == 0) continue;
    Accumulate(&gradients[IdOf(outputs[i])], SeedFor(outputs[i], seeds.empty() ? nullptr : &seeds[i]));
  }

  std::unordered_map<ValueId, Tensor> results;
  for (; !values.empty(); values.pop_back()) {
    ValueInfo& value = *values.back();
    const auto found = gradients.find(value.id);
    if (found == gradients.end()) continue;
    const Tensor gradient = std::move(found->second);  // complete: all users of this value came earlier
    gradients.erase(found);
    if (wanted.count(value.id) > 0) results[value.id] = gradient;
    const std::shared_ptr<Node> node = value.node;
    if (node == nullptr) continue;

    const std::vector<bool> needs = Needs(*node, on_path);
    if (std::find(needs.begin(), needs.end(), true) == needs.end()) continue;
    if (options.release_graph) {
      value.node = nullptr;  // `node` holds its buffers until the end of this iteration
      value.released = true;
    }
    const Tensor output = TensorAccess::Make(node->output, values.back());
    CheckNotOverwritten(*node, output);
    const std::vector<Tensor> terms = node->op->Vjp({node->inputs, output, gradient, needs});
    SG_CHECK(terms.size() == needs.size())
        << "[" << node->op->name() << "] " << terms.size() << " gradients for " << needs.size() << " inputs";
    for (size_t i = 0; i < terms.size(); ++i) {
      if (!needs[i] || !terms[i].defined()) continue;
      SG_CHECK(terms[i].shape() == node->inputs[i].shape() && terms[i].dtype() == GradientType(node->inputs[i].dtype()))
          << "[" << node->op->name() << "] gradient " << terms[i] << " for input " << node->inputs[i];
      Accumulate(&gradients[IdOf(node->inputs[i])], terms[i]);
    }
  }

  std::vector<Tensor> gradients_of_inputs;
  for (const Tensor& t : inputs) {
    const Tensor& gradient = results[IdOf(t)];
    gradients_of_inputs.push_back(gradient.defined() ? gradient
                                                     : Tensor::Zeros(t.shape(), GradientType(t.dtype()), t.device()));
  }
  return gradients_of_inputs;
}

}  // namespace sg
