#include "gan/data/zip_listing.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gan/data/folder.h"

namespace sg::gan {
namespace {

constexpr int64_t kMaxTargetBytes = 4096;  // PATH_MAX of Linux
constexpr int kMaxHops = 8;

std::vector<absl::string_view> Parts(absl::string_view path) { return absl::StrSplit(path, absl::ByAnyChar("/\\")); }

bool IsHidden(absl::string_view path) {
  for (absl::string_view part : Parts(path)) {
    if (absl::StartsWith(part, ".") && part != "." && part != "..") return true;
  }
  return false;
}

// The name of the entry to which a link leads, or null if that is outside of the archive.
std::optional<std::string> Target(absl::string_view link, absl::string_view target) {
  if (absl::StartsWith(target, "/")) return std::nullopt;
  std::vector<absl::string_view> parts = Parts(link);
  parts.pop_back();
  for (absl::string_view part : absl::StrSplit(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return std::nullopt;
    } else {
      parts.pop_back();
    }
  }
  return absl::StrJoin(parts, "/");
}

using Indices = std::map<std::string, int64_t>;

// The entry with the bytes of entry `index`, or null if a link leads nowhere.
std::optional<int64_t> Follow(const io::ZipArchive& archive, const Indices& indices, int64_t index) {
  for (int hop = 0; hop < kMaxHops; ++hop) {
    const io::ZipEntry& entry = archive.entries()[index];
    if (entry.kind == io::ZipEntryKind::kFile) return index;
    if (entry.kind != io::ZipEntryKind::kLink) return std::nullopt;
    const absl::StatusOr<std::string> target = archive.Read(index, kMaxTargetBytes);
    if (!target.ok()) return std::nullopt;
    const std::optional<std::string> name = Target(entry.name, *target);
    const auto found = name.has_value() ? indices.find(*name) : indices.end();
    if (found == indices.end()) return std::nullopt;
    index = found->second;
  }
  return std::nullopt;
}

// The folders that hold a training run, with the separator at the end.
std::set<std::string, std::less<>> RunFolders(const Indices& indices) {
  std::set<std::string, std::less<>> folders;
  for (const auto& [path, index] : indices) {
    const size_t slash = path.find_last_of("/\\");
    if (slash != std::string::npos && path.substr(slash + 1) == kRunMarker) folders.insert(path.substr(0, slash + 1));
  }
  return folders;
}

bool IsInside(absl::string_view path, const std::set<std::string, std::less<>>& folders) {
  if (folders.empty()) return false;
  for (size_t i = path.find_first_of("/\\"); i != absl::string_view::npos; i = path.find_first_of("/\\", i + 1)) {
    if (folders.find(path.substr(0, i + 1)) != folders.end()) return true;
  }
  return false;
}

}  // namespace

ZipListing ListZip(const io::ZipArchive& archive) {
  ZipListing listing;
  Indices indices;
  std::set<absl::string_view> repeated;
  for (size_t i = 0; i < archive.entries().size(); ++i) {
    const io::ZipEntry& entry = archive.entries()[i];
    if (entry.kind == io::ZipEntryKind::kFolder || entry.kind == io::ZipEntryKind::kOther) continue;
    const auto [at, is_new] = indices.insert_or_assign(entry.name, static_cast<int64_t>(i));
    if (!is_new && !IsHidden(entry.name)) repeated.insert(at->first);
  }
  listing.repeated_names = static_cast<int64_t>(repeated.size());
  const std::set<std::string, std::less<>> runs = RunFolders(indices);
  listing.run_folders = static_cast<int64_t>(runs.size());
  for (const auto& [path, index] : indices) {
    if (IsHidden(path) || IsInside(path, runs)) continue;
    const std::optional<int64_t> file = Follow(archive, indices, index);
    if (file.has_value()) {
      listing.files.push_back({path, *file});
    } else {
      ++listing.broken_links;
    }
  }
  return listing;
}

}  // namespace sg::gan
