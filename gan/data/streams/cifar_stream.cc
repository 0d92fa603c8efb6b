#include "gan/data/streams/cifar_stream.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/io/byte_stream.h"
#include "engine/io/directory.h"
#include "engine/io/input_file.h"
#include "engine/io/printable.h"
#include "engine/io/tar_reader.h"
#include "gan/data/streams/cifar_batch.h"

namespace sg::gan {
namespace {

// CIFAR-100's "train" for Python has 155 MB.
constexpr int64_t kMaxBatchBytes = int64_t{256} << 20;
constexpr int64_t kMaxParts = 100;

enum class Kind { kPython, kBinary10, kBinary100 };

int64_t LabelBytes(Kind kind) { return kind == Kind::kBinary100 ? 2 : 1; }  // CIFAR-100: the coarse one first

struct Part {
  std::string name;    // in the archive, or the file's path
  int64_t entry = -1;  // the number in the archive; -1 for a file
  int64_t order = 0;
  Kind kind = Kind::kPython;
  int64_t pictures = 0;
};

absl::string_view BaseName(absl::string_view path) { return path.substr(path.rfind('/') + 1); }

// The part that a file of this name is, or null.
std::optional<Part> PartOf(absl::string_view name, CifarSplit split) {
  Part part;
  part.name = std::string(name);
  absl::string_view base = BaseName(name);
  const bool binary = absl::ConsumeSuffix(&base, ".bin");
  if (base == (split == CifarSplit::kTrain ? "train" : "test")) {
    part.kind = binary ? Kind::kBinary100 : Kind::kPython;
    return part;
  }
  part.kind = binary ? Kind::kBinary10 : Kind::kPython;
  if (split == CifarSplit::kTest) return base == "test_batch" ? std::make_optional(part) : std::nullopt;
  if (!absl::ConsumePrefix(&base, "data_batch_") || !absl::SimpleAtoi(base, &part.order)) return std::nullopt;
  return part;
}

class CifarStream final : public PictureStream {
 public:
  explicit CifarStream(std::string path) : path_(std::move(path)) {}

  absl::Status OpenTar(CifarSplit split) {
    absl::StatusOr<io::TarReader> tar = io::TarReader::Open(path_);
    if (!tar.ok()) return tar.status();
    io::TarEntry entry;
    for (int64_t number = 0;; ++number) {
      const absl::StatusOr<bool> more = tar->Next(&entry);
      if (!more.ok()) return more.status();
      if (!*more) return Finish();
      std::optional<Part> part = entry.is_file ? PartOf(entry.name, split) : std::nullopt;
      if (!part) continue;
      part->entry = number;
      const absl::Status added = Add(*std::move(part), entry.bytes, [&] { return tar->ReadAll(kMaxBatchBytes); });
      if (!added.ok()) return added;
    }
  }

