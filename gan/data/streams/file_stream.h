// The pictures of a folder or a zip archive of PNG, JPEG and WebP files, in the order of their paths.
//
//   absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenFiles(options, StreamLabels::kFile);
#ifndef GAN_DATA_STREAMS_FILE_STREAM_H_
#define GAN_DATA_STREAMS_FILE_STREAM_H_

#include <memory>

#include "absl/status/statusor.h"
#include "gan/data/image_source.h"
#include "gan/data/streams/picture_stream.h"

namespace sg::gan {

enum class StreamLabels {
  kFile,     // those of the set: dataset.json, the labels of CIFAR or MNIST; none where there are none
  kFolders,  // the folders are the classes
  kNone,
};

// A file that cannot be read is a picture with an error. Errors are those of ImageSource::Open and ReadLabels.
absl::StatusOr<std::unique_ptr<PictureStream>> OpenFiles(const ImageSourceOptions& options, StreamLabels labels);

}  // namespace sg::gan

#endif  // GAN_DATA_STREAMS_FILE_STREAM_H_
