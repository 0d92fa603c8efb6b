#include "gan/train/run_directory.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/io/atomic_file.h"
#include "engine/io/directory.h"
#include "engine/io/input_file.h"
#include "engine/io/output_file.h"
#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "network-snapshot-";
constexpr char kSuffix[] = ".safetensors";
// A line of statistics is a few KiB long. The JSON parser takes eighty times the length of a hostile one.
constexpr size_t kMaxStatsLine = size_t{64} << 10;
// Half a million ticks.
constexpr int64_t kMaxStatsBytes = int64_t{1} << 30;
constexpr int64_t kMaxOptionsBytes = int64_t{1} << 20;
constexpr char kStats[] = "stats.jsonl";
constexpr char kFirstSheet[] = "fakes_init.png";
constexpr char kSheetPrefix[] = "fakes";
constexpr char kLog[] = "log.txt";
constexpr char kSuperseded[] = ".superseded";  // follows kSuffix; the file no longer counts as a checkpoint
constexpr char kDiverged[] = ".diverged";      // precedes kSuffix; the file never counts as a checkpoint
constexpr char kOptions[] = "training_options.json";
constexpr size_t kRunDigits = 5;
constexpr int64_t kMaxRunNumber = 99999;
constexpr int64_t kMaxKimg = int64_t{1} << 50;  // so that the images fit, whatever a file is named

bool IsDecimal(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// The images that a number of SnapshotNumber stands for: 4000 for "000004", 4512 for "000004_512".
std::optional<int64_t> ImagesOf(absl::string_view number) {
  const size_t separator = number.find('_');
  const absl::string_view thousands = number.substr(0, separator);
  int64_t kimg, beyond = 0;
  if (!IsDecimal(thousands) || !absl::SimpleAtoi(thousands, &kimg) || kimg > kMaxKimg) return std::nullopt;
  if (separator != absl::string_view::npos) {
    const absl::string_view rest = number.substr(separator + 1);
    if (rest.size() != 3 || !IsDecimal(rest) || !absl::SimpleAtoi(rest, &beyond)) return std::nullopt;
  }
  return kimg * 1000 + beyond;
}

// The images of the number between `prefix` and `suffix`, or nullopt if the name is not of that form.
std::optional<int64_t> ImagesIn(absl::string_view name, absl::string_view prefix, absl::string_view suffix) {
  if (!absl::ConsumePrefix(&name, prefix) || !absl::ConsumeSuffix(&name, suffix)) return std::nullopt;
  return ImagesOf(name);
}

// Whether a run replaces the file of this name atomically, which may leave a temporary file behind.
bool IsReplacedByRuns(absl::string_view name) {
  for (const char* ours : {kOptions, kStats, "reals.png", kFirstSheet, "fakes_nearest.png", "report.html"}) {
    if (name == ours) return true;
  }
  return ImagesIn(name, kPrefix, kSuffix) || ImagesIn(name, kPrefix, absl::StrCat(kDiverged, kSuffix)) ||
         ImagesIn(name, kSheetPrefix, ".png");
}

bool IsStatsFile(absl::string_view name) {
  return name == kStats || (absl::StartsWith(name, "metric-") && absl::EndsWith(name, ".jsonl"));
}

// Whether a line of JSON is one of those that a run writes: the statistics of a tick or a snapshot, or a metric. Other
// programs count steps, too.
bool IsLineOfRun(const nlohmann::json& line) {
  if (!line.is_object() || !line.contains("step") || !line["step"].is_number_unsigned()) return false;
  return line.contains("timestamp") && (line.contains("Progress/kimg") || line.contains("metric"));
}

// A link would let whoever made the folder choose what the run overwrites, and a pipe would let a run wait for ever.
absl::Status CheckFilesAreRegular(const std::string& path, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name != kLog && !IsStatsFile(name) && !IsReplacedByRuns(name)) continue;
    const absl::StatusOr<bool> regular = io::IsRegularFile(absl::StrCat(path, "/", name));
    if (!regular.ok()) return regular.status();
    if (!*regular) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, "/", name,
                       ": a run writes this file, and it is a link or no regular file; remove it, or "
                       "put the file itself there"));
    }
  }
  return absl::OkStatus();
}

