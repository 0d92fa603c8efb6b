#include "engine/autograd/grad.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "engine/base/dtype_rules.h"
#include "engine/ops/elementwise.h"
#include "engine/tensor/op.h"
#include "engine/tensor/op_observer.h"
#include "engine/tensor/record_scope.h"

namespace sg {
namespace {

using PlaceId = uint64_t;
using PlacePtr = std::shared_ptr<Place>;

// Every place that the outputs depend on, in order of creation: inputs of an operation come before its output.
std::vector<PlacePtr> Reachable(absl::Span<const Tensor> outputs) {
  std::vector<PlacePtr> found, stack;
  std::unordered_set<PlaceId> seen;
  const auto visit = [&](const PlacePtr& place) {
    if (place->tracked && seen.insert(place->id).second) stack.push_back(place);
  };
  for (const Tensor& t : outputs) visit(t.place_ptr());
  while (!stack.empty()) {
    const PlacePtr place = std::move(stack.back());
    stack.pop_back();
    SG_CHECK(!place->released) << "[Grad] the graph of " << place->spec.dtype << place->spec.shape
                               << " was released by an earlier Grad";
    found.push_back(place);
    if (place->node == nullptr) continue;
    for (const Tensor& t : place->node->inputs) visit(t.place_ptr());
  }
  std::sort(found.begin(), found.end(), [](const PlacePtr& a, const PlacePtr& b) { return a->id < b->id; });
  return found;
}

// Which inputs of a node lead on.
std::vector<bool> Needs(const Node& node, const std::unordered_set<PlaceId>& on_path) {
  std::vector<bool> needs;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    needs.push_back(node.op->PassesGradient(static_cast<int>(i)) && on_path.count(node.inputs[i].place().id) > 0);
  }
  return needs;
}

// The places that lie on a path from an output to one of the wanted inputs, the inputs included.
std::unordered_set<PlaceId> OnPath(const std::vector<PlacePtr>& places, const std::unordered_set<PlaceId>& wanted) {
  std::unordered_set<PlaceId> on_path;
  for (const PlacePtr& place : places) {
    bool leads = wanted.count(place->id) > 0;
    if (place->node != nullptr) {
      for (const bool needed : Needs(*place->node, on_path)) leads = leads || needed;
    }
    if (leads) on_path.insert(place->id);
  }
  return on_path;
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

  std::unordered_set<PlaceId> wanted;
  for (const Tensor& t : inputs) {
    SG_CHECK(t.tracked()) << "[Grad] input " << t << " is neither a tracked leaf nor computed from one";
    wanted.insert(t.place().id);
  }
  std::vector<PlacePtr> places = Reachable(outputs);
  const std::unordered_set<PlaceId> on_path = OnPath(places, wanted);

  std::unordered_map<PlaceId, Tensor> gradients;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (on_path.count(outputs[i].place().id) == 0) continue;
    Accumulate(&gradients[outputs[i].place().id], SeedFor(outputs[i], seeds.empty() ? nullptr : &seeds[i]));
  }

  std::unordered_map<PlaceId, Tensor> results;
  for (; !places.empty(); places.pop_back()) {
    Place& place = *places.back();
    const auto found = gradients.find(place.id);
    if (found == gradients.end()) continue;
    const Tensor gradient = std::move(found->second);  // complete: everything that uses this place came earlier
    gradients.erase(found);
    if (wanted.count(place.id) > 0) results[place.id] = gradient;
    const std::shared_ptr<Node> node = place.node;
    if (node == nullptr) continue;

    const std::vector<bool> needs = Needs(*node, on_path);
    if (std::find(needs.begin(), needs.end(), true) == needs.end()) continue;
    if (options.release_graph) {
      place.node = nullptr;  // what it holds goes at the end of this round
      place.released = true;
    }
    const Tensor output(node->output, places.back());
    const std::vector<Tensor> terms = node->op->Vjp({node->inputs, output, gradient, needs});
    SG_CHECK(terms.size() == needs.size())
        << "[" << node->op->name() << "] " << terms.size() << " gradients for " << needs.size() << " inputs";
    for (size_t i = 0; i < terms.size(); ++i) {
      if (!needs[i] || !terms[i].defined()) continue;
      SG_CHECK(terms[i].shape() == node->inputs[i].shape() && terms[i].dtype() == GradientType(node->inputs[i].dtype()))
          << "[" << node->op->name() << "] gradient " << terms[i] << " for input " << node->inputs[i];
      Accumulate(&gradients[node->inputs[i].place().id], terms[i]);
    }
  }

  std::vector<Tensor> gradients_of_inputs;
  for (const Tensor& t : inputs) {
    const Tensor& gradient = results[t.place().id];
    gradients_of_inputs.push_back(gradient.defined() ? gradient
                                                     : Tensor::Zeros(t.shape(), GradientType(t.dtype()), t.device()));
  }
  return gradients_of_inputs;
}

}  // namespace sg
