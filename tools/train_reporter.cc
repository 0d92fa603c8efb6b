#include "tools/train_reporter.h"

#include <sys/resource.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "engine/io/printable.h"
#include "engine/tensor/op_observer.h"
#include "gan/train/finite_state.h"
#include "tools/cli/shell_word.h"
#include "tools/cli/signals.h"
#include "tools/run_name.h"

namespace sg::cli {
namespace {

// As many decimals as a short run needs to be seen moving.
std::string Counts(const gan::TrainProgress& p) {
  const int decimals = p.total_kimg < 1 ? 3 : p.total_kimg < 10 ? 2 : 1;
  return absl::StrFormat("kimg %.*f/%g | %s | ETA %s", decimals, p.kimg, p.total_kimg,
                         FormatRate(p.images_per_second, "img"), FormatDuration(p.seconds_left));
}

std::string Losses(const gan::TrainProgress& p) {
  std::string text;
  for (const auto& [label, name] : {std::pair<const char*, const char*>{"D", "Loss/D/loss"},
                                    {"G", "Loss/G/loss"},
                                    {"R1", "Loss/r1_penalty"},
                                    {"R2", "Loss/r2_penalty"},
                                    {"PL", "Loss/pl_penalty"},
                                    {"aug p", "Progress/augment"}}) {
    const auto it = p.scalars.find(name);
    if (it != p.scalars.end() && it->second.num > 0) absl::StrAppendFormat(&text, " | %s %.3f", label, it->second.mean);
  }
  return text;
}

std::string Memory(const gan::TrainProgress& p) {
  return absl::StrCat(" | mem ", FormatBytes(p.memory.live_bytes), " peak ", FormatBytes(p.memory.peak_bytes),
                      " reserved ", FormatBytes(p.memory.reserved_bytes));
}

}  // namespace

void TrainReporter::Log(const std::string& text, Tone tone) {
  const std::string line = io::Printable(text);
  progress_.Log(line, tone);
  const absl::Status written = run_.AppendLine("log.txt", line);
  if (!written.ok() && !log_failed_) {
    log_failed_ = true;  // One warning is enough: the run does not need its log.
    progress_.Log(absl::StrCat("warning: ", std::string(written.message())), Tone::kWarning);
  }
}

gan::TrainHooks TrainReporter::Hooks() {
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

bool TrainReporter::ShowProgress(absl::string_view line) {
  progress_.Update(line);
  return !StopRequested();
}

void TrainReporter::Profile(std::unique_ptr<TraceWriter> profile, int64_t last_step) {
  profile_ = std::move(profile);
  last_profiled_ = last_step;
  SetOpObserver(profile_.get());
}

void TrainReporter::Finish() {
  EndProfile();
  progress_.Finish();
}

void TrainReporter::LogEnd(gan::TrainEnd end, const gan::TrainConfig& config) {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  Log(absl::StrCat("peak resident memory ", FormatBytes(usage.ru_maxrss * uint64_t{1024})));
  const std::string resume = ResumeCommand(run_.path());
  switch (end) {
    case gan::TrainEnd::kFinished:
      Log(absl::StrCat("finished. Make images: bazel run //tools:generate -- --network=", ShellWord(run_.path()),
                       " --seeds=0-63 --grid=fakes.png", config.model.label_dim > 0 ? " --class=0" : ""));
      return Log(absl::StrCat("Train longer: ", resume, " --kimg=", config.kimg > 0 ? 2 * config.kimg : 1));
    case gan::TrainEnd::kStopped: return Log(absl::StrCat("stopped and saved. Resume: ", resume));
    case gan::TrainEnd::kDiverged: return LogDiverged(config);
  }
}

void TrainReporter::LogDiverged(const gan::TrainConfig& config) {
  const std::string advice = "diverged: the gradients are no longer finite. Try a smaller --lr or a larger --gamma";
  std::vector<std::string> good;
  for (const std::string& path : gan::ListCheckpoints(run_.path())) {
    if (good.size() == 2) break;
    if (gan::HoldsFiniteState(path)) {
      good.push_back(path);
    } else {
      Log(absl::StrCat("not to go on from, because it is damaged or not finite: ", path), Tone::kError);
    }
  }
  if (good.empty()) return Log(absl::StrCat(advice, " in a new run: there is no earlier checkpoint"), Tone::kError);
  Log(advice, Tone::kError);
  Log(absl::StrCat("The last good checkpoint is ", good[0], ". Resume from it: ", ResumeCommand(good[0]),
                   " --lr=", config.optimizer.lr / 2),
      Tone::kError);
  if (good.size() > 1) Log(absl::StrCat("If that diverges at once: ", ResumeCommand(good[1])), Tone::kError);
}

void TrainReporter::EndProfile() {
  if (profile_ == nullptr) return;
  const absl::Status closed = profile_->Close();
  if (closed.ok()) {
    Log(absl::StrCat("wrote ", profile_->path()));
  } else {
    Log(absl::StrCat("warning: ", closed.message()), Tone::kWarning);
  }
  profile_.reset();
}

}  // namespace sg::cli
