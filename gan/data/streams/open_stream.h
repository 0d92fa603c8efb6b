// Opens a data set of any format that is known, by its contents.
//
//   StreamOptions options;
//   options.files.path = "cifar-10-python.tar.gz";
//   absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenStream(options);
#ifndef GAN_DATA_STREAMS_OPEN_STREAM_H_
#define GAN_DATA_STREAMS_OPEN_STREAM_H_

#include <memory>

#include "absl/status/statusor.h"
#include "gan/data/image_source.h"
#include "gan/data/streams/cifar_stream.h"
#include "gan/data/streams/file_stream.h"
#include "gan/data/streams/picture_stream.h"

namespace sg::gan {

struct StreamOptions {
  ImageSourceOptions files;  // path, and what holds for folders and zip archives
  StreamLabels labels = StreamLabels::kFile;
  CifarSplit split = CifarSplit::kTrain;
};

// A folder of images or a zip archive, an LMDB database (or the folder with its data.mdb), CIFAR as an archive, a
// folder or a binary file, or the images of MNIST. Bytes tell the format, not names; only CIFAR's binary files have
// nothing but their name (.bin) and their size. Errors begin with the path. InvalidArgument: it is none of these, or
// StreamLabels::kFolders is wanted where there are no folders.
absl::StatusOr<std::unique_ptr<PictureStream>> OpenStream(const StreamOptions& options);

}  // namespace sg::gan

#endif  // GAN_DATA_STREAMS_OPEN_STREAM_H_