// `path` if nothing has that name, else the first of "<path>.2", "<path>.3" ... that is free. An error, such as of a
// name that is too long, if that cannot be told.
absl::StatusOr<std::string> FreeName(const std::string& path) {
  std::string name = path;
  for (int i = 2;; ++i) {
    const absl::Status there = io::IsRegularFile(name).status();
    if (absl::IsNotFound(there)) return name;
    if (!there.ok()) return there;
    name = absl::StrCat(path, ".", i);
  }
}

// The checkpoints in a folder with the images of their names, newest first.
using NumberedPaths = std::vector<std::pair<int64_t, std::string>>;
absl::StatusOr<NumberedPaths> NumberedCheckpoints(const std::string& directory) {
  const absl::StatusOr<std::vector<std::string>> names = io::NamesInDirectory(directory);
  if (!names.ok()) return names.status();
  NumberedPaths found;
  for (const std::string& name : *names) {
    const std::optional<int64_t> images = ImagesIn(name, kPrefix, kSuffix);
    if (images) found.emplace_back(*images, absl::StrCat(directory, "/", name));
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

absl::StatusOr<int64_t> NextNumber(const std::string& outdir) {
  const absl::StatusOr<std::vector<std::string>> names = io::NamesInDirectory(outdir);
  if (!names.ok()) return names.status();
  int64_t highest = -1;
  for (const std::string& name : *names) {
    const int64_t number = RunNumber(name).value_or(-1);
    // One with the last number was hardly counted up to, and nothing could follow it.
    if (number < kMaxRunNumber) highest = std::max(highest, number);
  }
  return highest + 1;
}

// Whether a text file ends inside a line, as a full disk or the end of a process leaves it.
bool EndsInsideLine(const std::string& path) {
  const absl::StatusOr<io::InputFile> file = io::InputFile::Open(path);
  char last = '\n';
  return file.ok() && file->size() > 0 && file->ReadAt(file->size() - 1, &last, 1).ok() && last != '\n';
}

}  // namespace

absl::StatusOr<RunDirectory> RunDirectory::Create(const std::string& outdir, const std::string& description,
                                                  const LockWaiting& waiting) {
  if (IsRunDirectory(outdir)) {
    return absl::FailedPreconditionError(absl::StrCat(
        outdir, ": the folder of a run; runs are made in the folder above it, and --resume continues one"));
  }
  const absl::Status parents = io::MakeDirectories(outdir);
  if (!parents.ok()) return parents;
  // Locked while the number is chosen: with mkdir alone, runs of different descriptions may take the same number.
  const absl::StatusOr<io::ScopedFd> turn = WaitForFolder(outdir, waiting);
  if (!turn.ok()) return turn.status();
  const absl::StatusOr<int64_t> number = NextNumber(outdir);
  if (!number.ok()) return number.status();
  for (int64_t free = *number;; ++free) {
    const std::string path = absl::StrFormat("%s/%05d-%s", outdir, free, description);
    const absl::Status made = io::MakeDirectory(path);
    // What has this name is no folder, or has the last number.
    if (absl::IsAlreadyExists(made) && free < kMaxRunNumber) continue;
    if (!made.ok()) return made;
    absl::StatusOr<io::ScopedFd> lock = LockFolder(path);
    if (!lock.ok()) return lock.status();
    return RunDirectory(path, *std::move(lock));
  }
}

absl::StatusOr<RunDirectory> RunDirectory::Open(const std::string& path) {
  if (!IsRunDirectory(path)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": not the folder of a run: it has no ", kOptions, " of this program"));
  }
  absl::StatusOr<io::ScopedFd> lock = LockFolder(path);
  if (!lock.ok()) return lock.status();
  const absl::StatusOr<std::vector<std::string>> names = io::NamesInDirectory(path);
  if (!names.ok()) return names.status();
  const absl::Status regular = CheckFilesAreRegular(path, *names);
  if (!regular.ok()) return regular;
  for (const std::string& name : *names) {
    const std::optional<absl::string_view> target = io::TargetOfTemporary(name);
    // One that cannot be removed does no harm, and the next resumed run tries again.
    if (target && IsReplacedByRuns(*target)) io::RemoveFile(absl::StrCat(path, "/", name)).IgnoreError();
  }
  return RunDirectory(path, *std::move(lock));
}

