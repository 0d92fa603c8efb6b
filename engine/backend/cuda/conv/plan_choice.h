// Chooses among the engines that cuDNN offers for a convolution. The choice is a function of descriptions, so that a
// test can make it for GPUs that are not there (//tests/engine/backend/cuda:cudnn_support_test).
//
//   const std::optional<PlanChoice> choice = ChoosePlan(candidates, rules, [&](size_t i) { return Build(i); });
#ifndef ENGINE_BACKEND_CUDA_CONV_PLAN_CHOICE_H_
#define ENGINE_BACKEND_CUDA_CONV_PLAN_CHOICE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "engine/backend/cuda/conv/conv_problem.h"

namespace sg::cuda {

// One engine with its settings, in the order in which cuDNN's heuristics prefer them.
struct PlanCandidate {
  int64_t engine = -1;         // cuDNN's number of the engine
  bool compiled = false;       // cuDNN compiles a kernel for the geometry, which takes a second or two
  bool tensor_cores = false;   // for f32 operands: rounds them to TF32
  bool deterministic = true;   // equal operands give equal bits
  bool transformed = false;    // by Winograd or FFT, which lose digits to cancellation
  bool less_than_f32 = false;  // rounds operands to 16 bits, or sums in less than f32
};

struct PlanRules {
  bool tensor_cores = true;  // the GPU has tensor cores that this problem may use
  bool only_those = false;   // nothing without tensor cores, since there is a better way to do without
  bool full_f32 = false;     // no rounding of operands and no transforms
  bool deterministic = false;
  int64_t workspace_limit = 0;  // bytes
  int most_compilations = 4;    // in search of a small workspace
};

struct PlanChoice {
  size_t index;             // of the candidate
  int64_t workspace_bytes;  // that it needs
};

// A workspace up to this size is taken without a look at what else there is. Where cuDNN has no kernel for channels
// last, its engines copy the tensors to another layout first. Their workspace then has the size of the tensors.
inline constexpr int64_t kSmallWorkspace = int64_t{64} << 20;

// Whether a kernel for a convolution with its epilogue saves enough time to be compiled, which takes a second or two.
// Depends on the problem alone, so that equal calculations have equal bits whatever came before.
bool PaysToCompileEpilogue(const ConvProblem& problem);

// min(4 GiB, 1/8 of the GPU's memory).
int64_t WorkspaceLimit(int64_t gpu_bytes);

// The rules for a problem on a GPU. `compute_capability` 90 means 9.0.
PlanRules RulesFor(const ConvProblem& problem, int compute_capability, int64_t gpu_bytes);

// Whether no candidate of another graph could be better: a small workspace, and tensor cores where the GPU has them.
bool IsGood(const PlanCandidate& candidate, int64_t workspace_bytes, const PlanRules& rules);

// Returns the workspace of a candidate in bytes, or nothing if cuDNN refuses to make a plan of it. Called at most once
// for each candidate.
using BuildPlan = std::function<std::optional<int64_t>(size_t candidate)>;

// The first of these that exists, in cuDNN's order within each: with tensor cores and a small workspace; the same, but
// compiled; with tensor cores within the limit; without tensor cores and a small workspace; without tensor cores within
// the limit. Nothing if there is none. Candidates that break a rule are never built.
std::optional<PlanChoice> ChoosePlan(const std::vector<PlanCandidate>& candidates, const PlanRules& rules,
                                     const BuildPlan& build);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONV_PLAN_CHOICE_H_
