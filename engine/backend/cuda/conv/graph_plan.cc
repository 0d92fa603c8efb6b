#include "engine/backend/cuda/conv/graph_plan.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"

namespace sg::cuda {
namespace {

// cuDNN has fewer notes than this.
constexpr int64_t kMostNotes = 32;

// The settings of engines that the heuristics propose for the graph, the best first.
std::vector<BackendDescriptor> AskHeuristics(const BackendDescriptor& graph, const PlanTarget& target) {
  std::vector<BackendDescriptor> all;
  for (cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    BackendDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.SetPart(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph).Set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
    if (target.device_properties != nullptr) {
      heuristics.SetPart(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.device_properties);
    }
    heuristics.Finalize();
    std::vector<BackendDescriptor> some =
        heuristics.GetParts(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

PlanCandidate CandidateOf(const BackendDescriptor& settings) {
  PlanCandidate c;
  const BackendDescriptor engine = settings.GetPart(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  for (int64_t index : engine.Get<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, 1)) c.engine = index;
  for (cudnnBackendNumericalNote_t note :
       engine.Get<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, kMostNotes)) {
    switch (note) {
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE: c.tensor_cores = true; break;
      case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC: c.deterministic = false; break;
      case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
      case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION: c.less_than_f32 = true; break;
      case CUDNN_NUMERICAL_NOTE_FFT:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13: c.transformed = true; break;
      default: break;
    }
  }
  for (cudnnBackendBehaviorNote_t note :
       engine.Get<cudnnBackendBehaviorNote_t>(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, kMostNotes)) {
    if (note == CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION) c.compiled = true;
  }
  return c;
}

BackendDescriptor Build(const BackendDescriptor& settings, const PlanTarget& target) {
  BackendDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.SetPart(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, settings);
  if (target.handle != nullptr) plan.Set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle);
  if (target.device_properties != nullptr) {
    plan.SetPart(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.device_properties);
  }
  plan.Finalize();
  return plan;
}

// The candidates of one graph or of both, and the best of them.
class Search {
 public:
  Search(const ConvProblem& problem, const PlanTarget& target, const PlanRules& rules,
         const std::vector<size_t>& refused)
      : problem_(problem), target_(target), rules_(rules), refused_(refused) {}

  // Adds the candidates of a graph, and chooses anew.
  void Add(GraphForm form) {
    graphs_.push_back({form, MakeConvGraph(problem_, form, target_.handle)});
    for (BackendDescriptor& settings : AskHeuristics(graphs_.back().graph.graph(), target_)) {
      candidates_.push_back(CandidateOf(settings));
      settings_.push_back(std::move(settings));
      graph_of_.push_back(graphs_.size() - 1);
    }
    plans_.resize(settings_.size());
    bytes_.resize(settings_.size());
    choice_ = ChoosePlan(candidates_, rules_, [this](size_t i) { return Make(i); });
  }

  bool IsGoodEnough() const { return choice_ && IsGood(candidates_[choice_->index], choice_->workspace_bytes, rules_); }

  // The plan of the choice, or null. The search is of no use afterwards.
  std::unique_ptr<GraphPlan> Take() {
    if (!choice_) return nullptr;
    const size_t i = choice_->index;
    FormedGraph& chosen = graphs_[graph_of_[i]];
    return std::make_unique<GraphPlan>(std::move(chosen.graph), std::move(settings_[i]), std::move(plans_[i]),
                                       candidates_[i], chosen.form, problem_.epilogue, *choice_);
  }

 private:
  struct FormedGraph {
    GraphForm form;
    ConvGraph graph;
  };

  std::optional<int64_t> Make(size_t i) {
    if (std::find(refused_.begin(), refused_.end(), i) != refused_.end()) return std::nullopt;
    if (plans_[i].get() == nullptr) {
      plans_[i] = Build(settings_[i], target_);
      const std::vector<int64_t> bytes = plans_[i].Get<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, 1);
      if (!bytes.empty()) bytes_[i] = bytes[0];
    }
    return bytes_[i];
  }

  const ConvProblem& problem_;
  const PlanTarget& target_;
  const PlanRules& rules_;
  const std::vector<size_t>& refused_;
  std::vector<FormedGraph> graphs_;
  std::vector<BackendDescriptor> settings_, plans_;
  std::vector<std::optional<int64_t>> bytes_;
  std::vector<PlanCandidate> candidates_;
  std::vector<size_t> graph_of_;  // for each candidate
  std::optional<PlanChoice> choice_;
};

}  // namespace

cudnnStatus_t GraphPlan::Execute(cudnnHandle_t handle, const ConvOperands& operands, void* workspace) const {
  std::vector<int64_t> names = {kXName, kWName, kYName};
  std::vector<void*> tensors = {operands.x, operands.w, operands.y};
  const auto add = [&](bool is_there, ConvTensorName name, void* tensor) {
    if (!is_there) return;
    names.push_back(name);
    tensors.push_back(tensor);
  };
  const ConvEpilogue& e = epilogue_;
  float in_gain = e.in_gain, gain = e.gain, low = -e.clamp, high = e.clamp;  // cuDNN copies numbers
  add(e.scale, kScaleName, operands.scale);
  add(e.bias, kBiasName, operands.bias);
  add(e.noise, kNoiseName, operands.noise);
  add(e.noise, kStrengthName, operands.strength);
  add(e.in_gain != 1, kInGainName, &in_gain);
  add(e.gain != 1, kGainName, &gain);
  add(e.clamp > 0, kLowName, &low);
  add(e.clamp > 0, kHighName, &high);
  BackendDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.SetAll<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, names)
      .SetAll<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, tensors)
      .Set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace)
      .Finalize();
  return pack.ok() ? cudnnBackendExecute(handle, plan_.get(), pack.get()) : pack.status();
}

std::string GraphPlan::Describe() const {
  constexpr const char* kForms[] = {"", " with an identity", " with an epilogue"};
  return absl::StrCat("engine ", candidate_.engine, kForms[static_cast<int>(form_)]);
}

std::unique_ptr<GraphPlan> FindGraphPlan(const ConvProblem& problem, const PlanTarget& target, const PlanRules& rules,
                                         const std::vector<size_t>& refused) {
  Search search(problem, target, rules, refused);
  if (!problem.epilogue.ChangesNothing()) {
    if (rules.tensor_cores) search.Add(GraphForm::kEpilogue);
    return search.Take();
  }
  search.Add(GraphForm::kAlone);
  // To ask about the second graph takes longer than the first, and to compile a kernel for it much longer.
  if (!search.IsGoodEnough() && !rules.full_f32) search.Add(GraphForm::kIdentity);
  return search.Take();
}

}  // namespace sg::cuda
