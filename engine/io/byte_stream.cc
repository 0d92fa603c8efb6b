#include "engine/io/byte_stream.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sg::io {
namespace {

constexpr uint8_t kMagic[] = {0x1f, 0x8b};
constexpr size_t kInputBytes = size_t{64} << 10;
constexpr int64_t kStep = int64_t{1} << 30;  // zlib counts in 32 bits
constexpr int kGzipWindow = MAX_WBITS + 16;  // "+ 16": zlib's way to say gzip

}  // namespace

// zlib's state points to itself, so it does not move.
struct ByteStream::Inflater {
  z_stream z = {};
  std::array<uint8_t, kInputBytes> input;
  bool ended = false;  // of the last part

  Inflater() { inflateInit2(&z, kGzipWindow); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&z); }
};

ByteStream::ByteStream(InputFile file) : file_(std::move(file)) {}
ByteStream::ByteStream(ByteStream&& other) noexcept = default;
ByteStream& ByteStream::operator=(ByteStream&& other) noexcept = default;
ByteStream::~ByteStream() = default;

absl::StatusOr<ByteStream> ByteStream::Open(const std::string& path) {
  absl::StatusOr<InputFile> file = InputFile::Open(path);
  if (!file.ok()) return file.status();
  ByteStream stream(*std::move(file));
  uint8_t start[sizeof(kMagic)];
  const absl::StatusOr<int64_t> read = stream.file_.ReadSome(0, start, sizeof(start));
  if (!read.ok()) return read.status();
  if (*read == sizeof(kMagic) && std::equal(std::begin(start), std::end(start), std::begin(kMagic))) {
    stream.inflater_ = std::make_unique<Inflater>();
    if (stream.inflater_->z.state == nullptr) return absl::UnavailableError(absl::StrCat("no memory to read ", path));
  }
  return stream;
}

absl::Status ByteStream::Damaged(const std::string& how) const {
  return absl::DataLossError(absl::StrCat(path(), " is damaged: ", how));
}

absl::StatusOr<int64_t> ByteStream::ReadFile(void* out, int64_t size) {
  const absl::StatusOr<int64_t> read = file_.ReadSome(file_at_, out, size);
  if (read.ok()) file_at_ += *read;
  return read;
}

absl::StatusOr<int64_t> ByteStream::Inflate(void* out, int64_t size) {
  Inflater& inflater = *inflater_;
  z_stream& z = inflater.z;
  size = std::min(size, kStep);
  z.next_out = static_cast<Bytef*>(out);
  z.avail_out = static_cast<uInt>(size);
  while (z.avail_out == static_cast<uInt>(size)) {
    if (z.avail_in == 0) {
      const absl::StatusOr<int64_t> read = ReadFile(inflater.input.data(), kInputBytes);
      if (!read.ok()) return read;
      if (*read == 0) {
        if (inflater.ended) return 0;
        return Damaged("it ends too early");
      }
      z.next_in = inflater.input.data();
      z.avail_in = static_cast<uInt>(*read);
    }
    if (inflater.ended) {
      // Parts may follow each other, as `cat a.gz b.gz` makes them. Padding after the last one is no part.
      if (*z.next_in != kMagic[0]) return 0;
      inflateReset(&z);
      inflater.ended = false;
    }
    const int result = inflate(&z, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      inflater.ended = true;
    } else if (result == Z_MEM_ERROR) {
      return absl::UnavailableError(absl::StrCat("no memory to read ", path()));
    } else if (result != Z_OK) {
      return Damaged(z.msg != nullptr ? z.msg : "its packed data make no sense");
    }
  }
  return size - static_cast<int64_t>(z.avail_out);
}

absl::StatusOr<int64_t> ByteStream::ReadSome(void* out, int64_t size) {
  int64_t done = 0;
  while (done < size) {
    char* const to = static_cast<char*>(out) + done;
    const absl::StatusOr<int64_t> read = is_packed() ? Inflate(to, size - done) : ReadFile(to, size - done);
    if (!read.ok()) return read;
    if (*read == 0) break;
    done += *read;
  }
  position_ += done;
  return done;
}

absl::Status ByteStream::Read(void* out, int64_t size) {
  const absl::StatusOr<int64_t> read = ReadSome(out, size);
  if (!read.ok()) return read.status();
  return *read == size ? absl::OkStatus() : Damaged(absl::StrCat("it ends ", size - *read, " bytes too early"));
}

absl::Status ByteStream::Skip(int64_t size) {
  if (!is_packed()) {
    if (size > file_.size() - file_at_) {
      return Damaged(absl::StrCat("it ends ", size - (file_.size() - file_at_), " bytes too early"));
    }
    file_at_ += size;
    position_ += size;
    return absl::OkStatus();
  }
  std::string unused(static_cast<size_t>(std::min<int64_t>(size, kInputBytes)), '\0');
  while (size > 0) {
    const int64_t step = std::min(size, static_cast<int64_t>(unused.size()));
    const absl::Status status = Read(unused.data(), step);
    if (!status.ok()) return status;
    size -= step;
  }
  return absl::OkStatus();
}

}  // namespace sg::io
