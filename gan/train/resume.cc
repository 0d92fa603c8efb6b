#include "gan/train/resume.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "engine/io/atomic_file.h"
#include "engine/io/directory.h"
#include "engine/io/safetensors_reader.h"
#include "engine/io/weight_file_kind.h"
#include "gan/config/enums.h"
#include "gan/config/fields.h"
#include "gan/config/validate.h"
#include "gan/train/metadata.h"
#include "gan/train/snapshot.h"
#include "gan/train/state_file.h"

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
  if (const std::string* text = std::get_if<std::string>(&value); text && text->empty()) return "\"\"";
  return std::visit([](const auto& v) { return absl::StrCat(v); }, value);
}

// "--grad-accum", or the name of a field without a flag.
std::string Spelling(const Field& field) {
  if (!field.flag()) return field.name();
  return absl::StrCat("--", absl::StrReplaceAll(field.flag()->name, {{"_", "-"}}));
}

// Calls f(field, before, now) for every field that differs.
template <typename F>
void ForEachChange(const TrainConfig& saved, const TrainConfig& changed, F&& f) {
  std::vector<FieldValue> values;
  ForEachField(saved, [&](const auto& value, const Field&) { values.push_back(ValueOf(value)); });
  size_t i = 0;
  ForEachField(changed, [&](const auto& value, const Field& field) {
    const FieldValue before = values[i++], now = ValueOf(value);
    if (now != before) f(field, before, now);
  });
}

// The fields that differ, one sentence each.
std::vector<std::string> Changes(const TrainConfig& saved, const TrainConfig& changed) {
  std::vector<std::string> changes;
  ForEachChange(saved, changed, [&](const Field& field, const FieldValue& before, const FieldValue& now) {
    changes.push_back(absl::StrCat(Spelling(field), " from ", ToText(before), " to ", ToText(now)));
  });
  return changes;
}

absl::Status CheckEnd(const TrainConfig& config, int64_t steps) {
  if (steps <= config.TotalSteps()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the run has ", static_cast<double>(steps * config.batch) / 1000,
                                                 " kimg already, --kimg=", config.kimg, " asks for less"));
}

absl::StatusOr<int64_t> StepsIn(const std::string& checkpoint) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(checkpoint);
  if (!file.ok()) return file.status();
  return ReadCount(file->metadata(), "steps");
}

// A run that "latest" may mean.
struct Run {
  int64_t number = -1;  // -1 without one
  std::string folder;
  std::string checkpoint;    // file name of the newest
  fs::file_time_type saved;  // when that was written
  int64_t made = 0;          // when the folder was, in nanoseconds; 0 if the file system does not tell
};

// A copy cannot keep this time of its original, unlike the times of files.
int64_t BirthTime(const std::string& path) {
  struct statx info = {};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_BTIME, &info) != 0 || (info.stx_mask & STATX_BTIME) == 0) return 0;
  return info.stx_btime.tv_sec * 1'000'000'000 + info.stx_btime.tv_nsec;
}

// Whether `a` is a later run than `b`.
bool IsLater(const Run& a, const Run& b) {
  if (a.number != b.number) return a.number > b.number;
  // Of the same number, all but one are copies.
  if (a.number >= 0 && a.checkpoint == b.checkpoint) {
    if (a.made != b.made && a.made != 0 && b.made != 0) return a.made < b.made;
    return std::make_pair(a.folder.size(), a.folder) < std::make_pair(b.folder.size(), b.folder);
  }
  return a.saved > b.saved;
}

// Why nothing can be resumed from a file that is a network and no more; empty if it may be a state.
std::string OnlyWeights(const std::string& path) {
  const absl::StatusOr<io::WeightFileKind> kind = io::FindWeightFileKind(path);
  if (!kind.ok()) return "";
  if (*kind == io::WeightFileKind::kSafetensors) {
    const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(path);
    if (!file.ok() || IsState(*file)) return "";
  }
  return absl::StrCat(
      path,
      ": no training state, but at most the weights of a network: without the optimizer's part, training "
      "cannot go on from it. Give a network-snapshot-*.safetensors that `train` wrote; `generate` and "
      "`convert` take this file");
}

using Use =
    std::function<absl::Status(const std::string& checkpoint, const TrainConfig& saved, const TrainConfig& changed)>;