absl::Status RunDirectory::CheckPlace() const { return io::CheckIsDirectoryAt(lock_, path_); }

std::string RunDirectory::CheckpointPath(const std::string& number) const {
  return File(absl::StrCat(kPrefix, number, kSuffix));
}

std::string RunDirectory::DivergedPath(const std::string& number) const {
  return File(absl::StrCat(kPrefix, number, kDiverged, kSuffix));
}

absl::Status RunDirectory::PruneCheckpoints(int keep, const std::vector<std::string>& spared) const {
  absl::Status status = CheckPlace();
  if (!status.ok()) return status;
  const absl::StatusOr<NumberedPaths> checkpoints = NumberedCheckpoints(path_);
  if (!checkpoints.ok()) return checkpoints.status();
  for (size_t i = keep; i < checkpoints->size(); ++i) {
    const std::string& path = (*checkpoints)[i].second;
    if (std::find(spared.begin(), spared.end(), path) == spared.end()) status.Update(io::RemoveFile(path));
  }
  return status;
}

absl::Status RunDirectory::SetAside(const std::vector<Renaming>& renamings, std::vector<std::string>* renamed) const {
  absl::Status status = CheckPlace();
  if (!status.ok()) return status;
  bool any = false;
  for (const auto& [from, to] : renamings) {
    const absl::Status done = io::RenameFile(from, to);
    if (absl::IsNotFound(done)) continue;
    status.Update(done);
    if (!done.ok()) continue;
    renamed->push_back(to);
    any = true;
  }
  // Otherwise a power cut could bring the old names back.
  if (any) status.Update(io::SyncDirectory(lock_, absl::StrCat(path_, ": cannot sync the folder")));
  return status;
}

absl::StatusOr<std::vector<RunDirectory::Renaming>> RunDirectory::RenamingsAfter(int64_t images) const {
  const absl::StatusOr<NumberedPaths> checkpoints = NumberedCheckpoints(path_);
  if (!checkpoints.ok()) return checkpoints.status();
  std::vector<Renaming> renamings;
  for (const auto& [number, path] : *checkpoints) {
    if (number <= images) continue;
    absl::StatusOr<std::string> free = FreeName(path + kSuperseded);
    if (!free.ok()) return free.status();
    renamings.push_back({path, *std::move(free)});
  }
  return renamings;
}

absl::Status RunDirectory::AppendLine(const std::string& name, absl::string_view line) const {
  if (absl::Status status = CheckPlace(); !status.ok()) return status;
  absl::StatusOr<io::OutputFile> file = io::OutputFile::Open(File(name), io::OutputFile::Mode::kAppend);
  if (!file.ok()) return file.status();
  // In one piece: a killed process leaves at most the last line torn. A line that was torn before stays alone.
  const absl::string_view end_of_torn_line = EndsInsideLine(File(name)) ? "\n" : "";
  if (absl::Status status = file->Append(absl::StrCat(end_of_torn_line, line, "\n")); !status.ok()) return status;
  return file->Close();
}

std::string SnapshotNumber(int64_t images, int64_t batch) {
  const std::string thousands = absl::StrFormat("%06d", images / 1000);
  const bool first = images < batch || (images - batch) / 1000 != images / 1000;
  return first ? thousands : absl::StrFormat("%s_%03d", thousands, images % 1000);
}

