#include "engine/io/zip_archive.h"

#include <zip.h>

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "engine/io/input_file.h"

namespace sg::io {
namespace {

// Deflate shrinks data by a factor of up to 1032. Images are compressed already and come nowhere near.
constexpr uint64_t kMaxRatio = 1000;
constexpr uint64_t kRatioSlack = uint64_t{1} << 20;

std::string Describe(zip_error_t* error) { return zip_error_strerror(error); }

absl::Status Failure(const std::string& path, zip_error_t* error) {
  const int code = zip_error_code_zip(error);
  const std::string reason = Describe(error);
  zip_error_fini(error);
  if (code == ZIP_ER_MEMORY) return absl::UnavailableError(absl::StrCat("no memory to read ", path));
  if (code == ZIP_ER_NOENT) return absl::NotFoundError(absl::StrCat(path, " does not exist"));
  return absl::DataLossError(absl::StrCat(path, " cannot be read as a zip archive: ", reason));
}

absl::Status EntryFailure(absl::string_view what, zip_error_t* error) {
  if (zip_error_code_zip(error) == ZIP_ER_MEMORY) return absl::UnavailableError("no memory to read it");
  return absl::DataLossError(absl::StrCat(what, Describe(error)));
}

// Without ZIP_CHECKCONS, which refuses archives whose local headers differ from the directory. Those written to a pipe
// and those of macOS do.
absl::StatusOr<zip_t*> OpenHandle(const std::string& path, int64_t prefix) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_file_create(path.c_str(), prefix, -1, &error);
  if (source == nullptr) return Failure(path, &error);
  zip_t* handle = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (handle == nullptr) {
    zip_source_free(source);
    return Failure(path, &error);
  }
  zip_error_fini(&error);
  return handle;
}

std::string MethodName(int method) {
  switch (method) {
    case 1: return "Shrink";
    case 6: return "Implode";
    case ZIP_CM_DEFLATE64: return "Deflate64";
    case ZIP_CM_BZIP2: return "bzip2";
    case ZIP_CM_LZMA: return "LZMA";
    case 93: return "Zstandard";
    case ZIP_CM_XZ: return "XZ";
    case 96: return "a method for JPEG";
    case ZIP_CM_PPMD: return "PPMd";
    default: return absl::StrCat("method ", method);
  }
}

constexpr char kRemedy[] = "unpack the archive and give the folder, or pack it again with \"zip -r\"";

}  // namespace

absl::StatusOr<std::unique_ptr<ZipArchive>> ZipArchive::Open(const std::string& path) {
  absl::StatusOr<InputFile> file = InputFile::Open(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<ZipDirectory> directory = ReadZipDirectory(*file);
  if (!directory.ok()) return directory.status();
  absl::StatusOr<zip_t*> handle = OpenHandle(path, directory->prefix);
  if (!handle.ok()) return handle.status();
  std::unique_ptr<ZipArchive> archive(new ZipArchive(path));
  archive->prefix_ = directory->prefix;
  archive->idle_.push_back(*handle);
  const zip_int64_t count = zip_get_num_entries(*handle, 0);
  if (count != static_cast<zip_int64_t>(directory->kinds.size())) {
    return absl::DataLossError(absl::StrCat(path, " is damaged: it has two directories"));
  }
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name = zip_get_name(*handle, i, 0);
    if (name == nullptr) return absl::DataLossError(absl::StrCat(path, " has an entry (", i, ") without a name"));
    zip_stat_t info;
    const bool has_size = zip_stat_index(*handle, i, 0, &info) == 0 && (info.valid & ZIP_STAT_SIZE) != 0;
    const auto bytes = static_cast<int64_t>(has_size ? std::min<zip_uint64_t>(info.size, INT64_MAX) : 0);
    archive->entries_.push_back({name, directory->kinds[i], bytes});
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
  return OpenHandle(path_, prefix_);
}

void ZipArchive::ReturnHandle(zip_t* handle) const {
  std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(handle);
}

absl::StatusOr<std::string> ZipArchive::Read(int64_t index, int64_t max_bytes) const {
  SG_CHECK(index >= 0 && index < static_cast<int64_t>(entries_.size()))
      << "[ZipArchive] entry " << index << " of " << entries_.size();
  absl::StatusOr<zip_t*> taken = TakeHandle();
  if (!taken.ok()) return taken.status();
  zip_t* handle = *taken;
  absl::Cleanup give_back = [&] { ReturnHandle(handle); };

  zip_stat_t info;
  if (zip_stat_index(handle, index, 0, &info) != 0) {
    return EntryFailure("cannot be read: ", zip_get_error(handle));
  }
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((info.valid & kNeeded) != kNeeded) return absl::DataLossError("has no size in the archive's directory");
  if (entries_[index].name != info.name)
    return absl::DataLossError("is no longer in the archive: it changed while in use");
  if (info.encryption_method != ZIP_EM_NONE) {
    return absl::InvalidArgumentError(absl::StrCat("is encrypted: ", kRemedy));
  }
  if (zip_compression_method_supported(info.comp_method, /*compress=*/0) == 0) {
    return absl::UnimplementedError(
        absl::StrCat("is packed with ", MethodName(info.comp_method), ", which is not supported: ", kRemedy));
  }
  if (info.size > static_cast<uint64_t>(max_bytes)) {
    return absl::ResourceExhaustedError(absl::StrCat("is ", info.size, " bytes, more than ", max_bytes));
  }
  if (info.size > kRatioSlack && info.size / kMaxRatio > info.comp_size) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "is packed ", info.size / (info.comp_size > 0 ? info.comp_size : 1), " times, which looks like a zip bomb"));
  }

  zip_file_t* file = zip_fopen_index(handle, index, 0);
  if (file == nullptr) return EntryFailure("cannot be read: ", zip_get_error(handle));
  absl::Cleanup close_file = [file] { zip_fclose(file); };
  std::string bytes(info.size, '\0');
  uint64_t length = 0;
  while (length < info.size) {
    const zip_int64_t count = zip_fread(file, &bytes[length], info.size - length);
    if (count < 0) return EntryFailure("cannot be read: ", zip_file_get_error(file));
    if (count == 0) return absl::DataLossError("is truncated");
    length += count;
  }
  // libzip compares the CRC only in the read that reaches the end.
  char extra;
  const zip_int64_t past_end = zip_fread(file, &extra, 1);
  if (past_end < 0) return EntryFailure("is damaged: ", zip_file_get_error(file));
  if (past_end > 0) return absl::DataLossError("is longer than the archive's directory says");
  return bytes;
}

}  // namespace sg::io
