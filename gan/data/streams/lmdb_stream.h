// The pictures of an LMDB database, as the LSUN sets are: each value is a WebP, JPEG or PNG file.
//
//   absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenLmdb("church_train_lmdb", /*max_bytes=*/1 << 30);
#ifndef GAN_DATA_STREAMS_LMDB_STREAM_H_
#define GAN_DATA_STREAMS_LMDB_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gan/data/streams/picture_stream.h"

namespace sg::gan {

// `path` is the file with the database, or the folder with its data.mdb. Without labels. A value of more than
// `max_bytes` is a picture that cannot be read. Errors are those of LmdbReader, and InvalidArgument for no values.
absl::StatusOr<std::unique_ptr<PictureStream>> OpenLmdb(const std::string& path, int64_t max_bytes);

}  // namespace sg::gan

#endif  // GAN_DATA_STREAMS_LMDB_STREAM_H_
