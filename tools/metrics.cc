// metrics: how good and how varied the images of a checkpoint are.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/device.h"
#include "engine/io/printable.h"
#include "gan/data/dataset.h"
#include "gan/interop/load_network.h"
#include "gan/metrics/evaluator.h"
#include "gan/metrics/metric.h"
#include "gan/metrics/metric_result.h"
#include "gan/sample/sampler.h"
#include "gan/train/pretrained.h"
#include "tools/cli/bundled_data.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/progress.h"
#include "tools/cli/signals.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/working_directory.h"
#include "tools/metric_run.h"

ABSL_FLAG(
    std::string, network, "",
    "A checkpoint, the folder of a run or of runs (the newest checkpoint), or a file of another program, as generate "
    "takes it.");
ABSL_FLAG(std::string, data, "",
          "Real images, a folder or a zip archive. If it is not given, the data that the network was trained on.");
ABSL_FLAG(std::string, metrics, "kid_efflite0,fd_efflite0,pr_efflite0",
          absl::StrCat("Names separated by commas: ", sg::gan::EnumChoices<sg::gan::Metric>(),
                       ". \"efflite0\" stands for features of EfficientNet-Lite0, which is bundled. Such numbers are "
                       "not FID or KID and compare only with each other, at the same number of images."));
ABSL_FLAG(int64_t, num, 10000, "Images to make. fd_efflite0 is biased upward at small numbers; kid_efflite0 is not.");
ABSL_FLAG(int64_t, seed, 0, "Seed of subsets, patches, noise and intervals. The latents are those of seeds 0, 1, ...");
ABSL_FLAG(bool, json, false, "Print one line of JSON for each metric.");
ABSL_FLAG(std::string, cache_dir, "",
          "Folder for the features of data sets, which are computed once. If it is not given: stylegan2.cpp/metrics in "
          "$XDG_CACHE_HOME or ~/.cache.");
ABSL_FLAG(bool, cache, true, "Keep the features of the data.");

