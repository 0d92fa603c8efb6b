// train: StyleGAN2 from images to checkpoints. Reads the flags, calls gan/train, and returns an exit code.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "engine/base/device.h"
#include "engine/base/device_failure.h"
#include "engine/base/dtype.h"
#include "engine/io/atomic_file.h"
#include "engine/io/printable.h"
#include "engine/runtime/devices.h"
#include "gan/config/config.h"
#include "gan/config/enums.h"
#include "gan/config/image_size.h"
#include "gan/config/json.h"
#include "gan/data/dataset.h"
#include "gan/image/image.h"
#include "gan/interop/transfer_networks.h"
#include "gan/metrics/evaluator.h"
#include "gan/train/memory_plan.h"
#include "gan/train/resume.h"
#include "gan/train/run_directory.h"
#include "gan/train/snapshot.h"
#include "gan/train/trainer.h"
#include "gan/train/training_loop.h"
#include "tools/check_images.h"
#include "tools/cli/bundled_data.h"
#include "tools/cli/class_list.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/profile.h"
#include "tools/cli/progress.h"
#include "tools/cli/signals.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/working_directory.h"
#include "tools/metric_run.h"
#include "tools/report/run_report.h"
#include "tools/run_name.h"
#include "tools/train_failure.h"
#include "tools/train_flags.h"
#include "tools/train_reporter.h"
#include "tools/train_snapshot.h"

namespace sg::cli {
namespace {

namespace fs = std::filesystem;

// A usage error if the command line is wrong, else an error of what it names.
int ConfigError(const absl::Status& error) {
  return absl::IsInvalidArgument(error) ? UsageError(TrainProgram(), error.message())
                                        : Fail(TrainProgram(), kExitBadInput, error);
}

// The error of a run whose folder exists. It also goes into the run's log.
int FailRun(const gan::RunDirectory& run, int exit_code, const absl::Status& error) {
  run.AppendLine("log.txt", absl::StrCat("train: ", error.message())).IgnoreError();
  return Fail(TrainProgram(), exit_code, error);
}

// The error of an image that cannot be used, with its whole path and what to do.
absl::Status WithPath(const gan::Dataset& dataset, const absl::Status& error) {
  const bool names_image = dataset.options().on_bad_image == gan::OnBadImage::kFail && !absl::IsUnavailable(error);
  if (!names_image) return error;
  return absl::Status(error.code(), absl::StrCat(dataset.options().path, "/", error.message(),
                                                 "; --on-bad-image=skip leaves such images out, and --dry-run lists "
                                                 "all of them"));
}

gan::DatasetOptions DataOptions(const gan::TrainConfig& config, const TrainCommand& command) {
  gan::DatasetOptions options;
  options.leave_out = {command.outdir};  // otherwise the pictures of earlier runs would become training images
  options.limits.max_pixels = int64_t{config.max_mpx} * 1000000;
  options.spec = config.model.image_spec();
  options.mirror = config.mirror;
  options.own_pictures = config.own_pictures;
  options.on_bad_image = config.on_bad_image;
  options.labels = config.cond || config.model.label_dim > 0;
  return options;
}

// Takes the size of the labels from the data, unless the model has one already. Then they must agree.
absl::Status TakeLabels(const gan::Dataset& dataset, gan::TrainConfig* config) {
  if (config->cond && config->model.label_dim == 0) config->model.label_dim = static_cast<int>(dataset.label_dim());
  if (dataset.label_dim() == config->model.label_dim) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the labels of ", dataset.options().path, " have ",
                                                 dataset.label_dim(), " elements, those of the model have ",
                                                 config->model.label_dim));
}

// Opens the data and lets it complete the configuration.
absl::StatusOr<std::unique_ptr<gan::Dataset>> OpenData(gan::TrainConfig* config, const TrainCommand& command,
                                                       gan::DatasetOptions options) {
  options.path = config->data;
  if (config->data.empty()) {
    absl::StatusOr<std::string> bundled = BundledEmojiPath();
    if (!bundled.ok()) return bundled.status();
    options.path = *std::move(bundled);
  }
  absl::StatusOr<std::unique_ptr<gan::Dataset>> dataset = gan::Dataset::Open(options);
  if (dataset.ok()) {
    const absl::Status fits = TakeLabels(**dataset, config);
    if (!fits.ok()) return fits;
  }
  if (command.resume.empty() || !absl::IsNotFound(dataset.status())) return dataset;
  return absl::NotFoundError(
      absl::StrCat(dataset.status().message(), "; if the images have moved, give --data= with their new location"));
}

