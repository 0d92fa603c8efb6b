// bench: measures the kernels and a training step on this machine, as shares of its peak.
#include <sys/resource.h>

#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "benchmark/benchmark.h"
#include "engine/io/standard_streams.h"
#include "engine/runtime/devices.h"
#include "gan/config/config.h"
#include "gan/config/enums.h"
#include "gan/config/presets.h"
#include "gan/config/validate.h"
#include "tools/benchmarks/device_peaks.h"
#include "tools/benchmarks/kernel_benchmarks.h"
#include "tools/benchmarks/peaks.h"
#include "tools/benchmarks/step_benchmark.h"
#include "tools/cli/cli.h"
#include "tools/cli/cuda_graphs_flag.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/profile.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/working_directory.h"

ABSL_FLAG(bool, step, false, "Measure only the training step: seconds by phase and operation, memory by kind.");
ABSL_FLAG(bool, json, false,
          "With --step, print one JSON line with the median seconds of every phase and the memory by kind.");
ABSL_FLAG(std::string, filter, "", "Measure only the kernels whose name matches this regular expression.");
ABSL_FLAG(std::string, preset, "annotated", "The preset of the networks: \"annotated\", \"quick\" or \"official\".");
ABSL_FLAG(int, res, 64, "Image size in pixels, a power of two.");
ABSL_FLAG(int, batch, 8, "Images per step.");
ABSL_FLAG(std::string, precision, "f32",
          "Number format of convolutions: \"f32\", or \"bf16\" where the hardware has it.");
ABSL_FLAG(std::string, aug, "noaug",
          absl::StrCat("Augmentation of the images: ", sg::gan::EnumChoices<sg::gan::AugMode>(), "."));
ABSL_FLAG(std::string, augpipe, "bgc", absl::StrCat("Its transforms: ", sg::gan::EnumChoices<sg::gan::AugPipe>(), "."));
ABSL_FLAG(double, p, 0.6, "Probability of each transform, for --aug=fixed.");
ABSL_FLAG(int, runs, 5, "Runs of every phase, of which the median is printed.");
ABSL_FLAG(double, budget, 60, "Largest number of seconds per phase.");
ABSL_FLAG(std::string, profile, "",
          absl::StrCat("After measuring, write one training step with both regularizers", sg::cli::kProfileHelp));

