// Goes through a stream of pictures in chunks, of which several threads work on all pictures at once.
//
//   status = ForEachChunk(stream, threads, stop, [&](std::vector<Picture>* chunk) {
//     ForEachInParallel(chunk->size(), [&](int i) { results[i] = Work((*chunk)[i]); }, threads);
//     return KeepGoing(results);
//   });
#ifndef GAN_DATA_CONVERT_PICTURE_CHUNKS_H_
#define GAN_DATA_CONVERT_PICTURE_CHUNKS_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gan/data/streams/picture_stream.h"

namespace sg::gan {

// Calls `work` with the pictures in their order, a few per thread at a time, until it returns false or an error, or the
// stream ends. `threads` of 0 stands for one per core. Errors are those of `work` and of the stream, and Cancelled if
// `stop`, which may be empty, returns true.
absl::Status ForEachChunk(PictureStream* stream, int threads, const std::function<bool()>& stop,
                          const std::function<absl::StatusOr<bool>(std::vector<Picture>*)>& work);

}  // namespace sg::gan

#endif  // GAN_DATA_CONVERT_PICTURE_CHUNKS_H_
