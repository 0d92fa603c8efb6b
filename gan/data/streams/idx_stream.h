// The pictures of MNIST and of the sets that share its format (Fashion-MNIST, KMNIST, EMNIST), plain or packed with
// gzip. Source: http://yann.lecun.com/exdb/mnist
//
//   absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenIdx("train-images-idx3-ubyte.gz");
#ifndef GAN_DATA_STREAMS_IDX_STREAM_H_
#define GAN_DATA_STREAMS_IDX_STREAM_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/data/streams/picture_stream.h"

namespace sg::gan {

// Whether the unpacked bytes of a file begin as an idx file does.
bool IsIdx(absl::string_view start);

// Gray pictures; those of 28x28 pixels get a black border of 2, which makes a power of two of their side. The labels
// are in the file beside it that is named the same with "labels" in place of "images" and "idx1" in place of "idx3",
// plain or packed. Without that file there are none. InvalidArgument: the file is of labels or of other numbers than
// bytes, there are no pictures, or the number of labels is another. DataLoss: a file is truncated.
absl::StatusOr<std::unique_ptr<PictureStream>> OpenIdx(const std::string& path);

}  // namespace sg::gan

#endif  // GAN_DATA_STREAMS_IDX_STREAM_H_
