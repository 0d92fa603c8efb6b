#include "gan/train/run_directory.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/io/atomic_file.h"
#include "engine/io/directory.h"
#include "engine/io/input_file.h"
#include "engine/io/output_file.h"
#include "engine/io/retry_on_eintr.h"
#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "network-snapshot-";
constexpr char kSuffix[] = ".safetensors";
constexpr char kSuperseded[] = ".superseded";  // follows kSuffix; the file no longer counts as a checkpoint

absl::Status Error(const std::string& path, const std::string& what, int error) {
  return absl::UnavailableError(absl::StrCat(path, ": ", what, ": ", std::strerror(error)));
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  return names;
}

// The number that a run's name begins with, or -1.
int64_t LeadingNumber(const std::string& name) {
  const size_t digits = name.find_first_not_of("0123456789");
  int64_t number;
  if (digits == std::string::npos || name[digits] != '-' || !absl::SimpleAtoi(name.substr(0, digits), &number))
    return -1;
  return number;
}

// The number between `prefix` and `suffix`, or nullopt if the name is not of that form.
std::optional<int64_t> NumberIn(absl::string_view name, absl::string_view prefix, absl::string_view suffix) {
  int64_t number;
  if (!absl::ConsumePrefix(&name, prefix) || !absl::ConsumeSuffix(&name, suffix) || !absl::SimpleAtoi(name, &number)) {
    return std::nullopt;
  }
  return number;
}

// Whether a run replaces the file of this name atomically, which may leave a temporary file behind.
bool IsReplacedByRuns(absl::string_view name) {
  for (const char* ours : {"training_options.json", "stats.jsonl", "reals.png", "fakes_init.png"}) {
    if (name == ours) return true;
  }
  return NumberIn(name, kPrefix, kSuffix).has_value() || NumberIn(name, "fakes", ".png").has_value();
}

// The checkpoints in a folder with the kimg of their names, newest first.
std::vector<std::pair<int64_t, std::string>> NumberedCheckpoints(const std::string& directory) {
  std::vector<std::pair<int64_t, std::string>> found;
  for (const std::string& name : NamesIn(directory)) {
    const std::optional<int64_t> kimg = NumberIn(name, kPrefix, kSuffix);
    if (kimg) found.emplace_back(*kimg, absl::StrCat(directory, "/", name));
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

int64_t NextNumber(const std::string& outdir) {
  int64_t highest = -1;
  for (const std::string& name : NamesIn(outdir)) highest = std::max(highest, LeadingNumber(name));
  return highest + 1;
}

}  // namespace

absl::StatusOr<RunDirectory> RunDirectory::Create(const std::string& outdir, const std::string& description) {
  std::error_code error;
  fs::create_directories(outdir, error);
  if (error) return Error(outdir, "cannot make the folder", error.value());
  // Locked while the number is chosen: with mkdir alone, runs of different descriptions may take the same number.
  const absl::StatusOr<io::ScopedFd> turn = io::OpenDirectory(outdir);
  if (!turn.ok()) return turn.status();
  if (io::RetryOnEintr([&] { return flock(turn->get(), LOCK_EX); }) != 0) {
    return Error(outdir, "cannot lock the folder", errno);
  }
  const std::string path = absl::StrFormat("%s/%05d-%s", outdir, NextNumber(outdir), description);
  if (mkdir(path.c_str(), 0777) != 0) return Error(path, "cannot make the folder", errno);
  return Lock(path);
}

absl::StatusOr<RunDirectory> RunDirectory::Open(const std::string& path) {
  absl::StatusOr<RunDirectory> run = Lock(path);
  if (!run.ok()) return run;
  for (const std::string& name : NamesIn(path)) {
    const std::optional<absl::string_view> target = io::TargetOfTemporary(name);
    if (target && IsReplacedByRuns(*target)) unlink(run->File(name).c_str());
  }
  return run;
}

absl::StatusOr<RunDirectory> RunDirectory::Lock(const std::string& path) {
  absl::StatusOr<io::ScopedFd> lock = io::OpenDirectory(path);
  if (!lock.ok()) return lock.status();
  if (flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return absl::UnavailableError(absl::StrCat(path, ": another process is training there"));
    return Error(path, "cannot lock the folder", errno);
  }
  return RunDirectory(path, *std::move(lock));
}

std::string RunDirectory::CheckpointPath(int64_t kimg) const {
  return File(absl::StrFormat("%s%06d%s", kPrefix, kimg, kSuffix));
}

absl::Status RunDirectory::PruneCheckpoints(int keep) const {
  const std::vector<std::string> checkpoints = ListCheckpoints(path_);
  for (size_t i = keep; i < checkpoints.size(); ++i) {
    if (unlink(checkpoints[i].c_str()) != 0) return Error(checkpoints[i], "cannot remove it", errno);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> RunDirectory::SetAsideCheckpointsAfter(int64_t kimg) const {
  std::vector<std::string> renamed;
  for (const auto& [number, path] : NumberedCheckpoints(path_)) {
    if (number <= kimg) break;
    const std::string aside = path + kSuperseded;
    if (rename(path.c_str(), aside.c_str()) != 0) return Error(path, "cannot rename it", errno);
    renamed.push_back(aside);
  }
  if (renamed.empty()) return renamed;
  const absl::Status durable = io::SyncDirectory(lock_, absl::StrCat(path_, ": cannot sync the folder"));
  if (!durable.ok()) return durable;
  return renamed;
}

absl::Status RunDirectory::AppendLine(const std::string& name, absl::string_view line) const {
  absl::StatusOr<io::OutputFile> file = io::OutputFile::Open(File(name), io::OutputFile::Mode::kAppend);
  if (!file.ok()) return file.status();
  // In one piece: a killed process leaves at most the last line torn.
  if (absl::Status status = file->Append(absl::StrCat(line, "\n")); !status.ok()) return status;
  return file->Close();
}

std::vector<std::string> ListCheckpoints(const std::string& directory) {
  std::vector<std::string> paths;
  for (auto& [kimg, path] : NumberedCheckpoints(directory)) paths.push_back(std::move(path));
  return paths;
}

absl::StatusOr<std::string> CheckpointAt(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return path;
  const std::vector<std::string> checkpoints = ListCheckpoints(path);
  if (checkpoints.empty()) return absl::NotFoundError(absl::StrCat(path, ": no checkpoint in this folder"));
  return checkpoints[0];
}

absl::Status TrimStats(const std::string& path, int64_t step) {
  const absl::StatusOr<std::string> stats = io::ReadFile(path, std::numeric_limits<int64_t>::max());
  if (absl::IsNotFound(stats.status())) return absl::OkStatus();  // nothing was written yet
  if (!stats.ok()) return stats.status();
  std::string kept;
  for (const absl::string_view line : absl::StrSplit(*stats, '\n')) {
    const nlohmann::json entry = nlohmann::json::parse(line, /*cb=*/nullptr, /*allow_exceptions=*/false);
    if (!entry.is_object() || !entry.contains("step") || !entry["step"].is_number_integer()) continue;
    if (entry["step"].get<int64_t>() <= step) absl::StrAppend(&kept, line, "\n");
  }
  return io::WriteFileAtomically(path, kept);
}

}  // namespace sg::gan