// A run saves the absolute path, with which it can be resumed from another working directory.
void MakeDataAbsolute(gan::TrainConfig* config) {
  if (config->data.empty()) return;
  std::error_code error;
  const fs::path path = fs::absolute(config->data, error);
  if (!error) config->data = path.lexically_normal().string();
}

// Whether the device can take the tensors of the configuration, however much memory it has.
absl::Status CheckTensorsFit(const gan::TrainConfig& config, Device device) {
  return device.type == DeviceType::kCuda ? gan::CheckTensorsFitGpu(config) : absl::OkStatus();
}

// The evaluator of --metrics, if there are any.
absl::StatusOr<std::optional<gan::MetricEvaluator>> EvaluatorFor(const TrainCommand& command,
                                                                 const gan::TrainConfig& config, gan::Dataset* dataset,
                                                                 Device device) {
  std::optional<gan::MetricEvaluator> none;
  if (command.metrics.empty()) return none;
  gan::MetricOptions options;
  options.metrics = command.metrics;
  options.fakes = command.metric_images;
  options.cache_folder = DefaultCacheFolder();
  absl::StatusOr<gan::MetricEvaluator> evaluator = MakeEvaluator(options, config.model, dataset, device);
  if (!evaluator.ok()) return evaluator.status();
  return std::optional<gan::MetricEvaluator>(*std::move(evaluator));
}

// What the labels of the data are, and what of the data is left out.
std::vector<std::string> DataNotes(const gan::Dataset& dataset) {
  std::vector<std::string> lines;
  if (dataset.label_dim() > 0) {
    lines.push_back(absl::StrCat("labels of ", dataset.label_dim(), " elements, ", dataset.OneOfEachLabel().size(),
                                 " different ones"));
  }
  if (!dataset.class_names().empty()) lines.push_back(absl::StrCat("classes: ", ListClasses(dataset.class_names())));
  for (const std::string& note : dataset.notes()) lines.push_back(absl::StrCat("note: ", note));
  return lines;
}

// Shows the configuration, and checks the metrics and the images.
int DryRun(gan::TrainConfig config, const TrainCommand& command, Device device) {
  gan::DatasetOptions options = DataOptions(config, command);
  options.cache_bytes = 0;  // each image is decoded once
  const absl::StatusOr<std::unique_ptr<gan::Dataset>> dataset = OpenData(&config, command, options);
  if (!dataset.ok()) return Fail(TrainProgram(), kExitBadInput, dataset.status());
  const absl::Status metrics = EvaluatorFor(command, config, dataset->get(), device).status();
  if (!metrics.ok()) return ConfigError(metrics);
  std::printf("%s\n", gan::ToJson(config).c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "%lld steps of %d images; predicted peak of the tensors: %s\n",
               static_cast<long long>(config.TotalSteps()), config.batch,
               FormatBytes(gan::PredictPeakBytes(config)).c_str());
  for (const std::string& note : DataNotes(**dataset)) std::fprintf(stderr, "%s\n", io::Printable(note).c_str());
  const int64_t images = (*dataset)->num_images();
  const ProgressLine::Options terminal = ProgressLine::OptionsFor(stderr);
  ProgressLine progress(terminal);
  std::function<void(int64_t)> on_progress;
  if (terminal.live) {
    on_progress = [&](int64_t done) { progress.Update(absl::StrCat("checked ", done, " of ", images, " images")); };
  }
  const std::vector<std::string> bad = BadImages(dataset->get(), command.workers, on_progress);
  progress.Finish();
  const std::string& root = (*dataset)->options().path;
  for (const std::string& reason : bad) {
    std::fprintf(stderr, "train: %s\n", io::Printable(absl::StrCat(root, "/", reason)).c_str());
  }
  const auto bad_images = static_cast<int64_t>(bad.size());
  if (bad.empty()) {
    std::fprintf(stderr, "all %lld images can be used\n", static_cast<long long>(images));
  } else {
    std::fprintf(stderr, "%lld of %lld images cannot be used\n", static_cast<long long>(bad_images),
                 static_cast<long long>(images));
  }
  const bool skips = config.on_bad_image == gan::OnBadImage::kSkip && bad_images < images;
  return bad.empty() || skips ? kExitOk : kExitBadInput;
}

