#include "engine/io/zip_archive.h"

#include <zip.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace sg::io {
namespace {

// Deflate shrinks data by a factor of up to 1032. Images are compressed already and come nowhere near.
constexpr uint64_t kMaxRatio = 1000;
constexpr uint64_t kRatioSlack = uint64_t{1} << 20;

std::string Describe(zip_error_t* error) { return zip_error_strerror(error); }

absl::StatusOr<zip_t*> OpenHandle(const std::string& path) {
  int code = 0;
  zip_t* handle = zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code);
  if (handle != nullptr) return handle;
  if (code == ZIP_ER_NOZIP) return absl::InvalidArgumentError(absl::StrCat(path, " is not a zip archive"));
  if (code == ZIP_ER_NOENT) return absl::NotFoundError(absl::StrCat(path, " does not exist"));
  if (code == ZIP_ER_EXISTS) {
    return absl::DataLossError(absl::StrCat(path, " is damaged: two of its entries have the same name"));
  }
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string reason = Describe(&error);
  zip_error_fini(&error);
  return absl::DataLossError(absl::StrCat(path, " cannot be read as a zip archive: ", reason));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ZipArchive>> ZipArchive::Open(const std::string& path) {
  absl::StatusOr<zip_t*> handle = OpenHandle(path);
  if (!handle.ok()) return handle.status();
  std::unique_ptr<ZipArchive> archive(new ZipArchive(path));
  archive->idle_.push_back(*handle);
  const zip_int64_t count = zip_get_num_entries(*handle, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name = zip_get_name(*handle, i, 0);
    if (name == nullptr) return absl::DataLossError(absl::StrCat(path, " has an entry (", i, ") without a name"));
    archive->names_.emplace_back(name);
  }
  return archive;
}

ZipArchive::~ZipArchive() {
  for (zip_t* handle : idle_) zip_discard(handle);
}

absl::StatusOr<zip_t*> ZipArchive::TakeHandle() const {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      zip_t* handle = idle_.back();
      idle_.pop_back();
      return handle;
    }
  }
  return OpenHandle(path_);
}

void ZipArchive::ReturnHandle(zip_t* handle) const {
  std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(handle);
}

absl::StatusOr<std::string> ZipArchive::Read(int64_t index, int64_t max_bytes) const {
  SG_CHECK(index >= 0 && index < static_cast<int64_t>(names_.size()))
      << "[ZipArchive] entry " << index << " of " << names_.size();
  absl::StatusOr<zip_t*> taken = TakeHandle();
  if (!taken.ok()) return taken.status();
  zip_t* handle = *taken;
  absl::Cleanup give_back = [&] { ReturnHandle(handle); };

  zip_stat_t info;
  if (zip_stat_index(handle, index, 0, &info) != 0) {
    return absl::DataLossError(absl::StrCat("cannot be read: ", Describe(zip_get_error(handle))));
  }
  constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_ENCRYPTION_METHOD;
  if ((info.valid & kNeeded) != kNeeded) return absl::DataLossError("has no size in the archive's directory");
  if (names_[index] != info.name) return absl::DataLossError("is no longer in the archive: it changed while in use");
  if (info.encryption_method != ZIP_EM_NONE) return absl::InvalidArgumentError("is encrypted");
  if (info.size > static_cast<uint64_t>(max_bytes)) {
    return absl::ResourceExhaustedError(absl::StrCat("is ", info.size, " bytes, more than ", max_bytes));
  }
  if (info.size > kRatioSlack && info.size / kMaxRatio > info.comp_size) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "is packed ", info.size / (info.comp_size > 0 ? info.comp_size : 1), " times, which looks like a zip bomb"));
  }

  zip_file_t* file = zip_fopen_index(handle, index, 0);
  if (file == nullptr) return absl::DataLossError(absl::StrCat("cannot be read: ", Describe(zip_get_error(handle))));
  absl::Cleanup close_file = [file] { zip_fclose(file); };
  std::string bytes(info.size, '\0');
  uint64_t length = 0;
  while (length < info.size) {
    const zip_int64_t count = zip_fread(file, &bytes[length], info.size - length);
    if (count < 0) return absl::DataLossError(absl::StrCat("cannot be read: ", Describe(zip_file_get_error(file))));
    if (count == 0) return absl::DataLossError("is truncated");
    length += count;
  }
  // libzip compares the CRC only in the read that reaches the end.
  char extra;
  const zip_int64_t past_end = zip_fread(file, &extra, 1);
  if (past_end < 0) return absl::DataLossError(absl::StrCat("is damaged: ", Describe(zip_file_get_error(file))));
  if (past_end > 0) return absl::DataLossError("is longer than the archive's directory says");
  return bytes;
}

}  // namespace sg::io
