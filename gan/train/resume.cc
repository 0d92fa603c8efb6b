#include "gan/train/resume.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/check.h"
#include "gan/config/enums.h"
#include "gan/config/fields.h"
#include "gan/config/validate.h"
#include "gan/train/snapshot.h"

namespace sg::gan {
namespace {

namespace fs = std::filesystem;

// A field's value whatever its type; of an enum the name.
using FieldValue = std::variant<bool, int, int64_t, double, std::string>;

template <typename T>
FieldValue ValueOf(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return std::string(EnumName(value));
  } else {
    return value;
  }
}

std::string ToText(const FieldValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return std::visit([](const auto& v) { return absl::StrCat(v); }, value);
}

// "--grad-accum", or the name of a field without a flag.
std::string Spelling(const Field& field) {
  if (!field.flag()) return field.name();
  return absl::StrCat("--", absl::StrReplaceAll(field.flag()->name, {{"_", "-"}}));
}

using Use = std::function<absl::Status(const std::string& checkpoint, const TrainConfig& config)>;

// Calls `use` with one candidate after the other until it succeeds. Returns the sentences about those before.
absl::StatusOr<std::vector<std::string>> UseFirstReadable(const std::vector<std::string>& candidates,
                                                          const ConfigChange& change, const Use& use) {
  std::vector<std::string> passed_over;
  for (const std::string& checkpoint : candidates) {
    absl::Status used;
    if (const absl::StatusOr<TrainConfig> saved = CheckpointConfig(checkpoint); saved.ok()) {
      const absl::StatusOr<TrainConfig> changed = change(*saved);
      if (!changed.ok()) return changed.status();
      const absl::Status resumable = CheckResumable(*saved, *changed);
      if (!resumable.ok()) return resumable;
      used = use(checkpoint, *changed);
    } else {
      used = saved.status();
    }
    if (used.ok()) return passed_over;
    passed_over.emplace_back(used.message());
  }
  SG_CHECK(!passed_over.empty()) << "[ResumeRun] no candidates";
  if (passed_over.size() == 1) return absl::FailedPreconditionError(passed_over[0]);
  return absl::FailedPreconditionError(
      absl::StrCat("none of ", passed_over.size(), " checkpoints can be read; the last: ", passed_over.back()));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ResumeCandidates(const std::string& from, const std::string& outdir) {
  std::error_code error;
  if (from == "latest") {
    std::vector<std::string> runs;
    for (fs::directory_iterator it(outdir, error), end; !error && it != end; it.increment(error)) {
      runs.push_back(it->path().string());
    }
    std::sort(runs.rbegin(), runs.rend());
    for (const std::string& run : runs) {
      std::vector<std::string> candidates = ListCheckpoints(run);
      if (!candidates.empty()) return candidates;
    }
    return absl::NotFoundError(absl::StrCat(from, ": no run with a checkpoint in ", outdir));
  }
  if (fs::is_directory(from, error)) {
    std::vector<std::string> candidates = ListCheckpoints(from);
    if (candidates.empty()) return absl::NotFoundError(absl::StrCat(from, ": no checkpoint in it"));
    return candidates;
  }
  if (!fs::exists(from, error)) return absl::NotFoundError(absl::StrCat(from, ": no such file or folder"));
  return std::vector<std::string>{from};
}

absl::Status CheckResumable(const TrainConfig& saved, const TrainConfig& changed) {
  std::vector<FieldValue> values;
  ForEachField(saved, [&](const auto& value, const Field&) { values.push_back(ValueOf(value)); });
  absl::Status status;
  size_t i = 0;
  ForEachField(changed, [&](const auto& value, const Field& field) {
    const FieldValue& before = values[i++];
    if (!status.ok() || !field.fixed_on_resume() || ValueOf(value) == before) return;
    status = absl::InvalidArgumentError(
        absl::StrCat(Spelling(field), " cannot change in a run that is resumed: it is ", ToText(before)));
  });
  if (!status.ok()) return status;
  // They decide Adam's decays, and with these the correction of the bias of its moments.
  if (changed.DiscriminatorLazyShare() != saved.DiscriminatorLazyShare() ||
      changed.GeneratorLazyShare() != saved.GeneratorLazyShare()) {
    return absl::InvalidArgumentError(
        "cannot change --r1-interval, --pl-interval, or switch a separate regularizer on or off, when resuming");
  }
  return Validate(changed);
}

absl::StatusOr<TrainConfig> ResumedConfig(const std::vector<std::string>& candidates, const ConfigChange& change) {
  TrainConfig found;
  const absl::StatusOr<std::vector<std::string>> searched =
      UseFirstReadable(candidates, change, [&](const std::string&, const TrainConfig& config) {
        found = config;
        return absl::OkStatus();
      });
  if (!searched.ok()) return searched.status();
  return found;
}

absl::StatusOr<ResumedRun> ResumeRun(const std::vector<std::string>& candidates, const ConfigChange& change,
                                     Device device) {
  ResumedRun run;
  absl::StatusOr<std::vector<std::string>> passed_over =
      UseFirstReadable(candidates, change, [&](const std::string& checkpoint, const TrainConfig& config) {
        absl::StatusOr<Resumed> resumed = ResumeTrainer(checkpoint, config, device);
        if (!resumed.ok()) return resumed.status();
        run.checkpoint = checkpoint;
        run.trainer = std::move(resumed->trainer);
        run.environment_note = std::move(resumed->environment_note);
        return absl::OkStatus();
      });
  if (!passed_over.ok()) return passed_over.status();
  run.passed_over = *std::move(passed_over);
  return run;
}

absl::StatusOr<std::vector<std::string>> RewindRun(const RunDirectory& run, const Trainer& trainer) {
  // The trainer's images are what counts, because the checkpoint's file may have been renamed.
  absl::StatusOr<std::vector<std::string>> set_aside = run.SetAsideCheckpointsAfter(trainer.images_seen() / 1000);
  if (!set_aside.ok()) return set_aside;
  const absl::Status trimmed = TrimStats(run.File("stats.jsonl"), trainer.steps());
  if (!trimmed.ok()) return trimmed;
  return set_aside;
}

}  // namespace sg::gan
