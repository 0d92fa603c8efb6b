// Asks the installed cuDNN, without a GPU, what the CUDA backend would get from it on seven architectures, and fails if
// that is not good enough. The backend's own choice of engines (engine/backend/cuda/conv) is asked, so a change of it
// is tested too. Prints a table in Markdown.
//
//   bazel test //tests/engine/backend/cuda/cudnn_support:cudnn_support_test       # a part, in two minutes
//   bazel run //tests/engine/backend/cuda/cudnn_support > engine/backend/cuda/cudnn_support.md
//
// Options: --compile for every kernel that the part wants compiled; --full for all problems, which takes hours;
// --arch=90 for one architecture; --list for a line on each problem.
#include <cudnn.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "engine/backend/cuda/conv/conv_problem.h"
#include "engine/backend/cuda/conv/graph_plan.h"
#include "engine/backend/cuda/conv/plan_choice.h"
#include "engine/backend/cuda/vendor/vendor_libraries.h"
#include "engine/base/dtype.h"
#include "tests/engine/backend/cuda/cudnn_support/described_gpus.h"
#include "tests/engine/backend/cuda/cudnn_support/model_convolutions.h"
#include "tests/engine/backend/device_suite/conv2d_cases.h"

namespace sg::cuda {
namespace {

// With it loaded, cuDNN finds the functions of a driver, and compiles kernels.
constexpr char kDriverStub[] = "tests/engine/backend/cuda/cudnn_support/libcuda_stub.so";

// Presets are split into micro-batches that fit a GPU with this much memory.
constexpr int64_t kGpuBytes = int64_t{72} << 30;

// Without --full, so many problems of each mode and architecture may compile kernels, and the others are judged by what
// needs no compilation. Of f32, one problem in so many is asked for each architecture, not the same ones for all.
constexpr int kCompiledProblems = 1;
constexpr int kProblemsToOne = 4;

struct Options {
  bool full = false;
  bool compile = false;
  bool list = false;
  int architecture = 0;  // 0: all
};

// How operands are multiplied, and whether those with an epilogue are asked, or those without.
struct Mode {
  const char* name;
  DType type;
  bool tf32;
  bool epilogue;
};
constexpr Mode kModes[] = {{"f32 by TF32", DType::kF32, true, false},
                           {"f32 in full", DType::kF32, false, false},
                           {"bf16", DType::kBF16, true, false},
                           {"f32 by TF32, with epilogue", DType::kF32, true, true},
                           {"bf16, with epilogue", DType::kBF16, true, true}};

// Of the model: must run on tensor cores. Of the device suite: must only run.
struct Problem {
  ConvProblem convolution;
  bool of_model;
};

// What an architecture offers in a mode.
struct Tally {
  int problems = 0, tensor_cores = 0, compiled = 0, to_compile = 0, deterministic = 0, none = 0;
  int64_t largest_workspace = 0;
};

// Other bf16 convolutions are widened to f32.
bool HasBf16Engine(const ConvProblem& p) { return p.geometry.groups == 1 && p.x[3] % 8 == 0 && p.y[3] % 8 == 0; }

std::vector<Problem> Problems(const Options& options) {
  std::vector<Problem> all;
  for (const NamedConfig& c : options.full ? PresetsForGpu(kGpuBytes) : PresetsAsTheyAre()) {
    for (const ConvProblem& p : ConvolutionsOf(c.config)) all.push_back({p, true});
  }
  using testing::ConvCase;
  std::vector<ConvCase> cases = testing::OddConvCases();
  for (const auto& more : {testing::ModelConvCases(), testing::ConvCasesOfManyTiles()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  if (options.full) {
    for (const ConvCase& c : testing::ConvCasesOfEveryKind()) cases.push_back(c);
  }
  for (const ConvCase& c : cases) {
    for (ConvKind kind : {ConvKind::kForward, ConvKind::kInputGrad, ConvKind::kWeightGrad}) {
      all.push_back({{kind, DType::kF32, c.x(), c.w(), c.y(), c.geometry, /*tf32=*/true, false}, false});
    }
  }
  return all;
}

// One problem for each set of operands. Each is compiled.
std::vector<Problem> PartOfEpilogues(const std::vector<Problem>& problems, const Mode& mode) {
  std::vector<Problem> part;
  std::set<std::tuple<bool, bool, bool, bool>> seen;
  for (const Problem& problem : problems) {
    const ConvEpilogue& e = problem.convolution.epilogue;
    if (mode.type == DType::kBF16 && !HasBf16Engine(problem.convolution)) continue;
    if (seen.insert({e.scale, e.bias, e.noise, e.slope == 1}).second) part.push_back(problem);
    if (mode.type == DType::kBF16) break;
  }
  return part;
}

// bf16 needs a compilation for nearly every problem, so only one is asked.
std::vector<Problem> Part(const std::vector<Problem>& problems, const Mode& mode, const DescribedGpu& gpu,
                          const Options& options) {
  std::vector<Problem> all;
  for (const Problem& problem : problems) {
    if (problem.convolution.epilogue.ChangesNothing() != mode.epilogue) all.push_back(problem);
  }
  if (options.full) return all;
  if (mode.epilogue) return PartOfEpilogues(all, mode);
  const bool is_bf16 = mode.type == DType::kBF16;
  std::vector<Problem> part;
  for (size_t i = 0; i < all.size(); ++i) {
    const bool asked = is_bf16 ? all[i].of_model && HasBf16Engine(all[i].convolution)
                               : (i + gpu.compute_capability) % kProblemsToOne == 0;
    if (asked) part.push_back(all[i]);
    if (is_bf16 && !part.empty()) break;
  }
  return part;
}

class Survey {
 public:
  Survey(const DescribedGpu& gpu, const BackendDescriptor& properties, const Mode& mode, const Options& options)
      : gpu_(gpu), properties_(properties), mode_(mode), options_(options) {}

  void Ask(const Problem& problem) {
    ConvProblem p = problem.convolution;
    p.type = mode_.type;
    p.tf32 = mode_.tf32;
    if (p.type == DType::kBF16 && !HasBf16Engine(p)) return;
    ++tally_.problems;
    // A deterministic engine is also one for those who do not ask for it. --full asks for both.
    for (bool deterministic : options_.full ? std::vector<bool>{false, true} : std::vector<bool>{true}) {
      p.deterministic = deterministic;
      Judge(p, problem.of_model, Find(p).get());
    }
  }

  const Tally& tally() const { return tally_; }
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  std::unique_ptr<GraphPlan> Find(const ConvProblem& p) {
    PlanRules rules = RulesFor(p, gpu_.compute_capability, gpu_.memory_bytes);
    const int allowed = rules.most_compilations;
    compared_ = true;
    if (mode_.epilogue) return FindGraphPlan(p, {nullptr, &properties_}, rules, {});
    if (!options_.full) rules.most_compilations = 0;
    std::unique_ptr<GraphPlan> plan = FindGraphPlan(p, {nullptr, &properties_}, rules, {});
    const bool is_good = plan != nullptr && IsGood(plan->candidate(), plan->workspace_bytes(), rules);
    compared_ = options_.full || is_good || !rules.tensor_cores;
    if (compared_ || (problems_compiled_ >= kCompiledProblems && !options_.compile)) return plan;
    ++problems_compiled_;
    compared_ = true;
    rules.most_compilations = allowed;
    return FindGraphPlan(p, {nullptr, &properties_}, rules, {});
  }

  void Judge(const ConvProblem& p, bool of_model, const GraphPlan* plan) {
    if (options_.list) List(p, plan);
    const PlanRules rules = RulesFor(p, gpu_.compute_capability, gpu_.memory_bytes);
    if (plan == nullptr) {
      ++tally_.none;
      // bf16 has a way out, and what needs a compilation was not tried.
      if (p.type == DType::kF32 && (compared_ || !rules.tensor_cores)) Blame(p, "has no engine");
      if (p.type == DType::kBF16 && mode_.epilogue) Blame(p, "has no engine");
      return;
    }
    tally_.tensor_cores += plan->uses_tensor_cores();
    tally_.compiled += plan->candidate().compiled;
    tally_.deterministic += plan->candidate().deterministic;
    if (p.deterministic && !plan->candidate().deterministic) Blame(p, "got an engine that is not deterministic");
    if (rules.full_f32 && (plan->uses_tensor_cores() || plan->candidate().transformed)) Blame(p, "is not full f32");
    if (!compared_) {
      ++tally_.to_compile;
      return;
    }
    tally_.largest_workspace = std::max(tally_.largest_workspace, plan->workspace_bytes());
    if (!of_model) return;
    if (rules.tensor_cores && !plan->uses_tensor_cores()) Blame(p, "does without tensor cores");
    if (plan->workspace_bytes() > kSmallWorkspace) {
      Blame(p, absl::StrCat("needs ", plan->workspace_bytes() >> 20, " MiB of workspace"));
    }
  }

  void Blame(const ConvProblem& p, const std::string& what) {
    std::ostringstream fault;
    fault << "sm_" << gpu_.compute_capability << ": " << p << " " << what;
    faults_.push_back(fault.str());
  }

  void List(const ConvProblem& p, const GraphPlan* plan) const {
    std::ostringstream line;
    line << "sm_" << gpu_.compute_capability << " " << p << ": ";
    if (plan == nullptr) {
      line << "none";
    } else {
      line << plan->Describe() << (plan->uses_tensor_cores() ? ", tensor cores" : "")
           << (plan->candidate().compiled ? ", compiled" : "") << ", " << (plan->workspace_bytes() >> 10) << " KiB";
    }
    std::printf("%s\n", line.str().c_str());
    std::fflush(stdout);
  }

  const DescribedGpu& gpu_;
  const BackendDescriptor& properties_;
  const Mode& mode_;
  const Options& options_;
  Tally tally_;
  std::vector<std::string> faults_;
  int problems_compiled_ = 0;
  bool compared_ = false;  // the last plan is the one that the backend would take
};

void PrintTitle(const Options& options) {
  std::printf(
      "# What cuDNN offers for our convolutions\n\n"
      "cuDNN %zu, asked without a GPU about described ones. Each row counts convolutions and gradients of the presets "
      "and of the device suite, with\n`--deterministic`. \"Compiled\" are those for which cuDNN compiled a kernel, as "
      "on "
      "that GPU. \"Left to compile\" are those for which only the engines\nthat are ready were asked: they want a "
      "large "
      "workspace, so the backend would try to compile.\nOf those with epilogue, one for each set of operands is "
      "compiled.%s\n\n",
      cudnnGetVersion(), options.full ? "" : "\nThis is the part of the problems that the test asks about.");
}

int Main(const Options& options) {
  const std::vector<Problem> problems = Problems(options);
  std::vector<std::string> faults;
  PrintTitle(options);
  std::printf(
      "| GPU | Operands | Problems | No engine | Tensor cores | Deterministic | Compiled | Left to compile | Largest "
      "workspace of the others, MiB |\n"
      "|---|---|---|---|---|---|---|---|---|\n");
  for (const DescribedGpu& gpu : DescribedGpus()) {
    if (options.architecture != 0 && options.architecture != gpu.compute_capability) continue;
    const BackendDescriptor properties = PropertiesOf(gpu);
    if (!properties.ok()) {
      std::printf("SKIPPED: cuDNN answers only for GPUs that are there; that takes version 9.8\n");
      return 0;
    }
    for (const Mode& mode : kModes) {
      // Before 8.0 there is no bf16, and an epilogue is a kernel of its own.
      if ((mode.type == DType::kBF16 || mode.epilogue) && gpu.compute_capability < 80) continue;
      Survey survey(gpu, properties, mode, options);
      for (const Problem& problem : Part(problems, mode, gpu, options)) survey.Ask(problem);
      const Tally& t = survey.tally();
      const std::string row = absl::StrFormat("| %s, sm_%d | %s | %d | %d | %d | %d | %d | %d | %d |", gpu.name,
                                              gpu.compute_capability, mode.name, t.problems, t.none, t.tensor_cores,
                                              t.deterministic, t.compiled, t.to_compile, t.largest_workspace >> 20);
      std::printf("%s\n", row.c_str());
      std::fflush(stdout);
      faults.insert(faults.end(), survey.faults().begin(), survey.faults().end());
    }
  }
  for (const std::string& fault : faults) std::fprintf(stderr, "%s\n", fault.c_str());
  return faults.empty() ? 0 : 1;
}

bool Read(absl::string_view argument, Options* options) {
  if (argument == "--full") return options->full = true;
  if (argument == "--compile") return options->compile = true;
  if (argument == "--list") return options->list = true;
  return absl::ConsumePrefix(&argument, "--arch=") && absl::SimpleAtoi(argument, &options->architecture);
}

}  // namespace
}  // namespace sg::cuda

int main(int argc, char** argv) {
  constexpr int kUsage = 64;
  sg::cuda::Options options;
  for (int i = 1; i < argc; ++i) {
    if (sg::cuda::Read(argv[i], &options)) continue;
    std::fprintf(stderr, "cudnn_support: unknown argument %s\n", argv[i]);
    return kUsage;
  }
  // By its soname it becomes the driver's library.
  if (dlopen(sg::cuda::kDriverStub, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    std::fprintf(stderr, "cudnn_support: %s\n", dlerror());
    return 1;
  }
  std::string why;
  if (!sg::cuda::LoadVendorLibraries(&why)) {
    std::printf("SKIPPED: %s\n", why.c_str());
    return 0;
  }
  return sg::cuda::Main(options);
}