namespace sg::cli {
namespace {

constexpr int kMaxRuns = 100000;

const Program& BenchProgram() {
  static const Program* const program = new Program{
      "bench",
      "measures kernels and training steps as shares of this machine's peak",
      {{"bazel run //tools:bench", "Measures everything, in some minutes."},
       {"bazel run //tools:bench -- --step --preset=annotated --res=64 --batch=8 --json",
        "Prints one line for scripts."},
       {"bazel run //tools:bench -- --filter=conv3x3", "Measures some kernels."}},
      {{"What", {"step", "json", "filter"}},
       {"Model", {"preset", "res", "batch", "precision", "aug", "augpipe", "p"}},
       {"Measuring", {"runs", "budget", "device", "threads", "memory_cap", "deterministic", "tf32", "cuda_graphs"}},
       {"Diagnostics", {"profile"}}},
      ""};
  return *program;
}

int64_t PeakResidentMiB() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

// The counts of a phase that are printed. Kernels, library calls and copies include those in graphs; `outside` counts
// those that are in none.
struct ShownCounts {
  explicit ShownCounts(const CudaCounts& c)
      : kernels(c.launches + c.captured_launches),
        library_calls(c.library_calls + c.captured_library_calls),
        descriptor_convolutions(c.descriptor_convolutions),
        copies(c.copies + c.captured_copies),
        waits(c.synchronizations),
        graphs(c.graph_launches),
        outside(c.launches + c.library_calls + c.copies) {}
  int64_t kernels, library_calls, descriptor_convolutions, copies, waits, graphs, outside;
};

// The counts of a GPU: {"dstep": {"kernels": 300, ...}, ...}.
std::string CountsJson(const std::vector<bench::PhaseCounts>& phases) {
  std::string text;
  for (const bench::PhaseCounts& p : phases) {
    const ShownCounts c(p.counts);
    absl::StrAppendFormat(&text,
                          "%s\"%s\": {\"kernels\": %d, \"library_calls\": %d, \"descriptor_convolutions\": %d, "
                          "\"copies\": %d, \"synchronizations\": %d, \"graph_launches\": %d, \"outside_graphs\": %d}",
                          text.empty() ? "" : ", ", p.name, c.kernels, c.library_calls, c.descriptor_convolutions,
                          c.copies, c.waits, c.graphs, c.outside);
  }
  return absl::StrCat("{", text, "}");
}

void PrintCounts(const std::vector<bench::PhaseCounts>& phases) {
  if (phases.empty()) return;
  std::printf(
      "\nAsked of the GPU (\"old API\": convolutions among the library calls that only cuDNN's older API could run; "
      "\"outside\": kernels, library calls and copies that are in no graph; \"step\": without regularizers)\n"
      "  %-10s %8s %8s %8s %8s %8s %8s %8s\n",
      "", "kernels", "library", "old API", "copies", "waits", "graphs", "outside");
  for (const bench::PhaseCounts& p : phases) {
    const ShownCounts c(p.counts);
    const std::string line = absl::StrFormat("  %-10s %8d %8d %8d %8d %8d %8d %8d", p.name, c.kernels, c.library_calls,
                                             c.descriptor_convolutions, c.copies, c.waits, c.graphs, c.outside);
    std::printf("%s\n", line.c_str());
  }
}

void PrintConvolutions(Device device) {
  if (device.type != DeviceType::kCuda) return;
  std::printf("\nConvolutions as cuDNN runs them, with their workspace\n");
  for (const std::string& line : CudaConvolutions(device.index)) std::printf("  %s\n", line.c_str());
}

double MiB(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

// {"parameters_mib": 61.9, ..., "dstep": {"gradients_mib": 37.5, ...}, ...}
std::string MemoryJson(const bench::StepMemory& memory) {
  std::string text = absl::StrFormat(
      "\"parameters_mib\": %.2f, \"moving_averages_mib\": %.2f, \"adam_moments_mib\": %.2f, \"reserved_mib\": %.2f",
      MiB(memory.parameters), MiB(memory.averages), MiB(memory.moments), MiB(memory.reserved));
  for (const bench::PhaseMemory& p : memory.phases) {
    absl::StrAppendFormat(&text,
                          ", \"%s\": {\"gradients_mib\": %.2f, \"activations_mib\": %.2f, "
                          "\"packed_weights_mib\": %.2f, \"scratch_mib\": %.2f}",
                          p.name, MiB(p.gradients), MiB(p.activations), MiB(p.packed_weights), MiB(p.scratch));
  }
  return absl::StrCat("{", text, "}");
}

void PrintMemory(const bench::StepMemory& memory) {
  std::printf(
      "\nMemory (MiB)\n  parameters %.1f, moving averages %.1f, Adam's moments %.1f\n"
      "  and at the peak of each phase (\"activations\" with the gradients that are there by then)\n"
      "  %-10s %12s %12s %12s %12s\n",
      MiB(memory.parameters), MiB(memory.averages), MiB(memory.moments), "", "activations", "gradients", "packed",
      "scratch");
  for (const bench::PhaseMemory& p : memory.phases) {
    std::printf("  %-10s %12.1f %12.1f %12.1f %12.1f\n", p.name.c_str(), MiB(p.activations), MiB(p.gradients),
                MiB(p.packed_weights), MiB(p.scratch));
  }
  std::printf("  held from the system %.1f\n", MiB(memory.reserved));
}

void PrintJson(const gan::TrainConfig& config, const bench::StepMeasurement& step,
               const std::vector<bench::PhaseCounts>& counts, Device device) {
  std::string line = absl::StrFormat(
      "{\"preset\": \"%s\", \"res\": %d, \"batch\": %d, \"precision\": \"%s\", \"device\": \"%s\", "
      "\"threads\": %d",
      config.preset, config.model.resolution, config.batch, gan::EnumName(config.precision), Name(device.type),
      OptionsOf(Device::Cpu()).threads);
  for (const bench::PhaseSeconds& p : step.phases) absl::StrAppendFormat(&line, ", \"%s\": %.5f", p.name, p.seconds);
  absl::StrAppend(&line, ", \"memory\": ", MemoryJson(step.memory));
  if (!counts.empty()) absl::StrAppend(&line, ", \"counts\": ", CountsJson(counts));
  std::printf("%s, \"peak_rss_mib\": %" PRId64 "}\n", line.c_str(), PeakResidentMiB());
}

// Nothing if the images are not augmented.
void PrintAugmentation(const bench::StepMeasurement& step) {
  double augment = 0, d_step = 0;
  for (const bench::PhaseSeconds& p : step.phases) {
    if (p.name == "augment") augment = p.seconds;
    if (p.name == "dstep") d_step = p.seconds;
  }
  if (augment > 0) std::printf("  augmentation is %.1f %% of dstep\n", 100 * augment / d_step);
}

void PrintStep(const gan::TrainConfig& config, const bench::StepMeasurement& step,
               const std::vector<bench::PhaseCounts>& counts, Device device) {
  std::printf("\nTraining step, preset %s, %d pixels, batch %d (seconds, medians)\n", config.preset.c_str(),
              config.model.resolution, config.batch);
  for (const bench::PhaseSeconds& p : step.phases) std::printf("  %-10s %9.4f\n", p.name.c_str(), p.seconds);
  PrintAugmentation(step);
  std::printf("  peak resident memory %" PRId64 " MiB\n", PeakResidentMiB());
  PrintMemory(step.memory);
  PrintCounts(counts);
  PrintConvolutions(device);

  std::vector<std::pair<std::string, bench::OpSeconds>> ops;
  double total = 0, convolutions = 0;
  for (const auto& [name, op] : bench::ProfileStep(config, device)) {
    ops.emplace_back(name, op);
    total += op.seconds;
    if (absl::StartsWith(name, "Conv2d")) convolutions += op.seconds;
  }
  std::sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  std::printf("\nBy operation, both phases with both regularizers: %.4f s, %.0f %% of it outside convolutions\n", total,
              100 * (1 - convolutions / total));
  for (const auto& [name, op] : ops) {
    std::printf("  %-20s %9.4f s  %5.1f %%  %5lld calls\n", name.c_str(), op.seconds, 100 * op.seconds / total,
                static_cast<long long>(op.calls));
  }
}

// Returns the number of kernels that were measured.
size_t RunKernels(const gan::TrainConfig& config, Device device) {
  const bench::Peaks peaks = device.type == DeviceType::kCpu ? bench::MeasurePeaks(OptionsOf(Device::Cpu()).threads)
                                                             : bench::MeasureDevicePeaks(device, bench::PeakSizes());
  std::printf("peaks here: %.0f GFLOP/s (%s), %.1f GB/s (copy, read plus written)\n", peaks.gflops, peaks.method,
              peaks.copy_gbps);
  if (device.type == DeviceType::kCpu) {
    std::printf("a convolution has a row for every method that can compute it; * marks the one that is taken\n");
  }
  bench::RegisterKernelBenchmarks(config.model, config.batch, device, peaks);
  std::string name = "bench", tabular = "--benchmark_counters_tabular=true";
  std::string filter = absl::StrCat("--benchmark_filter=", absl::GetFlag(FLAGS_filter));
  std::vector<char*> arguments = {name.data(), tabular.data()};
  if (!absl::GetFlag(FLAGS_filter).empty()) arguments.push_back(filter.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  return benchmark::RunSpecifiedBenchmarks();
}

absl::Status CheckMeasuringFlags(const ParseResult& parsed) {
  const int runs = absl::GetFlag(FLAGS_runs);
  const double budget = absl::GetFlag(FLAGS_budget);
  const std::string filter = absl::GetFlag(FLAGS_filter);
  for (const char* of_step : {"step", "json", "profile"}) {
    if (!filter.empty() && parsed.Given(of_step)) {
      return absl::InvalidArgumentError(absl::StrCat("--", of_step,
                                                     " is about the training step, which --filter leaves out; give one "
                                                     "of them"));
    }
  }
  if (runs < 1 || runs > kMaxRuns) {
    return absl::InvalidArgumentError(absl::StrCat("--runs is ", runs, ", must be from 1 to ", kMaxRuns));
  }
  if (budget < 0) return absl::InvalidArgumentError(absl::StrCat("--budget is ", budget, ", must be at least 0"));
  return absl::OkStatus();
}

template <typename E>
absl::Status SetEnum(const char* flag, const std::string& name, E* value) {
  const absl::StatusOr<E> parsed = gan::ParseEnum<E>(flag, name);
  if (parsed.ok()) *value = *parsed;
  return parsed.status();
}

int Main(int argc, char** argv) {
  io::OpenStandardStreams();
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  const ParseResult parsed = Parse(BenchProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  absl::StatusOr<gan::TrainConfig> config = gan::PresetConfig(absl::GetFlag(FLAGS_preset));
  if (!entered.ok()) config = entered;
  if (config.ok()) {
    config->model.resolution = absl::GetFlag(FLAGS_res);
    config->batch = absl::GetFlag(FLAGS_batch);
    config->augment.p = absl::GetFlag(FLAGS_p);
    absl::Status valid = SetEnum("precision", absl::GetFlag(FLAGS_precision), &config->precision);
    if (valid.ok()) valid = SetEnum("aug", absl::GetFlag(FLAGS_aug), &config->augment.aug);
    if (valid.ok()) valid = SetEnum("augpipe", absl::GetFlag(FLAGS_augpipe), &config->augment.pipe);
    if (valid.ok()) valid = gan::Validate(*config);
    if (!valid.ok()) config = valid;
  }
  if (!config.ok()) return UsageError(BenchProgram(), config.status().message());
  const absl::Status consistent = CheckMeasuringFlags(parsed);
  if (!consistent.ok()) return UsageError(BenchProgram(), consistent.message());
  DeviceFlags device = DeviceFlagsGiven();
  device.cuda_graphs = CudaGraphsGiven();
  const absl::StatusOr<ChosenDevice> chosen = ChooseDevice(device);
  if (!chosen.ok()) return DeviceError(BenchProgram(), chosen.status());
  const absl::StatusOr<std::unique_ptr<TraceWriter>> profile =
      OpenProfile(absl::GetFlag(FLAGS_profile), BenchProgram(), chosen->device);
  if (!profile.ok()) return Fail(BenchProgram(), kExitRuntimeError, profile.status());
  std::fprintf(stderr, "%s\n", chosen->description.c_str());

  const bool only_step = absl::GetFlag(FLAGS_step), json = absl::GetFlag(FLAGS_json);
  const size_t kernels = only_step ? 0 : RunKernels(*config, chosen->device);
  if (parsed.Given("filter")) {
    if (kernels > 0) return kExitOk;
    return UsageError(BenchProgram(), "--filter matches no kernel, or is no regular expression");
  }
  const bench::StepMeasurement step =
      bench::MeasurePhases(*config, chosen->device, absl::GetFlag(FLAGS_runs), absl::GetFlag(FLAGS_budget));
  const std::vector<bench::PhaseCounts> counts = bench::CountPhases(*config, chosen->device);
  if (device.cuda_graphs) {  // The profiles that follow wait after every operation, which a graph does not allow.
    device.cuda_graphs = false;
    SetGpuModes(chosen->device, device);
  }
  if (json) {
    PrintJson(*config, step, counts, chosen->device);
  } else {
    PrintStep(*config, step, counts, chosen->device);
  }
  if (*profile != nullptr) bench::ObserveStep(*config, chosen->device, profile->get());
  CloseProfile(BenchProgram(), profile->get());
  return kExitOk;
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::FinishOutput(sg::cli::BenchProgram(), sg::cli::Main(argc, argv)); }
