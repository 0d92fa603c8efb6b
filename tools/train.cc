// train: StyleGAN2 from images to checkpoints. Flags to library to exit code.
#include <sys/resource.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "engine/base/device.h"
#include "engine/base/dtype.h"
#include "engine/io/atomic_file.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/op_observer.h"
#include "gan/config/config.h"
#include "gan/config/json.h"
#include "gan/data/dataset.h"
#include "gan/image/image.h"
#include "gan/train/memory_plan.h"
#include "gan/train/run_directory.h"
#include "gan/train/snapshot.h"
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
#include "tools/train_failure.h"
#include "tools/train_flags.h"

namespace sg::cli {
namespace {

namespace fs = std::filesystem;

// `text` as part of a folder's name: letters, digits, '_' and '.' stay, anything else becomes '-'; at most 40 bytes.
std::string FolderNamePart(const std::string& text) {
  std::string name;
  for (char c : text) name += std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' ? c : '-';
  return name.substr(0, 40);
}

// "photos" for "/data/photos.zip".
std::string DataName(const std::string& data) {
  if (data.empty()) return "emoji";
  fs::path path = fs::path(data).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  return FolderNamePart(absl::StrReplaceAll(path.stem().string(), {{".", "-"}}));
}

std::string RunName(const gan::TrainConfig& config, const std::string& desc) {
  const std::string name = absl::StrFormat("%s-%s-batch%d-gamma%g", config.preset, DataName(config.data), config.batch,
                                           config.loss.r1_gamma);
  return desc.empty() ? name : absl::StrCat(name, "-", FolderNamePart(desc));
}

std::string Counts(const gan::TrainProgress& p) {
  return absl::StrFormat("kimg %.1f/%g | %s | ETA %s", p.kimg, p.total_kimg, FormatRate(p.images_per_second, "img"),
                         FormatDuration(p.seconds_left));
}

std::string Losses(const gan::TrainProgress& p) {
  std::string text;
  for (const auto& [label, name] : {std::pair<const char*, const char*>{"D", "Loss/D/loss"},
                                    {"G", "Loss/G/loss"},
                                    {"R1", "Loss/r1_penalty"},
                                    {"PL", "Loss/pl_penalty"}}) {
    const auto it = p.scalars.find(name);
    if (it != p.scalars.end() && it->second.num > 0) absl::StrAppendFormat(&text, " | %s %.3f", label, it->second.mean);
  }
  return text;
}

std::string Memory(const gan::TrainProgress& p) {
  return absl::StrCat(" | mem ", FormatBytes(p.memory.live_bytes), " peak ", FormatBytes(p.memory.peak_bytes),
                      " reserved ", FormatBytes(p.memory.reserved_bytes));
}

// Prints the loop's events, and keeps the lines in log.txt.
class Reporter {
 public:
  explicit Reporter(const gan::RunDirectory& run) : run_(run) {}

  void Log(const std::string& line, Tone tone = Tone::kPlain) {
    progress_.Log(line, tone);
    const absl::Status written = run_.AppendLine("log.txt", line);
    if (!written.ok() && !log_failed_) {
      log_failed_ = true;  // said once; the run matters more than its log
      progress_.Log(absl::StrCat("warning: ", std::string(written.message())), Tone::kWarning);
    }
  }

  gan::TrainHooks Hooks() {
    gan::TrainHooks hooks;
    hooks.stop_requested = StopRequested;
    hooks.save_requested = TakeSaveRequest;
    hooks.on_step = [this](const gan::TrainProgress& p) {
      progress_.Update(Counts(p) + Losses(p) + Memory(p));
      if (p.step == last_profiled_) EndProfile();
    };
    hooks.on_tick = [this](const gan::TrainProgress& p) {
      Log(absl::StrCat("tick ", p.tick, " | ", Counts(p), Losses(p), Memory(p)));
    };
    hooks.on_note = [this](absl::string_view path) { Log(absl::StrCat("wrote ", path)); };
    hooks.on_warning = [this](absl::string_view text) { Log(absl::StrCat("warning: ", text), Tone::kWarning); };
    return hooks;
  }

  // Lets `profile` watch from now to the end of that step; null: nothing.
  void Profile(std::unique_ptr<TraceWriter> profile, int64_t last_step) {
    profile_ = std::move(profile);
    last_profiled_ = last_step;
    SetOpObserver(profile_.get());
  }

  void Finish() {
    EndProfile();
    progress_.Finish();
  }

 private:
  void EndProfile() {
    if (profile_ == nullptr) return;
    const absl::Status closed = profile_->Close();
    if (closed.ok()) {
      Log(absl::StrCat("wrote ", profile_->path()));
    } else {
      Log(absl::StrCat("warning: ", closed.message()), Tone::kWarning);
    }
    profile_.reset();
  }