// Calls `use` with one candidate after the other until it succeeds. Returns the sentences about those before.
absl::StatusOr<std::vector<std::string>> UseFirstReadable(const std::vector<std::string>& candidates,
                                                          const ConfigChange& change, const Use& use) {
  std::vector<std::string> passed_over;
  for (const std::string& checkpoint : candidates) {
    absl::Status used;
    if (const std::string reason = OnlyWeights(checkpoint); !reason.empty()) {
      used = absl::FailedPreconditionError(reason);
    } else if (const absl::StatusOr<TrainConfig> saved = CheckpointConfig(checkpoint); saved.ok()) {
      const absl::StatusOr<TrainConfig> changed = change(*saved);
      if (!changed.ok()) return changed.status();
      const absl::Status resumable = CheckResumable(*saved, *changed);
      if (!resumable.ok()) return resumable;
      used = use(checkpoint, *saved, *changed);
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

absl::StatusOr<LastRun> FindLastRun(const std::string& outdir) {
  Run last;
  std::vector<std::pair<int64_t, absl::Status>> unusable;  // with the numbers of their runs
  const absl::StatusOr<std::vector<std::string>> names = io::NamesInDirectory(outdir);
  if (!names.ok() && !absl::IsNotFound(names.status())) return names.status();
  for (const std::string& name : names.ok() ? *names : std::vector<std::string>()) {
    Run run;
    run.folder = (fs::path(outdir) / name).string();
    run.number = RunNumber(name).value_or(-1);
    std::error_code error;
    if (fs::is_symlink(run.folder, error)) {
      // Whoever made it would choose where training goes on.
      if (run.number >= 0) {
        unusable.emplace_back(run.number, absl::FailedPreconditionError(absl::StrCat(
                                              run.folder, ": a link, which is followed only if it is given itself")));
      }
      continue;
    }
    const std::vector<std::string> checkpoints = ListCheckpoints(run.folder);
    if (checkpoints.empty()) {
      if (run.number >= 0 && fs::is_directory(run.folder, error)) {
        unusable.emplace_back(run.number, NoCheckpoint(run.folder));
      }
      continue;
    }
    run.checkpoint = fs::path(checkpoints[0]).filename().string();
    run.made = BirthTime(run.folder);
    std::error_code gone;  // The file may be pruned at this moment; the time is then the earliest there is.
    run.saved = fs::last_write_time(checkpoints[0], gone);
    if (last.folder.empty() || IsLater(run, last)) last = std::move(run);
  }
  LastRun found;
  found.folder = last.folder;
  for (const auto& [number, reason] : unusable) {
    if (number > last.number) found.passed_over.emplace_back(reason.message());
  }
  return found;
}

absl::StatusOr<std::vector<std::string>> ResumeCandidates(const std::string& from, const std::string& outdir,
                                                          std::vector<std::string>* passed_over) {
  std::error_code error;
  if (from == "latest") {
    const absl::StatusOr<LastRun> last = FindLastRun(outdir);
    if (!last.ok()) return absl::Status(last.status().code(), absl::StrCat(from, ": ", last.status().message()));
    *passed_over = last->passed_over;
    if (!last->folder.empty()) {
      std::vector<std::string> candidates = ListCheckpoints(last->folder);
      if (candidates.empty()) return NoCheckpoint(last->folder);  // gone since
      return candidates;
    }
    const std::string reasons =
        last->passed_over.empty() ? "" : absl::StrCat(" (", absl::StrJoin(last->passed_over, "; "), ")");
    return absl::NotFoundError(absl::StrCat(from, ": no run with a checkpoint in ", outdir, reasons));
  }
  if (fs::is_directory(from, error)) {
    std::vector<std::string> candidates = ListCheckpoints(from);
    if (!candidates.empty()) return candidates;
    const absl::Status none = NoCheckpoint(from);
    const absl::StatusOr<LastRun> last = FindLastRun(from);
    if (!absl::IsNotFound(none) || !last.ok() || last->folder.empty()) return none;
    return absl::NotFoundError(absl::StrCat(none.message(), "; the last run in it is ", last->folder));
  }
  if (!fs::exists(from, error)) return absl::NotFoundError(absl::StrCat(from, ": no such file or folder"));
  return std::vector<std::string>{from};
}

std::optional<std::string> RunToContinue(const std::string& checkpoint) {
  std::string folder = fs::path(checkpoint).parent_path().string();
  if (folder.empty()) folder = ".";
  if (!IsRunDirectory(folder) || access(folder.c_str(), W_OK) != 0) return std::nullopt;
  return folder;
}

absl::Status CheckResumable(const TrainConfig& saved, const TrainConfig& changed) {
  std::string refused;
  ForEachChange(saved, changed, [&](const Field& field, const FieldValue& before, const FieldValue& now) {
    if (!field.fixed_on_resume()) return;
    absl::StrAppend(&refused, refused.empty() ? "" : "; ", Spelling(field),
                    refused.empty() ? " cannot change in a run that is resumed: it is " : " neither: it is ",
                    ToText(before), ", not ", ToText(now));
  });
  if (!refused.empty()) return absl::InvalidArgumentError(refused);
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
  int64_t steps = 0;
  const absl::StatusOr<std::vector<std::string>> searched = UseFirstReadable(
      candidates, change, [&](const std::string& checkpoint, const TrainConfig&, const TrainConfig& changed) {
        const absl::StatusOr<int64_t> seen = StepsIn(checkpoint);
        if (!seen.ok()) return seen.status();
        steps = *seen;
        found = changed;
        return absl::OkStatus();
      });
  if (!searched.ok()) return searched.status();
  const absl::Status end = CheckEnd(found, steps);
  if (!end.ok()) return end;
  return found;
}

absl::StatusOr<ResumedRun> ResumeRun(const std::vector<std::string>& candidates, const ConfigChange& change,
                                     Device device) {
  ResumedRun run;
  absl::StatusOr<std::vector<std::string>> passed_over = UseFirstReadable(
      candidates, change, [&](const std::string& checkpoint, const TrainConfig& saved, const TrainConfig& changed) {
        absl::StatusOr<Resumed> resumed = ResumeTrainer(checkpoint, changed, device);
        if (!resumed.ok()) return resumed.status();
        run.checkpoint = checkpoint;
        run.trainer = std::move(resumed->trainer);
        run.environment_note = std::move(resumed->environment_note);
        run.data = std::move(resumed->data);
        run.changes = Changes(saved, changed);
        return absl::OkStatus();
      });
  if (!passed_over.ok()) return passed_over.status();
  const absl::Status end = CheckEnd(run.trainer->config(), run.trainer->steps());
  if (!end.ok()) return end;
  run.passed_over = *std::move(passed_over);
  return run;
}

std::string DataChange(const std::optional<DataIdentity>& then, const DataIdentity& now) {
  if (!then.has_value()) return "";
  const auto sentence = [](absl::string_view what, absl::string_view how) {
    return absl::StrCat("the ", what, " have changed since the checkpoint: ", how,
                        "; training goes on, but not bit for bit as it would have with the same ", what);
  };
  if (then->images != now.images)
    return sentence("images", absl::StrCat(then->images, " before, ", now.images, " now"));
  if (then->hash != now.hash) return sentence("images", "same count, other content");
  if (then->labels.empty() || then->labels == now.labels) return "";  // earlier versions saved none
  return sentence("labels", "same images, other labels");
}

absl::StatusOr<std::vector<std::string>> RewindRun(const RunDirectory& run, const Trainer& trainer) {
  // The trainer's images are what counts, because the checkpoint's file may have been renamed.
  const absl::StatusOr<std::vector<RunDirectory::Renaming>> later = run.RenamingsAfter(trainer.images_seen());
  if (!later.ok()) return later.status();
  const absl::StatusOr<std::vector<std::string>> names = ListStatsFiles(run.path());
  if (!names.ok()) return names.status();
  std::map<std::string, std::string> trimmed;  // path -> new content
  for (const std::string& name : *names) {
    absl::StatusOr<std::optional<std::string>> stats = TrimmedStats(run.File(name), trainer.steps());
    if (!stats.ok()) return stats.status();
    if (stats->has_value()) trimmed[run.File(name)] = **std::move(stats);
  }
  // Nothing was changed so far.
  std::vector<std::string> set_aside;
  absl::Status status = run.SetAside(*later, &set_aside);
  for (const auto& [path, content] : trimmed) {
    if (status.ok()) status = io::WriteFileAtomically(path, content);
  }
  if (!status.ok()) return status;
  return set_aside;
}

}  // namespace sg::gan