// The first lines of a run: the device and the data.
std::vector<std::string> Opening(const ChosenDevice& chosen, const gan::Dataset& dataset,
                                 const gan::TrainConfig& config) {
  std::vector<std::string> lines = {chosen.description};
  lines.push_back(absl::StrFormat("%d images at %s, batch %d, %g kimg", dataset.size(),
                                  gan::ImageSizeText(config.model), config.batch, config.kimg));
  for (std::string& note : DataNotes(dataset)) lines.push_back(std::move(note));
  return lines;
}

absl::Status WithFlag(absl::string_view flag, const absl::Status& error) {
  return absl::Status(error.code(), absl::StrCat(flag, "=", error.message()));
}

// "generator.blocks.1" of "generator.blocks.1.style_block1.bias", "generator.to_rgb" of "generator.to_rgb.bias".
std::string ModuleOf(const std::string& tensor) {
  const std::vector<std::string> names = absl::StrSplit(tensor, '.');
  size_t kept = names[0] == "ema" ? 3 : 2;
  int index = 0;
  if (kept < names.size() && absl::SimpleAtoi(names[kept], &index)) ++kept;
  return absl::StrJoin(names.begin(), names.begin() + std::min(kept, names.size()), ".");
}

// What --init has done.
std::vector<std::string> TransferLines(const gan::Transfer& transfer) {
  std::vector<std::string> lines = {
      absl::StrCat("starting from the networks of ", transfer.path, ": ", transfer.copied, " tensors copied")};
  for (const std::string& note : transfer.notes) lines.push_back(absl::StrCat("note: ", note));
  if (transfer.left.empty()) return lines;
  std::vector<std::string> modules;
  for (const std::string& name : transfer.left) {
    const std::string module = ModuleOf(name);
    if (modules.empty() || modules.back() != module) modules.push_back(module);
  }
  lines.push_back(absl::StrCat("note: ", transfer.left.size(), " tensors start at random values, in ",
                               absl::StrJoin(modules, ", ")));
  return lines;
}

// How a run goes from here on, for whoever reads its folder or starts from it again.
absl::Status WriteOptions(const gan::RunDirectory& run, const gan::TrainConfig& config) {
  return io::WriteFileAtomically(run.File("training_options.json"), gan::ToJson(config) + "\n");
}

// How to wait for another process that is making its run.
gan::LockWaiting Waiting() {
  gan::LockWaiting waiting;
  waiting.stop_requested = StopRequested;
  waiting.on_wait = [](absl::string_view sentence) { std::fprintf(stderr, "%s\n", io::Printable(sentence).c_str()); };
  return waiting;
}

// The error of a run's folder that cannot be made or opened.
int FailOpening(const absl::Status& error) {
  if (absl::IsCancelled(error)) ReRaise(StopSignal());
  return Fail(TrainProgram(), kExitRuntimeError, error);
}

// Makes the folder of a new run, with its first files.
absl::StatusOr<gan::RunDirectory> MakeRun(const TrainCommand& command, const gan::TrainConfig& config,
                                          const gan::Image& reals) {
  absl::StatusOr<gan::RunDirectory> run =
      gan::RunDirectory::Create(command.outdir, RunName(config, command.desc), Waiting());
  if (!run.ok()) return run;
  const absl::Status options = WriteOptions(*run, config);
  if (!options.ok()) return options;
  const absl::StatusOr<std::string> reals_written = gan::WriteReals(reals, *run);
  if (!reals_written.ok()) return reals_written.status();
  return run;
}

report::RunState StateAfter(const absl::StatusOr<gan::TrainEnd>& end) {
  if (!end.ok()) return report::RunState::kFailed;
  switch (*end) {
    case gan::TrainEnd::kFinished: return report::RunState::kFinished;
    case gan::TrainEnd::kStopped: return report::RunState::kStopped;
    case gan::TrainEnd::kDiverged: return report::RunState::kDiverged;
  }
  return report::RunState::kUnknown;
}

