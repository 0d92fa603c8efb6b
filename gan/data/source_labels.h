// Reads the labels of the images of a folder or zip archive.
//
//   absl::StatusOr<Labels> labels = ReadLabels(*source, "photos.zip", LabelOrigin::kFileOrFolders);
#ifndef GAN_DATA_SOURCE_LABELS_H_
#define GAN_DATA_SOURCE_LABELS_H_

#include <string>

#include "absl/status/statusor.h"
#include "gan/data/image_source.h"
#include "gan/data/labels.h"

namespace sg::gan {

inline constexpr char kLabelFile[] = "dataset.json";

enum class LabelOrigin {
  kFile,           // dataset.json
  kFolders,        // the folders are the classes
  kFileOrFolders,  // dataset.json, and without that file the folders
};

// Errors begin with `path`, that of the source, and are those of LabelsFromJson and LabelsFromFolders. NotFound, for
// kFile: there is no dataset.json, or its "labels" are null.
absl::StatusOr<Labels> ReadLabels(const ImageSource& source, const std::string& path, LabelOrigin origin);

}  // namespace sg::gan

#endif  // GAN_DATA_SOURCE_LABELS_H_
