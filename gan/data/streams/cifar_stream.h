// The pictures of CIFAR-10 and CIFAR-100, in each of their forms: for Python or binary, as the archive that is
// downloaded (.tar.gz) or unpacked in a folder. Source: https://www.cs.toronto.edu/~kriz/cifar.html
//
//   absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenCifar("cifar-10-python.tar.gz", CifarSplit::kTrain);
#ifndef GAN_DATA_STREAMS_CIFAR_STREAM_H_
#define GAN_DATA_STREAMS_CIFAR_STREAM_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gan/data/streams/picture_stream.h"

namespace sg::gan {

enum class CifarSplit { kTrain, kTest };

// Whether files of these names, without their folders, are those of a CIFAR set.
bool HasCifarNames(const std::vector<std::string>& names);

// `path` is a tar archive, a folder, or one binary file, of which the size tells whether it is of CIFAR-10 or -100. The
// order is that of the batches, whatever the order in the archive. The labels of CIFAR-100 are the fine ones. Errors,
// with the path: there are no batches of that split; a batch is damaged.
absl::StatusOr<std::unique_ptr<PictureStream>> OpenCifar(const std::string& path, CifarSplit split);

}  // namespace sg::gan

#endif  // GAN_DATA_STREAMS_CIFAR_STREAM_H_
