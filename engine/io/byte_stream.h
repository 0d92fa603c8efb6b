// Reads a file from its beginning to its end, unpacked if it is packed with gzip. Memory does not depend on the size.
//
//   absl::StatusOr<ByteStream> stream = ByteStream::Open("train-images-idx3-ubyte.gz");
//   if (stream.ok()) status = stream->Read(header, sizeof header);
#ifndef ENGINE_IO_BYTE_STREAM_H_
#define ENGINE_IO_BYTE_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/io/input_file.h"

namespace sg::io {

// Errors are one sentence that begins with the path. Deflate packs by a factor of up to 1032: what a hostile file can
// claim is bounded by its size.
class ByteStream {
 public:
  // The first two bytes, not the name, tell whether the file is packed.
  static absl::StatusOr<ByteStream> Open(const std::string& path);
  ByteStream(ByteStream&& other) noexcept;
  ByteStream& operator=(ByteStream&& other) noexcept;
  ~ByteStream();

  // Up to `size` bytes, fewer only at the end. Returns their number. DataLoss: the packed data are damaged or end too
  // early, or their checksum is wrong, which shows at their end.
  absl::StatusOr<int64_t> ReadSome(void* out, int64_t size);
  // Exactly `size` bytes; too few of them are DataLoss.
  absl::Status Read(void* out, int64_t size);
  absl::Status Skip(int64_t size);

  const std::string& path() const { return file_.path(); }
  int64_t position() const { return position_; }  // unpacked bytes so far
  bool is_packed() const { return inflater_ != nullptr; }
  // The number of bytes of the whole stream; -1 if it is packed.
  int64_t size() const { return is_packed() ? -1 : file_.size(); }

 private:
  struct Inflater;
  explicit ByteStream(InputFile file);
  absl::StatusOr<int64_t> ReadFile(void* out, int64_t size);
  absl::StatusOr<int64_t> Inflate(void* out, int64_t size);
  absl::Status Damaged(const std::string& how) const;

  InputFile file_;
  int64_t file_at_ = 0;
  int64_t position_ = 0;
  std::unique_ptr<Inflater> inflater_;  // null for a file that is not packed
};

}  // namespace sg::io

#endif  // ENGINE_IO_BYTE_STREAM_H_
