#include "engine/backend/cuda/conv/conv_plans.h"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "engine/backend/cuda/vendor/check.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

namespace sg::cuda {
namespace {

int64_t BitsOf(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

ConvPlanKey KeyOf(const ConvProblem& p) {
  ConvPlanKey key = {};
  key.kind = static_cast<int64_t>(p.kind);
  key.type = static_cast<int64_t>(p.type);
  key.tf32 = p.tf32;
  key.deterministic = p.deterministic;
  for (int d = 0; d < 4; ++d) {
    key.x[d] = p.x[d];
    key.w[d] = p.w[d];
    key.y[d] = p.y[d];
  }
  key.geometry = p.geometry;
  const ConvEpilogue& e = p.epilogue;
  key.scale = e.scale;
  key.bias = e.bias;
  key.noise = e.noise;
  const float numbers[] = {e.in_gain, e.slope, e.gain, e.clamp};
  for (int i = 0; i < 4; ++i) key.numbers[i] = BitsOf(numbers[i]);
  return key;
}

[[noreturn]] void FailWithoutPlan(const ConvProblem& problem, const PlanRules& rules,
                                  cudnnStatus_t refusal = CUDNN_STATUS_SUCCESS) {
  std::ostringstream message;
  message << "[cuDNN] version " << cudnnGetVersion() << " has no way to run " << problem << " in "
          << (rules.workspace_limit >> 20) << " MiB of workspace";
  if (refusal != CUDNN_STATUS_SUCCESS) message << "; the last one tried gave " << cudnnGetErrorString(refusal);
  Fail(message.str());
}

void ReportSlowPlan(const ConvProblem& problem, const PlanRules& rules, const ConvPlan& plan) {
  std::ostringstream message;
  message << "cuDNN " << cudnnGetVersion() << " runs " << problem << " without tensor cores (" << plan.Describe()
          << "): it has no other way in " << (rules.workspace_limit >> 20) << " MiB of workspace";
  LogMessage(LogLevel::kInfo, message.str());
}

}  // namespace

ConvPlan* ConvPlans::Entry::plan() const {
  if (graph != nullptr) return graph.get();
  return descriptor.get();
}

ConvPlan* ConvPlans::Find(cudnnHandle_t handle, const ConvProblem& problem) {
  if (!problem.epilogue.ChangesNothing() && !PaysToCompileEpilogue(problem)) return nullptr;
  Entry& entry = plans_[KeyOf(problem)];
  if (!entry.made) {
    step_capture_->Interrupt();  // cuDNN may have to load kernels
    const auto begin = std::chrono::steady_clock::now();
    Make(handle, problem, &entry);
    ReportTime(std::chrono::steady_clock::now() - begin);
  }
  return entry.plan();
}

std::vector<std::string> ConvPlans::Describe() const {
  std::vector<std::string> lines;
  for (const auto& [key, entry] : plans_) {
    const ConvPlan* const plan = entry.plan();
    if (plan == nullptr) continue;
    lines.push_back(absl::StrCat(entry.problem, ": ", plan->Describe(),
                                 plan->uses_tensor_cores() ? ", tensor cores, " : ", no tensor cores, ",
                                 plan->workspace_bytes() >> 10, " KiB"));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

void ConvPlans::Make(cudnnHandle_t handle, const ConvProblem& problem, Entry* entry) const {
  const PlanRules rules = RulesFor(problem, compute_capability_, gpu_bytes_);
  entry->graph = FindGraphPlan(problem, {handle, nullptr}, rules, entry->refused);
  if (entry->graph == nullptr && problem.type == DType::kF32 && problem.epilogue.ChangesNothing()) {
    entry->descriptor = std::make_unique<DescriptorPlan>(handle, problem, rules);
    if (!entry->descriptor->HasAlgorithm()) FailWithoutPlan(problem, rules);
  }
  entry->made = true;
  std::ostringstream words;
  words << problem;
  entry->problem = words.str();
  const ConvPlan* plan = entry->plan();
  if (plan == nullptr || !rules.tensor_cores || plan->uses_tensor_cores() || entry->reported) return;
  ReportSlowPlan(problem, rules, *plan);
  entry->reported = true;
}

void ConvPlans::Refuse(const ConvProblem& problem, cudnnStatus_t status) {
  Entry& entry = plans_.at(KeyOf(problem));
  if (!IsRefusal(status)) FailCall({Name(problem.kind), __FILE__, __LINE__}, status);
  if (entry.graph != nullptr) {
    entry.refused.push_back(entry.graph->index());
    entry.graph = nullptr;
    entry.made = false;
    return;
  }
  SG_CHECK(entry.descriptor != nullptr) << "[ConvPlans] no plan was found that could be refused";
  entry.descriptor->TryNext();
  if (!entry.descriptor->HasAlgorithm()) {
    FailWithoutPlan(problem, RulesFor(problem, compute_capability_, gpu_bytes_), status);
  }
}

void ConvPlans::ReportTime(std::chrono::steady_clock::duration spent) {
  spent_ += spent;
  if (spent_ < report_at_) return;
  report_at_ *= 2;
  LogMessage(LogLevel::kInfo, absl::StrCat("cuDNN has prepared ", plans_.size(), " convolutions in ",
                                           std::chrono::duration_cast<std::chrono::seconds>(spent_).count(),
                                           " s; each is prepared once, when its shape first occurs"));
}

}  // namespace sg::cuda
