// train: StyleGAN2 from images to checkpoints. Reads the flags, calls gan/train, and returns an exit code.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/device.h"
#include "engine/base/dtype.h"
#include "engine/io/atomic_file.h"
#include "engine/runtime/devices.h"
#include "gan/config/config.h"
#include "gan/config/json.h"
#include "gan/data/dataset.h"
#include "gan/image/image.h"
#include "gan/train/memory_plan.h"
#include "gan/train/resume.h"
#include "gan/train/run_directory.h"
#include "gan/train/snapshot.h"
#include "gan/train/trainer.h"
#include "gan/train/training_loop.h"
#include "tools/cli/bundled_data.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/profile.h"
#include "tools/cli/progress.h"
#include "tools/cli/signals.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/working_directory.h"
#include "tools/run_name.h"
#include "tools/train_failure.h"
#include "tools/train_flags.h"
#include "tools/train_reporter.h"

namespace sg::cli {
namespace {

namespace fs = std::filesystem;

// A usage error if the command line is wrong, else an error of what it names.
int ConfigError(const absl::Status& error) {
  return absl::IsInvalidArgument(error) ? UsageError(TrainProgram(), error.message())
                                        : Fail(TrainProgram(), kExitBadInput, error);
}

absl::StatusOr<std::unique_ptr<gan::Dataset>> OpenData(const gan::TrainConfig& config) {
  gan::DatasetOptions options;
  options.path = config.data;
  if (config.data.empty()) {
    absl::StatusOr<std::string> bundled = BundledEmojiPath();
    if (!bundled.ok()) return bundled.status();
    options.path = *std::move(bundled);
  }
  options.resolution = config.model.resolution;
  options.mirror = config.mirror;
  options.on_bad_image = config.on_bad_image;
  return gan::Dataset::Open(options);
}

// A run saves the absolute path, with which it can be resumed from another working directory.
void MakeDataAbsolute(gan::TrainConfig* config) {
  if (config->data.empty()) return;
  std::error_code error;
  const fs::path path = fs::absolute(config->data, error);
  if (!error) config->data = path.lexically_normal().string();
}

int DryRun(const gan::TrainConfig& config) {
  std::printf("%s\n", gan::ToJson(config).c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "%lld steps of %d images; predicted peak of the tensors: %s\n",
               static_cast<long long>(config.TotalSteps()), config.batch,
               FormatBytes(gan::PredictPeakBytes(config)).c_str());
  return kExitOk;
}

int Train(gan::Trainer* trainer, gan::Dataset* dataset, const gan::RunDirectory& run, const TrainCommand& command,
          const std::vector<std::string>& opening, std::unique_ptr<TraceWriter> profile, TrainFailure* failure) {
  TrainReporter reporter(run);
  for (const std::string& line : opening) reporter.Log(line);
  if (trainer->config().precision == gan::ConvPrecision::kBf16 && !IsFast(trainer->device(), DType::kBF16)) {
    reporter.Log("note: there is no fast bf16 on this hardware; training computes in f32");
  }
  reporter.Profile(std::move(profile), trainer->steps() + kProfiledSteps);
  gan::LoopOptions options;
  options.workers = command.workers;
  if (trainer->device().type == DeviceType::kCuda) options.copy = failure->copy();
  const absl::StatusOr<gan::TrainEnd> end = RunTraining(trainer, dataset, run, options, reporter.Hooks());
  reporter.Finish();
  if (!end.ok()) {
    return Fail(TrainProgram(), absl::IsUnavailable(end.status()) ? kExitRuntimeError : kExitBadInput, end.status());
  }
  reporter.LogEnd(*end, trainer->config());
  if (*end == gan::TrainEnd::kStopped) ReRaise(StopSignal());
  return *end == gan::TrainEnd::kDiverged ? kExitDiverged : kExitOk;
}

int StartNew(const ParseResult& parsed, const TrainCommand& command, const ChosenDevice& chosen) {
  absl::StatusOr<gan::TrainConfig> config = NewConfigFromFlags(parsed);
  if (!config.ok()) return ConfigError(config.status());
  if (command.dry_run) return DryRun(*config);
  absl::StatusOr<std::unique_ptr<gan::Dataset>> dataset = OpenData(*config);
  if (!dataset.ok()) return Fail(TrainProgram(), kExitBadInput, dataset.status());

  // Bad images must be found before the run's folder is made.
  const absl::StatusOr<gan::Image> reals = gan::DrawReals(dataset->get());
  if (!reals.ok()) return Fail(TrainProgram(), kExitBadInput, reals.status());
  MakeDataAbsolute(&*config);
  absl::StatusOr<std::unique_ptr<TraceWriter>> profile = OpenProfile(command.profile, TrainProgram(), chosen.device);
  if (!profile.ok()) return Fail(TrainProgram(), kExitRuntimeError, profile.status());
  const absl::StatusOr<gan::RunDirectory> run =
      gan::RunDirectory::Create(command.outdir, RunName(*config, command.desc));
  if (!run.ok()) return Fail(TrainProgram(), kExitRuntimeError, run.status());
  const absl::Status options = io::WriteFileAtomically(run->File("training_options.json"), gan::ToJson(*config) + "\n");
  if (!options.ok()) return Fail(TrainProgram(), kExitRuntimeError, options);
  const absl::StatusOr<std::string> reals_written = gan::WriteReals(*reals, *run);
  if (!reals_written.ok()) return Fail(TrainProgram(), kExitRuntimeError, reals_written.status());

  TrainFailure failure;
  failure.SetConfig(*config);
  failure.SetRun(&*run);
  gan::Trainer trainer(*config, chosen.device);
  return Train(&trainer, dataset->get(), *run, command,
               {chosen.description,
                absl::StrFormat("%d images at %dx%d, batch %d, %g kimg", (*dataset)->size(), config->model.resolution,
                                config->model.resolution, config->batch, config->kimg),
                absl::StrCat("writing to ", run->path())},
               *std::move(profile), &failure);
}

int Resume(const ParseResult& parsed, const TrainCommand& command, const ChosenDevice& chosen) {
  const auto with_flag = [](const absl::Status& error) {
    return absl::Status(error.code(), absl::StrCat("--resume=", error.message()));
  };
  const absl::StatusOr<std::vector<std::string>> candidates = gan::ResumeCandidates(command.resume, command.outdir);
  if (!candidates.ok()) return Fail(TrainProgram(), kExitBadInput, with_flag(candidates.status()));
  std::optional<gan::RunDirectory> run;  // outlives `failure`, which uses it
  TrainFailure failure;
  const auto change = [&](const gan::TrainConfig& saved) {
    absl::StatusOr<gan::TrainConfig> config = ResumedConfigFromFlags(parsed, saved);
    if (config.ok() && !command.dry_run) {
      MakeDataAbsolute(&*config);
      failure.SetConfig(*config);
    }
    return config;
  };
  if (command.dry_run) {
    const absl::StatusOr<gan::TrainConfig> config = gan::ResumedConfig(*candidates, change);
    return config.ok() ? DryRun(*config) : ConfigError(config.status());
  }
  const absl::StatusOr<gan::ResumedRun> resumed = gan::ResumeRun(*candidates, change, chosen.device);
  if (!resumed.ok()) return ConfigError(resumed.status());
  gan::Trainer& trainer = *resumed->trainer;

  absl::StatusOr<std::unique_ptr<gan::Dataset>> dataset = OpenData(trainer.config());
  if (absl::IsNotFound(dataset.status())) {
    dataset = absl::NotFoundError(
        absl::StrCat(dataset.status().message(), "; if the images have moved, give their new location with --data"));
  }
  if (!dataset.ok()) return Fail(TrainProgram(), kExitBadInput, dataset.status());
  absl::StatusOr<std::unique_ptr<TraceWriter>> profile = OpenProfile(command.profile, TrainProgram(), trainer.device());
  if (!profile.ok()) return Fail(TrainProgram(), kExitRuntimeError, profile.status());
  const std::string folder = fs::path(resumed->checkpoint).parent_path().string();
  absl::StatusOr<gan::RunDirectory> opened = gan::RunDirectory::Open(folder.empty() ? "." : folder);
  if (!opened.ok()) return Fail(TrainProgram(), kExitRuntimeError, opened.status());
  run.emplace(*std::move(opened));
  failure.SetRun(&*run);
  const absl::StatusOr<std::vector<std::string>> set_aside = gan::RewindRun(*run, trainer);
  if (!set_aside.ok()) return Fail(TrainProgram(), kExitRuntimeError, set_aside.status());

  std::vector<std::string> opening = {chosen.description};
  for (const std::string& reason : resumed->passed_over) opening.push_back(absl::StrCat("warning: ", reason));
  opening.push_back(absl::StrCat("resuming from ", resumed->checkpoint, ", step ", trainer.steps()));
  for (const std::string& path : *set_aside) opening.push_back(absl::StrCat("set aside, because it is later: ", path));
  if (!resumed->environment_note.empty()) opening.push_back(absl::StrCat("note: ", resumed->environment_note));
  return Train(&trainer, dataset->get(), *run, command, opening, *std::move(profile), &failure);
}

int Main(int argc, char** argv) {
  TolerateLostConsole();
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(TrainProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(TrainProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const absl::StatusOr<TrainCommand> command = TrainCommandFromFlags();
  if (!command.ok()) return UsageError(TrainProgram(), command.status().message());
  const absl::StatusOr<ChosenDevice> chosen = ChooseDevice(command->device);
  if (!chosen.ok()) return DeviceError(TrainProgram(), chosen.status());
  InstallSignalHandlers();
  return command->resume.empty() ? StartNew(parsed, *command, *chosen) : Resume(parsed, *command, *chosen);
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::Main(argc, argv); }
