#include "gan/data/streams/file_stream.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "gan/data/labels.h"
#include "gan/data/source_labels.h"

namespace sg::gan {
namespace {

class FileStream final : public PictureStream {
 public:
  FileStream(std::unique_ptr<ImageSource> source, Labels labels, std::vector<std::string> notes)
      : source_(std::move(source)), labels_(std::move(labels)), notes_(std::move(notes)) {}

  int64_t size() const override { return source_->size(); }
  bool has_labels() const override { return labels_.dim() > 0; }
  std::vector<std::string> class_names() const override { return labels_.class_names(); }
  std::vector<std::string> notes() const override { return notes_; }

  absl::StatusOr<Picture> Next() override {
    const int64_t index = next_++;
    Picture picture;
    picture.name = source_->name(index);
    if (has_labels()) {
      picture.label.class_number = labels_.ClassOf(index);
      if (picture.label.class_number < 0) {
        picture.label.numbers.resize(static_cast<size_t>(labels_.dim()));
        labels_.Write(index, picture.label.numbers.data());
      }
    }
    absl::StatusOr<std::string> bytes = source_->Read(index);
    if (bytes.ok()) {
      picture.bytes = *std::move(bytes);
      if (picture.bytes.empty()) picture.status = absl::DataLossError("file is empty");
      return picture;
    }
    absl::string_view reason = bytes.status().message();
    absl::ConsumePrefix(&reason, picture.name + ": ");
    picture.status = absl::Status(bytes.status().code(), reason);
    return picture;
  }

 private:
  const std::unique_ptr<ImageSource> source_;
  const Labels labels_;
  const std::vector<std::string> notes_;
  int64_t next_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PictureStream>> OpenFiles(const ImageSourceOptions& options, StreamLabels origin) {
  absl::StatusOr<std::unique_ptr<ImageSource>> source = ImageSource::Open(options);
  if (!source.ok()) return source.status();
  std::vector<std::string> notes = (*source)->notes();
  if (origin == StreamLabels::kNone) return std::make_unique<FileStream>(*std::move(source), Labels(), notes);
  absl::StatusOr<Labels> labels =
      ReadLabels(**source, options.path, origin == StreamLabels::kFolders ? LabelOrigin::kFolders : LabelOrigin::kFile);
  if (absl::IsNotFound(labels.status())) {
    labels = Labels();
    const absl::StatusOr<Labels> folders = LabelsFromFolders((*source)->Paths());
    if (folders.ok() && folders->dim() > 1) {
      notes.push_back(absl::StrCat("no labels; the images lie in ", folders->dim(),
                                   " folders, and --labels=folders makes classes of them"));
    }
  }
  if (!labels.ok()) return labels.status();
  return std::make_unique<FileStream>(*std::move(source), *std::move(labels), std::move(notes));
}

}  // namespace sg::gan
