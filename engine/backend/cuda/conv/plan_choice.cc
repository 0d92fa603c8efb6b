#include "engine/backend/cuda/conv/plan_choice.h"

#include <algorithm>

namespace sg::cuda {
namespace {

// GPUs before compute capability 8.0 have tensor cores for neither f32 nor bf16.
constexpr int kFirstWithTensorCores = 80;

bool IsAllowed(const PlanCandidate& c, const PlanRules& rules) {
  if (c.less_than_f32 || (rules.deterministic && !c.deterministic)) return false;
  if (rules.full_f32) return !c.tensor_cores && !c.transformed;
  // Transforms of rounded operands lose more than TF32 does.
  return !(c.tensor_cores && c.transformed);
}

// Builds candidates as they are needed, and remembers what they need.
class Search {
 public:
  Search(const std::vector<PlanCandidate>& candidates, const PlanRules& rules, const BuildPlan& build)
      : candidates_(candidates), rules_(rules), build_(build), known_(candidates.size()) {}

  struct Wish {
    bool tensor_cores;
    bool compiled;  // also those that have to be compiled
    int64_t most_bytes;
  };
  std::optional<PlanChoice> First(const Wish& wish) {
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const PlanCandidate& c = candidates_[i];
      if (!IsAllowed(c, rules_) || c.tensor_cores < wish.tensor_cores || c.compiled > wish.compiled) continue;
      const std::optional<int64_t> bytes = Bytes(i);
      if (bytes && *bytes <= wish.most_bytes) return PlanChoice{i, *bytes};
    }
    return std::nullopt;
  }

 private:
  std::optional<int64_t> Bytes(size_t i) {
    Known& known = known_[i];
    if (known.asked) return known.bytes;
    if (candidates_[i].compiled && ++compilations_ > rules_.most_compilations) return std::nullopt;
    known = {true, build_(i)};
    return known.bytes;
  }

  struct Known {
    bool asked = false;
    std::optional<int64_t> bytes;
  };
  const std::vector<PlanCandidate>& candidates_;
  const PlanRules& rules_;
  const BuildPlan& build_;
  std::vector<Known> known_;
  int compilations_ = 0;
};

// A pass that reads and writes a result of this size takes 7 us on an H200, not more than a launch.
constexpr int64_t kLeastFusedBytes = int64_t{16} << 20;

}  // namespace

bool PaysToCompileEpilogue(const ConvProblem& problem) {
  return problem.y.NumElements() * static_cast<int64_t>(sizeof(float)) >= kLeastFusedBytes;
}

int64_t WorkspaceLimit(int64_t gpu_bytes) { return std::min(int64_t{4} << 30, gpu_bytes / 8); }

PlanRules RulesFor(const ConvProblem& problem, int compute_capability, int64_t gpu_bytes) {
  PlanRules rules;
  rules.full_f32 = problem.type == DType::kF32 && !problem.tf32;
  rules.tensor_cores = !rules.full_f32 && compute_capability >= kFirstWithTensorCores;
  const bool has_epilogue = !problem.epilogue.ChangesNothing();
  // bf16 loses nothing when it is widened to f32, and an epilogue can follow as a kernel of its own.
  rules.only_those = problem.type == DType::kBF16 || has_epilogue;
  rules.deterministic = problem.deterministic;
  rules.workspace_limit = WorkspaceLimit(gpu_bytes);
  if (has_epilogue) rules.workspace_limit = std::min(rules.workspace_limit, kSmallWorkspace);
  return rules;
}

bool IsGood(const PlanCandidate& candidate, int64_t workspace_bytes, const PlanRules& rules) {
  return workspace_bytes <= kSmallWorkspace && candidate.tensor_cores >= rules.tensor_cores;
}

std::optional<PlanChoice> ChoosePlan(const std::vector<PlanCandidate>& candidates, const PlanRules& rules,
                                     const BuildPlan& build) {
  Search search(candidates, rules, build);
  const int64_t small = std::min(kSmallWorkspace, rules.workspace_limit), limit = rules.workspace_limit;
  for (const Search::Wish& wish :
       {Search::Wish{true, false, small}, Search::Wish{true, true, small}, Search::Wish{true, true, limit},
        Search::Wish{false, false, small}, Search::Wish{false, true, limit}}) {
    if (wish.tensor_cores ? !rules.tensor_cores : rules.only_those) continue;
    if (std::optional<PlanChoice> choice = search.First(wish)) return choice;
  }
  return std::nullopt;
}

}  // namespace sg::cuda
