#include "gan/data/image_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "engine/io/input_file.h"
#include "gan/data/folder.h"

namespace sg::gan {
namespace {

bool HasImageName(absl::string_view path) {
  return absl::EndsWithIgnoreCase(path, ".png") || absl::EndsWithIgnoreCase(path, ".jpg") ||
         absl::EndsWithIgnoreCase(path, ".jpeg");
}

bool IsHidden(absl::string_view path) {
  for (absl::string_view part : absl::StrSplit(path, '/')) {
    if (absl::StartsWith(part, ".") && part != "." && part != "..") return true;
  }
  return false;
}

// File names may contain escape sequences that a terminal would execute.
std::string Printable(absl::string_view s) {
  std::string out;
  for (char c : s) {
    if (absl::ascii_iscntrl(c)) {
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<uint8_t>(c));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ImageSource>> ImageSource::Open(const std::string& path, int64_t max_file_bytes) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return absl::NotFoundError(absl::StrCat(path, " does not exist"));
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  }
  std::unique_ptr<ImageSource> source(new ImageSource());
  source->root_ = path;
  source->max_file_bytes_ = max_file_bytes;
  if (S_ISDIR(info.st_mode)) {
    absl::StatusOr<std::vector<std::string>> files = ListFolder(path);
    if (!files.ok()) return files.status();
    source->Keep(*files);
  } else if (S_ISREG(info.st_mode)) {
    absl::StatusOr<std::unique_ptr<io::ZipArchive>> zip = io::ZipArchive::Open(path);
    if (absl::IsInvalidArgument(zip.status())) {
      return absl::InvalidArgumentError(absl::StrCat(path, " is neither a folder nor a zip archive"));
    }
    if (!zip.ok()) return zip.status();
    source->zip_ = *std::move(zip);
    source->Keep(source->zip_->names());
  } else {
    return absl::InvalidArgumentError(absl::StrCat(path, " is neither a folder nor a zip archive"));
  }

  if (source->entries_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no PNG or JPEG images under ", path, " (", source->other_files_,
                                                   source->other_files_ == 1 ? " other file)" : " other files)"));
  }
  return source;
}

void ImageSource::Keep(const std::vector<std::string>& paths) {
  for (size_t i = 0; i < paths.size(); ++i) {
    if (absl::EndsWith(paths[i], "/") || IsHidden(paths[i])) continue;
    if (HasImageName(paths[i])) {
      entries_.push_back({paths[i], static_cast<int64_t>(i)});
    } else {
      ++other_files_;
    }
  }
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
}

std::string ImageSource::name(int64_t index) const {
  SG_CHECK(index >= 0 && index < size()) << "[ImageSource] image " << index << " of " << size();
  return Printable(entries_[index].path);
}

absl::StatusOr<std::string> ImageSource::Read(int64_t index) const {
  SG_CHECK(index >= 0 && index < size()) << "[ImageSource] image " << index << " of " << size();
  const Entry& entry = entries_[index];
  const std::string path = absl::StrCat(root_, "/", entry.path);
  absl::StatusOr<std::string> bytes =
      zip_ != nullptr ? zip_->Read(entry.zip_index, max_file_bytes_) : io::ReadFile(path, max_file_bytes_);
  if (bytes.ok()) return bytes;
  absl::string_view reason = bytes.status().message();
  absl::ConsumePrefix(&reason, path + ": ");
  return absl::Status(bytes.status().code(), absl::StrCat(name(index), ": ", reason));
}

}  // namespace sg::gan
