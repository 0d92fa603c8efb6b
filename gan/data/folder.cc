#include "gan/data/folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sg::gan {
namespace {

namespace fs = std::filesystem;

using FolderId = std::pair<dev_t, ino_t>;

absl::StatusOr<FolderId> IdOf(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read the folder ", path));
  }
  return FolderId(info.st_dev, info.st_ino);
}

// The entries of one folder in byte order of their names. The walk must not depend on the order of the file system,
// since it decides which of two links to a folder is followed.
absl::StatusOr<std::vector<fs::directory_entry>> SortedEntries(const std::string& path) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) entries.push_back(*it);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot read the folder ", path));
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool HoldsRun(const std::vector<fs::directory_entry>& entries) {
  return std::any_of(entries.begin(), entries.end(),
                     [](const fs::directory_entry& entry) { return entry.path().filename() == kRunMarker; });
}

}  // namespace

absl::StatusOr<FolderListing> ListFolder(const std::string& root, const std::vector<std::string>& leave_out) {
  FolderListing listing;
  std::set<FolderId> seen, left_out;
  for (const std::string& path : leave_out) {
    absl::StatusOr<FolderId> id = IdOf(path);
    if (id.ok()) left_out.insert(*id);
  }
  std::vector<std::string> pending = {""};  // relative paths, empty or ending in '/'; the next one is last
  while (!pending.empty()) {
    const std::string prefix = std::move(pending.back());
    pending.pop_back();
    const std::string path = prefix.empty() ? root : absl::StrCat(root, "/", prefix);
    absl::StatusOr<FolderId> id = IdOf(path);
    if (!id.ok()) return id.status();
    if (!seen.insert(*id).second) continue;
    if (!prefix.empty() && left_out.count(*id) > 0) {
      ++listing.left_out_folders;
      continue;
    }
    absl::StatusOr<std::vector<fs::directory_entry>> entries = SortedEntries(path);
    if (!entries.ok()) return entries.status();
    if (!prefix.empty() && HoldsRun(*entries)) {
      ++listing.left_out_folders;
      continue;
    }
    const size_t first_pending = pending.size();
    for (const fs::directory_entry& entry : *entries) {
      const std::string name = entry.path().filename().string();
      if (name.front() == '.') continue;
      std::error_code error;
      const fs::file_status status = entry.status(error);
      if (fs::is_directory(status)) {
        pending.push_back(absl::StrCat(prefix, name, "/"));
      } else if (!fs::is_other(status)) {
        listing.files.push_back(absl::StrCat(prefix, name));
      }
    }
    std::reverse(pending.begin() + first_pending, pending.end());
  }
  std::sort(listing.files.begin(), listing.files.end());
  return listing;
}

}  // namespace sg::gan
