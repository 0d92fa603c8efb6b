#include "gan/data/convert/dataset_writer.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/io/atomic_file.h"
#include "engine/io/directory.h"
#include "engine/io/output_file.h"
#include "engine/io/zip_directory.h"
#include "engine/io/zip_writer.h"
#include "gan/data/source_labels.h"
#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kImagesInFolder = 1000;
constexpr int64_t kMaxImages = 100'000'000;  // the eight digits of a name

class ZipSink final : public DatasetSink {
 public:
  explicit ZipSink(io::AtomicFileWriter file) : file_(std::move(file)), zip_(&file_) {}

  absl::Status Write(const std::string& name, absl::string_view bytes) override { return zip_.Add(name, bytes); }
  absl::Status Finish() override {
    const absl::Status status = zip_.Finish();
    return status.ok() ? file_.Commit() : status;
  }

 private:
  io::AtomicFileWriter file_;
  io::ZipWriter zip_;
};

class FolderSink final : public DatasetSink {
 public:
  FolderSink(std::string path, std::string temporary) : path_(std::move(path)), temporary_(std::move(temporary)) {}
  ~FolderSink() override {
    std::error_code ignored;
    if (!finished_) fs::remove_all(temporary_, ignored);
  }

  absl::Status Write(const std::string& name, absl::string_view bytes) override {
    const size_t slash = name.find('/');
    if (slash != std::string::npos && name.substr(0, slash) != folder_) {
      folder_ = name.substr(0, slash);
      const absl::Status made = io::MakeDirectory(absl::StrCat(temporary_, "/", folder_));
      if (!made.ok()) return made;
    }
    absl::StatusOr<io::OutputFile> file =
        io::OutputFile::Open(absl::StrCat(temporary_, "/", name), io::OutputFile::Mode::kReplace);
    if (!file.ok()) return file.status();
    const absl::Status status = file->Append(bytes);
    return status.ok() ? file->Close() : status;
  }

  absl::Status Finish() override {
    absl::StatusOr<io::ScopedFd> folder = io::OpenDirectory(temporary_);
    if (!folder.ok()) return folder.status();
    // One call for all files: an fsync of each would take minutes.
    absl::Status status = io::SyncFileSystem(*folder, absl::StrCat(path_, ": cannot sync the files"));
    if (!status.ok()) return status;
    status = io::RenameFile(temporary_, path_);  // over an empty folder, if there is one
    if (!status.ok()) return status;
    finished_ = true;
    const std::string parent = fs::path(path_).parent_path().string();
    absl::StatusOr<io::ScopedFd> above = io::OpenDirectory(parent.empty() ? "." : parent);
    if (!above.ok()) return above.status();
    return io::SyncDirectory(*above, absl::StrCat(path_, ": cannot sync the folder above"));
  }

 private:
  const std::string path_, temporary_;
  std::string folder_;  // the last that was made
  bool finished_ = false;
};

absl::Status MakeParent(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? absl::OkStatus() : io::MakeDirectories(parent);
}

absl::StatusOr<std::unique_ptr<DatasetSink>> OpenFolder(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  std::error_code error;
  if (fs::exists(fs::symlink_status(path, error))) {
    if (fs::is_symlink(path, error)) {
      return absl::AlreadyExistsError(absl::StrCat(path, " is a link; give the folder itself"));
    }
    if (!fs::is_directory(path, error)) {
      return absl::AlreadyExistsError(absl::StrCat(path, " is no folder; for an archive, the name must end in .zip"));
    }
    const absl::StatusOr<std::vector<std::string>> names = io::NamesInDirectory(path);
    if (!names.ok()) return names.status();
    if (!names->empty()) {
      return absl::AlreadyExistsError(absl::StrCat(path, " is not empty; give a folder that does not exist"));
    }
  }
  absl::Status made = MakeParent(path);
  if (!made.ok()) return made;
  while (true) {
    const std::string temporary = io::TemporaryName(path);
    made = io::MakeDirectory(temporary);
    if (made.ok()) return std::make_unique<FolderSink>(std::move(path), temporary);
    if (!absl::IsAlreadyExists(made)) return made;
  }
}

}  // namespace

DatasetWriter::DatasetWriter(std::unique_ptr<DatasetSink> sink, int64_t max_images, bool labels)
    : sink_(std::move(sink)), max_images_(max_images), labels_(labels) {}

absl::StatusOr<std::unique_ptr<DatasetWriter>> DatasetWriter::Open(const std::string& path, bool labels) {
  if (!absl::EndsWithIgnoreCase(path, ".zip")) {
    absl::StatusOr<std::unique_ptr<DatasetSink>> folder = OpenFolder(path);
    if (!folder.ok()) return folder.status();
    return std::unique_ptr<DatasetWriter>(new DatasetWriter(*std::move(folder), kMaxImages, labels));
  }
  const absl::Status made = MakeParent(path);
  if (!made.ok()) return made;
  absl::StatusOr<io::AtomicFileWriter> file = io::AtomicFileWriter::Open(path);
  if (!file.ok()) return file.status();
  auto sink = std::make_unique<ZipSink>(*std::move(file));
  return std::unique_ptr<DatasetWriter>(new DatasetWriter(std::move(sink), io::kMaxZipEntries - 1, labels));
}

absl::Status DatasetWriter::Add(absl::string_view png, const PictureLabel& label) {
  if (images_ == max_images_) {
    error_ = absl::ResourceExhaustedError(
        absl::StrCat("there are more than ", max_images_, " images, the most that such a set can have"));
    return error_;
  }
  const std::string name = absl::StrFormat("%05d/img%08d.png", images_ / kImagesInFolder, images_);
  error_ = sink_->Write(name, png);
  if (!error_.ok()) return error_;
  ++images_;
  if (!labels_) return absl::OkStatus();
  if (label.class_number >= 0) {
    absl::StrAppend(&json_, json_.empty() ? "" : ", ", "[\"", name, "\", ", label.class_number, "]");
  } else {
    // Nine digits give the same float back.
    const std::string numbers = absl::StrJoin(
        label.numbers, ", ", [](std::string* out, float number) { absl::StrAppendFormat(out, "%.9g", number); });
    absl::StrAppend(&json_, json_.empty() ? "" : ", ", "[\"", name, "\", [", numbers, "]]");
  }
  return absl::OkStatus();
}

absl::Status DatasetWriter::Finish() {
  std::string names;
  if (labels_ && !class_names_.empty()) {
    // Folders may have any names. What is not UTF-8 in them cannot be in JSON.
    names = absl::StrCat(", \"class_names\": ",
                         nlohmann::json(class_names_).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  const std::string json =
      labels_ ? absl::StrCat("{\"labels\": [", json_, "]", names, "}\n") : std::string("{\"labels\": null}\n");
  error_ = sink_->Write(kLabelFile, json);
  if (error_.ok()) error_ = sink_->Finish();
  return error_;
}

}  // namespace sg::gan