namespace sg::cli {
namespace {

const Program& MetricsProgram() {
  static const Program* const program =
      new Program{"metrics",
                  "measures the images of a trained network against real ones",
                  {{"bazel run //tools:metrics -- --network=training-runs/00000-quick-emoji-batch8-gamma0.3",
                    "Kernel distance, Frechet distance, precision and recall, each with a 95 % interval."},
                   {"bazel run //tools:metrics -- --network=network-snapshot-000080.safetensors --data=photos.zip "
                    "--metrics=kid_efflite0,ppl_efflite0 --num=50000 --json",
                    "Against other images, as lines of JSON."}},
                  {{"Input", {"network", "data"}},
                   {"Metrics", {"metrics", "num", "seed"}},
                   {"Output", {"json", "cache_dir", "cache"}},
                   {"Hardware", {"device", "threads", "memory_cap", "deterministic", "tf32"}}},
                  "network"};
  return *program;
}

absl::StatusOr<std::unique_ptr<gan::Dataset>> OpenData(const gan::TrainConfig& config) {
  gan::DatasetOptions options;
  options.path = absl::GetFlag(FLAGS_data);
  if (options.path.empty()) options.path = config.data;
  if (options.path.empty()) {
    absl::StatusOr<std::string> bundled = BundledEmojiPath();
    if (!bundled.ok()) return bundled.status();
    options.path = *std::move(bundled);
    std::fprintf(stderr, "note: the real images are the bundled emoji; --data names others\n");
  }
  options.spec = config.model.image_spec();
  // What is given on purpose may be the pictures of another network.
  options.own_pictures = config.own_pictures || !absl::GetFlag(FLAGS_data).empty();
  options.labels = config.model.label_dim > 0;
  options.limits.max_pixels = int64_t{config.max_mpx} * 1000000;
  options.on_bad_image = config.on_bad_image;
  absl::StatusOr<std::unique_ptr<gan::Dataset>> dataset = gan::Dataset::Open(options);
  if (!absl::GetFlag(FLAGS_data).empty() || !absl::IsNotFound(dataset.status())) return dataset;
  return absl::NotFoundError(
      absl::StrCat(dataset.status().message(), "; if the images have moved, give their new location with --data"));
}

void Print(const gan::MetricResult& result, const std::string& network) {
  if (absl::GetFlag(FLAGS_json)) {
    std::printf("%s\n", JsonLine(result, network, std::nullopt).c_str());
    return;
  }
  for (const std::string& line : TextLines(result)) std::printf("%s\n", line.c_str());
  std::printf("  %lld fakes", static_cast<long long>(result.fakes));
  if (result.reals > 0) {
    std::printf(", %lld reals (data %s)", static_cast<long long>(result.reals), result.data_hash.c_str());
  }
  std::printf("; %s\n", result.protocol.c_str());
}

int Run(const gan::MetricOptions& options, const gan::Pretrained& network, Device device) {
  std::unique_ptr<gan::Dataset> dataset;
  bool needs_reals = network.config.model.label_dim > 0;
  for (const gan::Metric metric : options.metrics) needs_reals = needs_reals || gan::NeedsReals(metric);
  if (needs_reals) {
    if (!network.knows_data && absl::GetFlag(FLAGS_data).empty()) {
      return UsageError(MetricsProgram(),
                        absl::StrCat("--data is needed: ", network.path, " does not say what it was trained on"));
    }
    absl::StatusOr<std::unique_ptr<gan::Dataset>> opened = OpenData(network.config);
    if (!opened.ok()) return Fail(MetricsProgram(), kExitBadInput, opened.status());
    dataset = *std::move(opened);
    for (const std::string& note : dataset->notes()) std::fprintf(stderr, "note: %s\n", io::Printable(note).c_str());
  }
  absl::StatusOr<gan::MetricEvaluator> evaluator = MakeEvaluator(options, network.config.model, dataset.get(), device);
  if (absl::IsInvalidArgument(evaluator.status())) return UsageError(MetricsProgram(), evaluator.status().message());
  if (!evaluator.ok()) return Fail(MetricsProgram(), kExitBadInput, evaluator.status());

  const gan::Sampler sampler(network.config.model, network.generator, network.latent_average);
  ProgressLine progress;
  MetricTimer timer;
  const absl::StatusOr<std::vector<gan::MetricResult>> results =
      evaluator->Evaluate(sampler, [&](absl::string_view what, int64_t done, int64_t total) {
        progress.Update(timer.Line(what, done, total));
        return !StopRequested();
      });
  progress.Finish();
  if (absl::IsCancelled(results.status())) ReRaise(StopSignal());
  if (!results.ok()) return Fail(MetricsProgram(), kExitBadInput, results.status());
  for (const gan::MetricResult& result : *results) Print(result, network.path);
  return kExitOk;
}

int Main(int argc, char** argv) {
  TolerateLostConsole();
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(MetricsProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(MetricsProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const auto usage = [](absl::string_view message) { return UsageError(MetricsProgram(), message); };

  if (absl::GetFlag(FLAGS_network).empty()) return usage("--network is needed: a checkpoint or the folder of a run");
  const absl::StatusOr<std::vector<gan::Metric>> metrics = gan::ParseMetrics(absl::GetFlag(FLAGS_metrics));
  if (!metrics.ok()) return usage(absl::StrCat("--", metrics.status().message()));
  gan::MetricOptions options;
  options.metrics = *metrics;
  options.fakes = absl::GetFlag(FLAGS_num);
  if (options.fakes < gan::MetricEvaluator::kMinFakes || options.fakes > kMaxFakes) {
    return usage(absl::StrCat("--num is ", options.fakes, ", must be from ", gan::MetricEvaluator::kMinFakes, " to ",
                              kMaxFakes));
  }
  if (absl::GetFlag(FLAGS_seed) < 0) return usage("--seed must not be negative");
  options.seed = static_cast<uint64_t>(absl::GetFlag(FLAGS_seed));
  if (absl::GetFlag(FLAGS_cache)) {
    options.cache_folder = parsed.Given("cache_dir") ? absl::GetFlag(FLAGS_cache_dir) : DefaultCacheFolder();
  }
  const absl::StatusOr<ChosenDevice> chosen = ChooseDevice(DeviceFlagsGiven());
  if (!chosen.ok()) return DeviceError(MetricsProgram(), chosen.status());
  const absl::StatusOr<gan::LoadedNetwork> network = gan::LoadNetwork(absl::GetFlag(FLAGS_network), chosen->device);
  if (!network.ok()) return Fail(MetricsProgram(), kExitBadInput, network.status());
  std::fprintf(stderr, "%s\n", chosen->description.c_str());
  for (const std::string& note : network->notes) std::fprintf(stderr, "%s\n", io::Printable(note).c_str());
  InstallSignalHandlers();
  return Run(options, network->pretrained, chosen->device);
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::FinishOutput(sg::cli::MetricsProgram(), sg::cli::Main(argc, argv)); }
