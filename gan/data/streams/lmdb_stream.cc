#include "gan/data/streams/lmdb_stream.h"

#include <sys/stat.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/io/lmdb_reader.h"
#include "engine/io/printable.h"

namespace sg::gan {
namespace {

class LmdbStream final : public PictureStream {
 public:
  LmdbStream(io::LmdbReader lmdb, int64_t max_bytes) : lmdb_(std::move(lmdb)), max_bytes_(max_bytes) {}

  int64_t size() const override { return lmdb_.entries(); }
  bool has_labels() const override { return false; }

  absl::StatusOr<Picture> Next() override {
    io::LmdbItem item;
    const absl::StatusOr<bool> more = lmdb_.Next(&item);
    if (!more.ok()) return more.status();
    if (!*more) return absl::DataLossError("the database has fewer values than it claims");
    Picture picture;
    picture.name = io::Printable(item.key);
    if (item.bytes > max_bytes_) {
      picture.status = absl::ResourceExhaustedError(absl::StrCat("is ", item.bytes, " bytes, more than ", max_bytes_));
      return picture;
    }
    absl::StatusOr<std::string> bytes = lmdb_.Read(item, max_bytes_);
    if (!bytes.ok()) return bytes.status();
    picture.bytes = *std::move(bytes);
    if (picture.bytes.empty()) picture.status = absl::DataLossError("file is empty");
    return picture;
  }

 private:
  io::LmdbReader lmdb_;
  const int64_t max_bytes_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PictureStream>> OpenLmdb(const std::string& path, int64_t max_bytes) {
  struct stat info;
  const bool is_folder = stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  absl::StatusOr<io::LmdbReader> lmdb = io::LmdbReader::Open(is_folder ? absl::StrCat(path, "/data.mdb") : path);
  if (!lmdb.ok()) return lmdb.status();
  if (lmdb->entries() == 0) return absl::InvalidArgumentError(absl::StrCat(path, " is an empty LMDB database"));
  return std::make_unique<LmdbStream>(*std::move(lmdb), max_bytes);
}

}  // namespace sg::gan
