#include "gan/data/streams/idx_stream.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "engine/io/byte_stream.h"

namespace sg::gan {
namespace {

// A header: two zeros, the type, the number of extents, and each extent as a big-endian number of 32 bits.
constexpr uint8_t kBytes = 8;
constexpr int kMaxExtents = 4;
constexpr int64_t kMaxSide = 4096;
constexpr int kMnistSide = 28, kMnistBorder = 2;

absl::StatusOr<std::vector<int64_t>> ReadExtents(io::ByteStream* file) {
  uint8_t start[4];
  const absl::Status read = file->Read(start, sizeof(start));
  if (!read.ok()) return read;
  if (start[0] != 0 || start[1] != 0 || start[2] != kBytes || start[3] < 1 || start[3] > kMaxExtents) {
    return absl::InvalidArgumentError(absl::StrCat(file->path(), " is no idx file of bytes"));
  }
  std::vector<int64_t> extents;
  for (int i = 0; i < start[3]; ++i) {
    uint8_t digits[4];
    const absl::Status more = file->Read(digits, sizeof(digits));
    if (!more.ok()) return more;
    int64_t extent = 0;
    for (const uint8_t digit : digits) extent = extent << 8 | digit;
    extents.push_back(extent);
  }
  return extents;
}

Image WithBorder(const Image& image, int border) {
  const int width = image.width + 2 * border, height = image.height + 2 * border;
  Image out{width, height, 1, std::vector<uint8_t>(static_cast<size_t>(width) * height)};
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(image.pixels.begin() + int64_t{y} * image.width, image.width,
                out.pixels.begin() + int64_t{y + border} * width + border);
  }
  return out;
}

class IdxStream final : public PictureStream {
 public:
  IdxStream(io::ByteStream images, std::optional<io::ByteStream> labels, std::vector<int64_t> extents)
      : images_(std::move(images)), labels_(std::move(labels)), extents_(std::move(extents)) {}

  int64_t size() const override { return extents_[0]; }
  bool has_labels() const override { return labels_.has_value(); }
  int channels() const override { return 1; }

  absl::StatusOr<Picture> Next() override {
    Picture picture;
    picture.name = absl::StrCat("picture ", next_++);
    Image& image = picture.image;
    image = {static_cast<int>(extents_[2]), static_cast<int>(extents_[1]), 1, {}};
    image.pixels.resize(static_cast<size_t>(extents_[1] * extents_[2]));
    absl::Status read = images_.Read(image.pixels.data(), static_cast<int64_t>(image.pixels.size()));
    if (!read.ok()) return read;
    if (image.width == kMnistSide && image.height == kMnistSide) image = WithBorder(image, kMnistBorder);
    if (labels_) {
      uint8_t label;
      read = labels_->Read(&label, 1);
      if (!read.ok()) return read;
      picture.label.class_number = label;
    }
    return picture;
  }

 private:
  io::ByteStream images_;
  std::optional<io::ByteStream> labels_;
  const std::vector<int64_t> extents_;  // pictures, rows, columns
  int64_t next_ = 0;
};

// The path of the labels of these images, or empty.
std::string LabelsBeside(const std::string& path) {
  const size_t slash = path.rfind('/') + 1;
  const std::string name = path.substr(slash);
  std::string labels = absl::StrReplaceAll(name, {{"images", "labels"}, {"idx3", "idx1"}});
  if (labels == name) return "";
  labels = path.substr(0, slash) + labels;
  const bool packed = absl::EndsWith(labels, ".gz");
  for (const std::string& candidate : {labels, packed ? labels.substr(0, labels.size() - 3) : labels + ".gz"}) {
    struct stat info;
    if (stat(candidate.c_str(), &info) == 0) return candidate;
  }
  return "";
}

}  // namespace

bool IsIdx(absl::string_view start) {
  return start.size() >= 4 && start[0] == 0 && start[1] == 0 && start[2] == kBytes && start[3] >= 1 &&
         start[3] <= kMaxExtents;
}

absl::StatusOr<std::unique_ptr<PictureStream>> OpenIdx(const std::string& path) {
  absl::StatusOr<io::ByteStream> images = io::ByteStream::Open(path);
  if (!images.ok()) return images.status();
  absl::StatusOr<std::vector<int64_t>> extents = ReadExtents(&*images);
  if (!extents.ok()) return extents.status();
  if (extents->size() == 1) {
    return absl::InvalidArgumentError(absl::StrCat(path, " has labels: give the file with the images beside it"));
  }
  const bool sized = extents->size() == 3 && (*extents)[0] >= 1 && (*extents)[1] >= 1 && (*extents)[2] >= 1 &&
                     (*extents)[1] <= kMaxSide && (*extents)[2] <= kMaxSide;
  if (!sized) {
    return absl::InvalidArgumentError(absl::StrCat(path, " has an array of ", absl::StrJoin(*extents, "x"),
                                                   " bytes, no pictures with sides of 1 to ", kMaxSide));
  }
  std::optional<io::ByteStream> labels;
  const std::string labels_path = LabelsBeside(path);
  if (!labels_path.empty()) {
    absl::StatusOr<io::ByteStream> file = io::ByteStream::Open(labels_path);
    if (!file.ok()) return file.status();
    const absl::StatusOr<std::vector<int64_t>> count = ReadExtents(&*file);
    if (!count.ok()) return count.status();
    if (count->size() != 1 || count->front() != extents->front()) {
      return absl::InvalidArgumentError(absl::StrCat(labels_path, " has ", absl::StrJoin(*count, "x"), " labels for ",
                                                     extents->front(), " pictures"));
    }
    labels = *std::move(file);
  }
  return std::make_unique<IdxStream>(*std::move(images), std::move(labels), *std::move(extents));
}

}  // namespace sg::gan