bool IsRunDirectory(const std::string& path) {
  const std::string file = absl::StrCat(path, "/", kOptions);
  const absl::StatusOr<bool> regular = io::IsRegularFile(file);
  if (!regular.ok() || !*regular) return false;
  const absl::StatusOr<std::string> text = io::ReadFile(file, kMaxOptionsBytes);
  if (!text.ok()) return false;
  // NVIDIA's file of that name describes its networks as "G_kwargs" and "D_kwargs".
  const nlohmann::json options = nlohmann::json::parse(*text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  return options.is_object() && options.contains("model") && options["model"].is_object();
}

std::optional<int64_t> RunNumber(const std::string& name) {
  // Just as many digits as Create writes. More would let the copy "20240131-backup" count as the last run.
  const absl::string_view digits = absl::string_view(name).substr(0, kRunDigits);
  int64_t number;
  if (name.size() <= kRunDigits || name[kRunDigits] != '-' || !IsDecimal(digits) ||
      !absl::SimpleAtoi(digits, &number)) {
    return std::nullopt;
  }
  return number;
}

std::vector<std::string> ListCheckpoints(const std::string& directory) {
  std::vector<std::string> paths;
  const absl::StatusOr<NumberedPaths> checkpoints = NumberedCheckpoints(directory);
  if (!checkpoints.ok()) return paths;
  for (const auto& [images, path] : *checkpoints) paths.push_back(path);
  return paths;
}

absl::Status NoCheckpoint(const std::string& directory) {
  constexpr size_t kMaxNamed = 3;
  const absl::StatusOr<std::vector<std::string>> names = io::NamesInDirectory(directory);
  if (!names.ok()) return names.status();
  std::vector<std::string> others;
  for (const std::string& name : *names) {
    if (absl::StartsWith(name, kPrefix)) others.push_back(name);
  }
  std::string message = absl::StrCat(directory, ": no checkpoint in this folder");
  for (size_t i = 0; i < std::min(kMaxNamed, others.size()); ++i) {
    absl::StrAppend(&message, i == 0 ? "; these do not count: " : ", ", others[i]);
  }
  if (others.size() > kMaxNamed) absl::StrAppend(&message, " and ", others.size() - kMaxNamed, " more");
  return absl::NotFoundError(message);
}

absl::StatusOr<std::string> CheckpointAt(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return path;
  const absl::StatusOr<NumberedPaths> checkpoints = NumberedCheckpoints(path);
  if (!checkpoints.ok()) return checkpoints.status();
  if (checkpoints->empty()) return NoCheckpoint(path);
  return (*checkpoints)[0].second;
}

absl::StatusOr<std::vector<std::string>> ListStatsFiles(const std::string& directory) {
  const absl::StatusOr<std::vector<std::string>> names = io::NamesInDirectory(directory);
  if (!names.ok()) return names.status();
  std::vector<std::string> files;
  std::copy_if(names->begin(), names->end(), std::back_inserter(files), IsStatsFile);
  return files;
}

std::vector<Sheet> ListSheets(const std::string& directory) {
  std::vector<Sheet> sheets;
  const absl::StatusOr<std::vector<std::string>> names = io::NamesInDirectory(directory);
  if (!names.ok()) return sheets;
  for (const std::string& name : *names) {
    const std::optional<int64_t> images =
        name == kFirstSheet ? std::optional<int64_t>(0) : ImagesIn(name, kSheetPrefix, ".png");
    if (images) sheets.push_back({name, *images});
  }
  const auto age = [](const Sheet& sheet) { return std::make_pair(sheet.images, sheet.name != kFirstSheet); };
  std::stable_sort(sheets.begin(), sheets.end(), [&](const Sheet& a, const Sheet& b) { return age(a) < age(b); });
  return sheets;
}

absl::StatusOr<std::optional<std::string>> TrimmedStats(const std::string& path, int64_t step) {
  const std::optional<std::string> no_change;
  const absl::StatusOr<std::string> stats = io::ReadFile(path, kMaxStatsBytes);
  if (absl::IsNotFound(stats.status())) return no_change;  // nothing was written yet
  if (!stats.ok()) return stats.status();
  if (stats->empty()) return no_change;
  std::string kept;
  for (const absl::string_view line : absl::StrSplit(absl::StripSuffix(*stats, "\n"), '\n')) {
    if (line.size() <= kMaxStatsLine) {
      const nlohmann::json entry = nlohmann::json::parse(line, /*cb=*/nullptr, /*allow_exceptions=*/false);
      // Our lines begin with {" ; a lone { opens a file that another program has written over several lines.
      const bool unfinished = line.data() + line.size() == stats->data() + stats->size();
      const bool torn = entry.is_discarded() && (absl::StartsWith(line, "{\"") || (unfinished && !line.empty()));
      const bool later = IsLineOfRun(entry) && entry["step"].get<uint64_t>() > static_cast<uint64_t>(step);
      if (torn || later) continue;
    }
    absl::StrAppend(&kept, line, "\n");
  }
  if (kept == *stats) return no_change;
  return std::optional<std::string>(std::move(kept));
}

}  // namespace sg::gan