int Train(gan::Trainer* trainer, gan::Dataset* dataset, const gan::RunDirectory& run, const TrainCommand& command,
          const std::vector<std::string>& opening, std::unique_ptr<TraceWriter> profile,
          std::optional<gan::MetricEvaluator> evaluator, TrainFailure* failure) {
  TrainReporter reporter(run);
  for (const std::string& line : opening) reporter.Log(line);
  if (trainer->config().precision == gan::ConvPrecision::kBf16 && !IsFast(trainer->device(), DType::kBF16)) {
    reporter.Log("note: there is no fast bf16 on this hardware; training computes in f32");
  }
  reporter.Profile(std::move(profile), trainer->steps() + kProfiledSteps);
  gan::LoopOptions options;
  options.workers = command.workers;
  failure->SetTrainer(trainer, dataset->identity());
  options.copy = failure->copy();
  gan::TrainHooks hooks = reporter.Hooks();
  SnapshotWork work(trainer, dataset, &run, std::move(evaluator), &reporter);
  hooks.on_snapshot = [&](const gan::TrainProgress&, const gan::TrainSnapshot& snapshot) { work.Do(snapshot); };
  const absl::StatusOr<gan::TrainEnd> end = RunTraining(trainer, dataset, run, options, hooks);
  failure->SetTrainer(nullptr, {});
  reporter.Finish();
  work.WriteReport(StateAfter(end));
  if (!end.ok()) {
    return FailRun(run, absl::IsUnavailable(end.status()) ? kExitRuntimeError : kExitBadInput,
                   WithPath(*dataset, end.status()));
  }
  reporter.LogEnd(*end, trainer->config());
  if (*end == gan::TrainEnd::kStopped) ReRaise(StopSignal());
  return *end == gan::TrainEnd::kDiverged ? kExitDiverged : kExitOk;
}

int StartNew(const ParseResult& parsed, const TrainCommand& command, const ChosenDevice& chosen) {
  absl::StatusOr<gan::TrainConfig> config = NewConfigFromFlags(parsed);
  if (!config.ok()) return ConfigError(config.status());
  const absl::Status fits = CheckTensorsFit(*config, chosen.device);
  if (!fits.ok()) return ConfigError(fits);
  if (command.dry_run) return DryRun(*config, command, chosen.device);
  absl::StatusOr<std::unique_ptr<gan::Dataset>> dataset = OpenData(&*config, command, DataOptions(*config, command));
  if (!dataset.ok()) return Fail(TrainProgram(), kExitBadInput, dataset.status());

  // Bad images must be found before the run's folder is made.
  const absl::StatusOr<gan::Image> reals = gan::DrawReals(dataset->get());
  if (!reals.ok()) return Fail(TrainProgram(), kExitBadInput, WithPath(**dataset, reals.status()));
  MakeDataAbsolute(&*config);
  absl::StatusOr<std::unique_ptr<TraceWriter>> profile = OpenProfile(command.profile, TrainProgram(), chosen.device);
  if (!profile.ok()) return Fail(TrainProgram(), kExitRuntimeError, profile.status());
  absl::StatusOr<std::optional<gan::MetricEvaluator>> evaluator =
      EvaluatorFor(command, *config, dataset->get(), chosen.device);
  if (!evaluator.ok()) return ConfigError(evaluator.status());
  std::optional<gan::RunDirectory> run;  // outlives `failure`, which uses it
  TrainFailure failure;
  failure.SetConfig(*config);
  gan::Trainer trainer(*config, chosen.device);
  std::vector<std::string> opening = Opening(chosen, **dataset, *config);
  if (!command.init.empty()) {
    const absl::StatusOr<gan::Transfer> transfer = gan::TransferNetworks(command.init, &trainer);
    if (!transfer.ok()) return Fail(TrainProgram(), kExitBadInput, WithFlag("--init", transfer.status()));
    for (std::string& line : TransferLines(*transfer)) opening.push_back(std::move(line));
  }
  absl::StatusOr<gan::RunDirectory> made = MakeRun(command, *config, *reals);
  if (!made.ok()) return FailOpening(made.status());
  run.emplace(*std::move(made));
  failure.SetRun(&*run);
  opening.push_back(absl::StrCat("writing to ", run->path()));
  return Train(&trainer, dataset->get(), *run, command, opening, *std::move(profile), *std::move(evaluator), &failure);
}

// Takes the run's folder back to the state of the trainer. `opening` tells what was done.
absl::Status Rewind(const gan::RunDirectory& run, const gan::Trainer& trainer, std::vector<std::string>* opening) {
  const absl::StatusOr<std::vector<std::string>> set_aside = gan::RewindRun(run, trainer);
  if (!set_aside.ok()) return set_aside.status();
  for (const std::string& path : *set_aside) opening->push_back(absl::StrCat("set aside, because it is later: ", path));
  return WriteOptions(run, trainer.config());
}