  const gan::RunDirectory& run_;
  ProgressLine progress_;
  bool log_failed_ = false;
  std::unique_ptr<TraceWriter> profile_;
  int64_t last_profiled_ = 0;
};

// The checkpoints that --resume may mean, the best first.
absl::StatusOr<std::vector<std::string>> ResumeCandidates(const TrainCommand& command) {
  std::error_code error;
  std::vector<std::string> candidates;
  if (command.resume == "latest") {
    std::vector<std::string> runs;
    for (fs::directory_iterator it(command.outdir, error), end; !error && it != end; it.increment(error)) {
      runs.push_back(it->path().string());
    }
    std::sort(runs.rbegin(), runs.rend());
    for (const std::string& run : runs) {
      candidates = gan::ListCheckpoints(run);
      if (!candidates.empty()) return candidates;
    }
    return absl::NotFoundError(absl::StrCat("--resume=latest: no run with a checkpoint in ", command.outdir));
  }
  if (fs::is_directory(command.resume, error)) {
    candidates = gan::ListCheckpoints(command.resume);
    if (candidates.empty())
      return absl::NotFoundError(absl::StrCat("--resume=", command.resume, ": no checkpoint in it"));
    return candidates;
  }
  if (!fs::exists(command.resume, error)) {
    return absl::NotFoundError(absl::StrCat("--resume=", command.resume, ": no such file or folder"));
  }
  return std::vector<std::string>{command.resume};
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
          const std::vector<std::string>& opening, std::unique_ptr<TraceWriter> profile) {
  Reporter reporter(run);
  for (const std::string& line : opening) reporter.Log(line);
  if (trainer->config().precision == gan::ConvPrecision::kBf16 && !IsFast(trainer->device(), DType::kBF16)) {
    reporter.Log("note: there is no fast bf16 on this hardware; training computes in f32");
  }
  reporter.Profile(std::move(profile), trainer->steps() + kProfiledSteps);
  gan::LoopOptions options;
  options.workers = command.workers;
  TrainFailure failure(trainer->config(), &run);
  options.copy = failure.copy();
  const absl::StatusOr<gan::TrainEnd> end = RunTraining(trainer, dataset, run, options, reporter.Hooks());
  reporter.Finish();
  if (!end.ok())
    return Fail(TrainProgram(),
                end.status().code() == absl::StatusCode::kUnavailable ? kExitRuntimeError : kExitBadInput,
                end.status());
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  reporter.Log(absl::StrCat("peak resident memory ", FormatBytes(usage.ru_maxrss * uint64_t{1024})));
  switch (*end) {
    case gan::TrainEnd::kFinished:
      reporter.Log(absl::StrCat("finished. Pictures: bazel run //tools:generate -- --network=", run.path(),
                                " --seeds=0-63 --grid=fakes.png\nGo on: bazel run //tools:train -- --resume=",
                                run.path(), " --kimg=", 2 * trainer->config().kimg));
      return kExitOk;
    case gan::TrainEnd::kStopped:
      reporter.Log(absl::StrCat("stopped and saved. Go on: bazel run //tools:train -- --resume=", run.path()));
      ReRaise(StopSignal());
    case gan::TrainEnd::kDiverged:
      reporter.Log("diverged: the gradients are no longer finite. Try a smaller --lr or a larger --gamma",
                   Tone::kError);
      return kExitDiverged;
  }
  return kExitRuntimeError;
}

int StartNew(const ParseResult& parsed, const TrainCommand& command, const ChosenDevice& chosen) {
  absl::StatusOr<gan::TrainConfig> config = NewConfigFromFlags(parsed);
  if (!config.ok()) {
    return config.status().code() == absl::StatusCode::kInvalidArgument
               ? UsageError(TrainProgram(), config.status().message())
               : Fail(TrainProgram(), kExitBadInput, config.status());
  }
  if (command.dry_run) return DryRun(*config);
  absl::StatusOr<std::unique_ptr<gan::Dataset>> dataset = OpenData(*config);
  if (!dataset.ok()) return Fail(TrainProgram(), kExitBadInput, dataset.status());

  const absl::StatusOr<gan::Image> reals =
      gan::DrawReals(dataset->get());  // first, so that bad data leaves no folder behind
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

  const TrainFailure failure(*config, &*run);
  gan::Trainer trainer(*config, chosen.device);
  return Train(&trainer, dataset->get(), *run, command,
               {chosen.description,
                absl::StrFormat("%d images at %dx%d, batch %d, %g kimg", (*dataset)->size(), config->model.resolution,
                                config->model.resolution, config->batch, config->kimg),
                absl::StrCat("writing to ", run->path())},
               *std::move(profile));
}

int GoOn(const std::string& checkpoint, const gan::Resumed& resumed, const TrainCommand& command,
         std::vector<std::string> opening) {
  gan::Trainer& trainer = *resumed.trainer;
  absl::StatusOr<std::unique_ptr<gan::Dataset>> dataset = OpenData(trainer.config());
  if (absl::IsNotFound(dataset.status())) {
    dataset = absl::NotFoundError(
        absl::StrCat(dataset.status().message(), "; if the images have moved, give their new location with --data"));
  }
  if (!dataset.ok()) return Fail(TrainProgram(), kExitBadInput, dataset.status());
  absl::StatusOr<std::unique_ptr<TraceWriter>> profile = OpenProfile(command.profile, TrainProgram(), trainer.device());
  if (!profile.ok()) return Fail(TrainProgram(), kExitRuntimeError, profile.status());
  const std::string folder = fs::path(checkpoint).parent_path().string();
  const absl::StatusOr<gan::RunDirectory> run = gan::RunDirectory::Open(folder.empty() ? "." : folder);
  if (!run.ok()) return Fail(TrainProgram(), kExitRuntimeError, run.status());
  // By the state and not by the name of its file, which may have been renamed.
  const absl::StatusOr<std::vector<std::string>> set_aside =
      run->SetAsideCheckpointsAfter(trainer.images_seen() / 1000);
  if (!set_aside.ok()) return Fail(TrainProgram(), kExitRuntimeError, set_aside.status());
  const absl::Status trimmed = gan::TrimStats(run->File("stats.jsonl"), trainer.steps());
  if (!trimmed.ok()) return Fail(TrainProgram(), kExitRuntimeError, trimmed);
  opening.push_back(absl::StrCat("going on from ", checkpoint, ", step ", trainer.steps()));
  for (const std::string& path : *set_aside) opening.push_back(absl::StrCat("set aside, because it is later: ", path));
  if (!resumed.environment_note.empty()) opening.push_back("note: " + resumed.environment_note);
  return Train(&trainer, dataset->get(), *run, command, opening, *std::move(profile));
}

int Resume(const ParseResult& parsed, const TrainCommand& command, const ChosenDevice& chosen) {
  const absl::StatusOr<std::vector<std::string>> candidates = ResumeCandidates(command);
  if (!candidates.ok()) return Fail(TrainProgram(), kExitBadInput, candidates.status());
  std::vector<std::string> opening = {chosen.description};
  absl::Status last_error;
  const auto pass_over = [&](const absl::Status& error) {
    last_error = error;
    opening.push_back(absl::StrCat("warning: ", error.message()));
  };
  for (const std::string& checkpoint : *candidates) {
    const absl::StatusOr<gan::TrainConfig> saved = gan::CheckpointConfig(checkpoint);
    if (!saved.ok()) {
      pass_over(saved.status());
      continue;
    }
    absl::StatusOr<gan::TrainConfig> config = ResumedConfigFromFlags(parsed, *saved);
    if (!config.ok()) return UsageError(TrainProgram(), config.status().message());
    if (command.dry_run) return DryRun(*config);
    MakeDataAbsolute(&*config);
    const TrainFailure failure(*config, /*run=*/nullptr);
    const absl::StatusOr<gan::Resumed> resumed = gan::ResumeTrainer(checkpoint, *config, chosen.device);
    if (resumed.ok()) return GoOn(checkpoint, *resumed, command, std::move(opening));
    pass_over(resumed.status());
  }
  if (candidates->size() > 1) {
    last_error = absl::FailedPreconditionError(
        absl::StrCat("none of ", candidates->size(), " checkpoints can be read; the last: ", last_error.message()));
  }
  return Fail(TrainProgram(), kExitBadInput, last_error);
}

int Main(int argc, char** argv) {
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(TrainProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(TrainProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const TrainCommand command = TrainCommandFromFlags();
  constexpr int kMaxWorkers = 1024;
  if (command.workers < 0 || command.workers > kMaxWorkers) {
    return UsageError(TrainProgram(),
                      absl::StrCat("--workers is ", command.workers, ", must be from 0 to ", kMaxWorkers));
  }
  if (command.device.cuda_graphs && !command.profile.empty()) {
    return UsageError(TrainProgram(),
                      "--profile waits for the device around every operation, and --cuda-graphs runs none before the "
                      "end of a phase; give one");
  }
  const absl::StatusOr<ChosenDevice> chosen = ChooseDevice(command.device);
  if (!chosen.ok()) return DeviceError(TrainProgram(), chosen.status());
  InstallSignalHandlers();
  return command.resume.empty() ? StartNew(parsed, command, *chosen) : Resume(parsed, command, *chosen);
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::Main(argc, argv); }