  absl::Status OpenFolder(CifarSplit split) {
    const absl::StatusOr<std::vector<std::string>> names = io::NamesInDirectory(path_);
    if (!names.ok()) return names.status();
    for (const std::string& name : *names) {
      std::optional<Part> part = PartOf(absl::StrCat(path_, "/", name), split);
      struct stat info;
      if (!part || stat(part->name.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
      const std::string file = part->name;
      const absl::Status added = Add(*std::move(part), info.st_size, [&] { return ReadWhole(file); });
      if (!added.ok()) return added;
    }
    return Finish();
  }

  absl::Status OpenFile() {
    const absl::StatusOr<io::ByteStream> file = io::ByteStream::Open(path_);
    if (!file.ok()) return file.status();
    Part part;
    part.name = path_;
    part.kind = file->size() % (kCifarPixelBytes + 1) == 0 ? Kind::kBinary10 : Kind::kBinary100;
    const absl::Status added = Add(std::move(part), file->size(), [] { return std::string(); });
    return added.ok() ? Finish() : added;
  }

  int64_t size() const override { return size_; }
  bool has_labels() const override { return true; }

  absl::StatusOr<Picture> Next() override {
    while (in_part_ == parts_[part_].pictures) {
      ++part_;
      in_part_ = 0;
      tar_.reset();
      file_.reset();
    }
    const Part& part = parts_[part_];
    if (in_part_ == 0) {
      const absl::Status started = Start(part);
      if (!started.ok()) return started;
    }
    Picture picture;
    picture.name = absl::StrCat(io::Printable(BaseName(part.name)), " ", in_part_);
    if (part.kind == Kind::kPython) {
      picture.image = CifarImage(batch_->Pixels(in_part_));
      picture.label.class_number = batch_->ClassOf(in_part_);
    } else {
      const int64_t label_bytes = LabelBytes(part.kind);
      std::string record(static_cast<size_t>(label_bytes + kCifarPixelBytes), '\0');
      const auto bytes = static_cast<int64_t>(record.size());
      const absl::Status read = tar_ ? tar_->Read(&record[0], bytes) : file_->Read(&record[0], bytes);
      if (!read.ok()) return read;
      picture.image = CifarImage(absl::string_view(record).substr(label_bytes));
      picture.label.class_number = static_cast<uint8_t>(record[static_cast<size_t>(label_bytes - 1)]);
    }
    ++in_part_;
    return picture;
  }

 private:
  absl::Status Error(absl::StatusCode code, absl::string_view name, absl::string_view what) const {
    return absl::Status(code, absl::StrCat(path_, ": ", io::Printable(BaseName(name)), ": ", what));
  }

  static absl::StatusOr<std::string> ReadWhole(const std::string& file) { return io::ReadFile(file, kMaxBatchBytes); }

  // Counts the pictures of a part. `read` returns its bytes.
  template <typename Read>
  absl::Status Add(Part part, int64_t bytes, const Read& read) {
    if (static_cast<int64_t>(parts_.size()) == kMaxParts) {
      return absl::ResourceExhaustedError(absl::StrCat(path_, " has more than ", kMaxParts, " batches of CIFAR"));
    }
    if (part.kind == Kind::kPython) {
      const absl::StatusOr<std::string> contents = read();
      if (!contents.ok()) return contents.status();
      const absl::StatusOr<CifarBatch> batch = CifarBatch::Parse(*contents);
      if (!batch.ok()) return Error(batch.status().code(), part.name, batch.status().message());
      part.pictures = batch->size();
    } else {
      const int64_t record = LabelBytes(part.kind) + kCifarPixelBytes;
      if (bytes % record != 0) {
        return Error(absl::StatusCode::kDataLoss, part.name,
                     absl::StrCat("is ", bytes, " bytes, no multiple of the ", record, " of a picture"));
      }
      part.pictures = bytes / record;
    }
    size_ += part.pictures;
    parts_.push_back(std::move(part));
    return absl::OkStatus();
  }

  absl::Status Finish() {
    std::sort(parts_.begin(), parts_.end(), [](const Part& a, const Part& b) { return a.order < b.order; });
    for (size_t i = 1; i < parts_.size(); ++i) {
      if (parts_[i].order == parts_[i - 1].order) {
        return absl::InvalidArgumentError(absl::StrCat(path_, " has the batch ", io::Printable(parts_[i].name),
                                                       " twice: ", io::Printable(parts_[i - 1].name)));
      }
    }
    if (size_ > 0) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(path_, " has no pictures of the wanted part of CIFAR"));
  }

  // Opens a part at its beginning. An archive is read from its beginning for each part, since it may be packed.
  absl::Status Start(const Part& part) {
    if (part.entry >= 0) {
      absl::StatusOr<io::TarReader> tar = io::TarReader::Open(path_);
      if (!tar.ok()) return tar.status();
      io::TarEntry entry;
      for (int64_t number = 0; number <= part.entry; ++number) {
        const absl::StatusOr<bool> more = tar->Next(&entry);
        if (!more.ok()) return more.status();
        if (!*more || (number == part.entry && entry.name != part.name)) {
          return Error(absl::StatusCode::kDataLoss, part.name, "is no longer there: the archive has changed");
        }
      }
      tar_ = *std::move(tar);
    } else if (part.kind != Kind::kPython) {
      absl::StatusOr<io::ByteStream> file = io::ByteStream::Open(part.name);
      if (!file.ok()) return file.status();
      file_ = *std::move(file);
    }
    if (part.kind != Kind::kPython) return absl::OkStatus();
    batch_.reset();  // points into bytes_
    absl::StatusOr<std::string> bytes = tar_ ? tar_->ReadAll(kMaxBatchBytes) : ReadWhole(part.name);
    if (!bytes.ok()) return bytes.status();
    bytes_ = *std::move(bytes);
    absl::StatusOr<CifarBatch> batch = CifarBatch::Parse(bytes_);
    if (!batch.ok()) return Error(batch.status().code(), part.name, batch.status().message());
    if (batch->size() != part.pictures) {
      return Error(absl::StatusCode::kDataLoss, part.name, "has changed while it was read");
    }
    batch_ = *std::move(batch);
    return absl::OkStatus();
  }

  const std::string path_;
  std::vector<Part> parts_;
  int64_t size_ = 0;
  size_t part_ = 0;
  int64_t in_part_ = 0;
  std::optional<io::TarReader> tar_;
  std::optional<io::ByteStream> file_;
  std::string bytes_;
  std::optional<CifarBatch> batch_;
};

}  // namespace

bool HasCifarNames(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    const absl::string_view base = BaseName(name);
    return base == "data_batch_1" || base == "data_batch_1.bin" || base == "test_batch" || base == "test_batch.bin" ||
           base == "train" || base == "train.bin" || base == "test" || base == "test.bin";
  });
}

absl::StatusOr<std::unique_ptr<PictureStream>> OpenCifar(const std::string& path, CifarSplit split) {
  auto stream = std::make_unique<CifarStream>(path);
  struct stat info;
  const bool is_folder = stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  const absl::Status opened = is_folder                      ? stream->OpenFolder(split)
                              : absl::EndsWith(path, ".bin") ? stream->OpenFile()
                                                             : stream->OpenTar(split);
  if (!opened.ok()) return opened;
  return stream;
}

}  // namespace sg::gan
