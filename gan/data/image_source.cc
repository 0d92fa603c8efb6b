#include "gan/data/image_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "engine/io/input_file.h"
#include "engine/io/printable.h"
#include "gan/data/file_names.h"
#include "gan/data/folder.h"
#include "gan/data/zip_listing.h"
#include "gan/image/decode_jpeg.h"
#include "gan/image/decode_png.h"
#include "gan/image/decode_webp.h"
#include "gan/image/foreign_format.h"
#include "gan/image/own_picture.h"

namespace sg::gan {
namespace {

std::string Count(int64_t count, const std::string& singular, const std::string& plural) {
  return absl::StrCat(count, " ", count == 1 ? singular : plural);
}

// What a file is that is no zip archive, as the rest of a sentence.
std::string OtherFile(const std::string& path) {
  constexpr int64_t kExaminedBytes = 512;
  absl::StatusOr<io::InputFile> file = io::InputFile::Open(path);
  if (file.ok()) {
    std::string start(std::min(file->size(), kExaminedBytes), '\0');
    if (file->ReadAt(0, start.data(), static_cast<int64_t>(start.size())).ok()) {
      if (IsPng(start) || IsJpeg(start) || IsWebp(start)) return "one image: give the folder with all of them";
      const std::string kind = DescribeForeignFile(start);
      if (!kind.empty()) return kind;
    }
  }
  return "neither a folder nor a zip archive";
}

// Whether the file is a picture of this program. One that cannot be read is an image, and its error comes later.
bool IsOwnPictureAt(const std::string& path) {
  if (!absl::EndsWithIgnoreCase(path, ".png")) return false;
  char start[kOwnPictureBytes];
  const absl::StatusOr<io::InputFile> file = io::InputFile::Open(path);
  const absl::StatusOr<int64_t> read = file.ok() ? file->ReadSome(0, start, sizeof(start)) : file.status();
  return read.ok() && IsOwnPicture(absl::string_view(start, static_cast<size_t>(*read)));
}

// Also if its slashes have been merged, as those of a path are.
bool IsUrl(const std::string& path) {
  constexpr const char* kSchemes[] = {"http:/", "https:/", "ftp:/", "file:/", "s3:/", "gs:/", "hf:/"};
  return std::any_of(std::begin(kSchemes), std::end(kSchemes),
                     [&](const char* scheme) { return absl::StrContains(path, scheme); });
}

bool IsPyTorchFile(const io::ZipArchive& zip) {
  return std::any_of(zip.entries().begin(), zip.entries().end(),
                     [](const io::ZipEntry& entry) { return absl::EndsWith(entry.name, "/data.pkl"); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<ImageSource>> ImageSource::Open(const ImageSourceOptions& options) {
  std::unique_ptr<ImageSource> source(new ImageSource());
  source->root_ = options.path;
  source->max_file_bytes_ = options.max_file_bytes;
  absl::Status status = source->List(options);
  if (!status.ok()) return status;
  return source;
}

absl::Status ImageSource::List(const ImageSourceOptions& options) {
  const std::string& path = options.path;
  if (path.empty()) return absl::InvalidArgumentError("no path of a folder or zip archive is given");
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    if (IsUrl(path)) {
      return absl::InvalidArgumentError(absl::StrCat(path, " is a URL: download it, and give the file or the folder"));
    }
    if (errno == ENOENT || errno == ENOTDIR) return absl::NotFoundError(absl::StrCat(path, " does not exist"));
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  }
  ExtensionCount others;
  const auto add = [&](const std::string& name, int64_t zip_index) {
    if (HasImageName(name)) {
      entries_.push_back({name, zip_index});
    } else {
      others.Add(name);
    }
  };
  std::vector<std::string> notes;
  const auto left_out = [&](int64_t count, const std::string& singular, const std::string& plural) {
    if (count > 0) notes.push_back(absl::StrCat(Count(count, singular, plural), " left out"));
  };
  if (S_ISDIR(info.st_mode)) {
    absl::StatusOr<FolderListing> listing = ListFolder(path, options.leave_out);
    if (!listing.ok()) return listing.status();
    int64_t own_pictures = 0;
    for (const std::string& file : listing->files) {
      const bool own = !options.own_pictures && IsOwnPictureAt(absl::StrCat(path, "/", file));
      own_pictures += own ? 1 : 0;
      if (!own) add(file, 0);
    }
    left_out(own_pictures, "picture of this program (--own-pictures takes it)",
             "pictures of this program (--own-pictures takes them)");
    left_out(listing->left_out_folders, "folder of training runs", "folders of training runs");
  } else if (S_ISREG(info.st_mode)) {
    absl::StatusOr<std::unique_ptr<io::ZipArchive>> zip = io::ZipArchive::Open(path);
    if (absl::IsInvalidArgument(zip.status())) {
      return absl::InvalidArgumentError(absl::StrCat(path, " is ", OtherFile(path)));
    }
    if (!zip.ok()) return zip.status();
    zip_ = *std::move(zip);
    const ZipListing listing = ListZip(*zip_);
    for (const ZipFile& file : listing.files) add(file.path, file.index);
    left_out(listing.run_folders, "folder of training runs", "folders of training runs");
    left_out(listing.broken_links, "link that leads to no file of the archive",
             "links that lead to no file of the archive");
    if (listing.repeated_names > 0) {
      notes.push_back(absl::StrCat(Count(listing.repeated_names, "name occurs", "names occur"),
                                   " more than once in the archive: the last file of each name counts"));
    }
  } else {
    return absl::InvalidArgumentError(absl::StrCat(path, " is neither a folder nor a zip archive"));
  }

  const std::string other_files = Count(others.files(), "other file", "other files");
  if (entries_.empty() && zip_ != nullptr && IsPyTorchFile(*zip_)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is a PyTorch file, not a set of images"));
  }
  if (entries_.empty()) {
    notes.insert(notes.begin(), others.files() > 0 ? absl::StrCat(other_files, ": ", others.Text()) : other_files);
    return absl::InvalidArgumentError(
        absl::StrCat("no PNG, JPEG or WebP images under ", path, " (", absl::StrJoin(notes, "; "), ")"));
  }
  if (others.files() > 0) {
    notes.insert(notes.begin(),
                 absl::StrCat(Count(size(), "image", "images"), "; ", other_files, " left out: ", others.Text()));
  }
  notes_ = std::move(notes);
  return absl::OkStatus();
}

std::string ImageSource::name(int64_t index) const {
  SG_CHECK(index >= 0 && index < size()) << "[ImageSource] image " << index << " of " << size();
  return io::Printable(entries_[index].path);
}

std::vector<std::string> ImageSource::Paths() const {
  std::vector<std::string> paths;
  paths.reserve(entries_.size());
  for (const Entry& entry : entries_) paths.push_back(entry.path);
  return paths;
}

int64_t ImageSource::FileBytes(int64_t index) const {
  SG_CHECK(index >= 0 && index < size()) << "[ImageSource] image " << index << " of " << size();
  const Entry& entry = entries_[index];
  if (zip_ != nullptr) return zip_->entries()[entry.zip_index].bytes;
  struct stat info;
  return stat(absl::StrCat(root_, "/", entry.path).c_str(), &info) == 0 ? info.st_size : -1;
}

absl::StatusOr<std::string> ImageSource::Read(int64_t index) const {
  SG_CHECK(index >= 0 && index < size()) << "[ImageSource] image " << index << " of " << size();
  return ReadEntry(entries_[index], max_file_bytes_);
}

absl::StatusOr<std::string> ImageSource::ReadOther(const std::string& name, int64_t max_bytes) const {
  if (zip_ == nullptr) return ReadEntry({name, 0}, max_bytes);
  const std::vector<io::ZipEntry>& entries = zip_->entries();
  for (size_t i = entries.size(); i-- > 0;) {  // the last of a name counts
    if (entries[i].name == name && entries[i].kind == io::ZipEntryKind::kFile) {
      return ReadEntry({name, static_cast<int64_t>(i)}, max_bytes);
    }
  }
  return absl::NotFoundError(absl::StrCat(name, " does not exist"));
}

absl::StatusOr<std::string> ImageSource::ReadEntry(const Entry& entry, int64_t max_bytes) const {
  const std::string path = absl::StrCat(root_, "/", entry.path);
  absl::StatusOr<std::string> bytes =
      zip_ != nullptr ? zip_->Read(entry.zip_index, max_bytes) : io::ReadFile(path, max_bytes);
  if (bytes.ok()) return bytes;
  absl::string_view reason = bytes.status().message();
  absl::ConsumePrefix(&reason, path + ": ");
  return absl::Status(bytes.status().code(), absl::StrCat(io::Printable(entry.path), ": ", reason));
}

}  // namespace sg::gan