int Resume(const ParseResult& parsed, const TrainCommand& command, const ChosenDevice& chosen) {
  std::vector<std::string> passed_over;
  const absl::StatusOr<std::vector<std::string>> candidates =
      gan::ResumeCandidates(command.resume, command.outdir, &passed_over);
  if (!candidates.ok()) return Fail(TrainProgram(), kExitBadInput, WithFlag("--resume", candidates.status()));
  const std::optional<std::string> folder = gan::RunToContinue(candidates->front());
  std::optional<gan::RunDirectory> run;  // outlives `failure`, which uses it
  TrainFailure failure;
  const auto change = [&](const gan::TrainConfig& saved) {
    absl::StatusOr<gan::TrainConfig> config = ResumedConfigFromFlags(parsed, folder, saved);
    const absl::Status fits = config.ok() ? CheckTensorsFit(*config, chosen.device) : config.status();
    if (!fits.ok()) return absl::StatusOr<gan::TrainConfig>(fits);
    if (!command.dry_run) {
      MakeDataAbsolute(&*config);
      failure.SetConfig(*config);
    }
    return config;
  };
  for (std::string& reason : passed_over) reason = absl::StrCat("warning: a later run: ", reason);
  if (command.dry_run) {
    for (const std::string& reason : passed_over) std::fprintf(stderr, "%s\n", io::Printable(reason).c_str());
    const absl::StatusOr<gan::TrainConfig> config = gan::ResumedConfig(*candidates, change);
    return config.ok() ? DryRun(*config, command, chosen.device) : ConfigError(config.status());
  }
  const absl::StatusOr<gan::ResumedRun> resumed = gan::ResumeRun(*candidates, change, chosen.device);
  if (!resumed.ok()) return ConfigError(resumed.status());
  gan::Trainer& trainer = *resumed->trainer;

  gan::TrainConfig same = trainer.config();  // which has its labels already
  const absl::StatusOr<std::unique_ptr<gan::Dataset>> dataset = OpenData(&same, command, DataOptions(same, command));
  if (!dataset.ok()) return Fail(TrainProgram(), kExitBadInput, dataset.status());
  std::optional<gan::Image> reals;
  if (!folder) {
    absl::StatusOr<gan::Image> drawn = gan::DrawReals(dataset->get());
    if (!drawn.ok()) return Fail(TrainProgram(), kExitBadInput, WithPath(**dataset, drawn.status()));
    reals = *std::move(drawn);
  }
  absl::StatusOr<std::unique_ptr<TraceWriter>> profile = OpenProfile(command.profile, TrainProgram(), trainer.device());
  if (!profile.ok()) return Fail(TrainProgram(), kExitRuntimeError, profile.status());
  absl::StatusOr<std::optional<gan::MetricEvaluator>> evaluator =
      EvaluatorFor(command, trainer.config(), dataset->get(), trainer.device());
  if (!evaluator.ok()) return ConfigError(evaluator.status());
  absl::StatusOr<gan::RunDirectory> opened =
      folder ? gan::RunDirectory::Open(*folder) : MakeRun(command, trainer.config(), *reals);
  if (!opened.ok()) return FailOpening(opened.status());
  run.emplace(*std::move(opened));
  failure.SetRun(&*run);

  std::vector<std::string> opening = Opening(chosen, **dataset, trainer.config());
  opening.insert(opening.end(), passed_over.begin(), passed_over.end());
  for (const std::string& reason : resumed->passed_over) opening.push_back(absl::StrCat("warning: ", reason));
  opening.push_back(absl::StrCat("resuming from ", resumed->checkpoint, ", step ", trainer.steps()));
  for (const std::string& changed : resumed->changes) opening.push_back(absl::StrCat("changed: ", changed));
  if (folder) {
    const absl::Status rewound = Rewind(*run, trainer, &opening);
    if (!rewound.ok()) return Fail(TrainProgram(), kExitRuntimeError, rewound);  // leaves the folder as it was
  } else {
    opening.push_back(
        absl::StrCat("a new run, because its folder is not that of a run that can be written: ", run->path()));
  }
  if (!resumed->environment_note.empty()) opening.push_back(absl::StrCat("note: ", resumed->environment_note));
  const std::string other_images = gan::DataChange(resumed->data, (*dataset)->identity());
  if (!other_images.empty()) opening.push_back(absl::StrCat("warning: ", other_images));
  return Train(&trainer, dataset->get(), *run, command, opening, *std::move(profile), *std::move(evaluator), &failure);
}

int Main(int argc, char** argv) {
  FailDeviceWhenNewFails();
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
  if (!command->dry_run) InstallSignalHandlers();  // A dry run has nothing to save, so a signal may end it.
  return command->resume.empty() ? StartNew(parsed, *command, *chosen) : Resume(parsed, *command, *chosen);
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::FinishOutput(sg::cli::TrainProgram(), sg::cli::Main(argc, argv)); }
