// Reads the items of an LMDB database, the form of the LSUN images: a B+ tree of pages in one file, data.mdb.
//
//   absl::StatusOr<LmdbReader> lmdb = LmdbReader::Open("church_outdoor_train_lmdb/data.mdb");
//   LmdbItem item;
//   for (absl::StatusOr<bool> more = lmdb->Next(&item); more.ok() && *more; more = lmdb->Next(&item)) {
//     absl::StatusOr<std::string> value = lmdb->Read(item, /*max_bytes=*/1 << 20);
//   }
//
// LMDB's own library maps the file and believes every number in it. This reader reads pages one at a time, checks each
// number, and ends after at most as many pages as the file has. Source of the format: lmdb.h and mdb.c of LMDB 0.9,
// data version 1, as 64-bit little-endian machines write it.
#ifndef ENGINE_IO_LMDB_READER_H_
#define ENGINE_IO_LMDB_READER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/input_file.h"

namespace sg::io {

struct LmdbItem {
  std::string key;     // any bytes
  int64_t offset = 0;  // of the value in the file
  int64_t bytes = 0;   // of the value
};

// Whether a file with this beginning, of at least 24 bytes, is an LMDB database.
bool IsLmdb(absl::string_view start);

// Errors are one sentence that begins with the path.
class LmdbReader {
 public:
  // Reads the database without a name. InvalidArgument: the file is no LMDB database, or of another version or machine.
  // Unimplemented: a database with several values for a key. DataLoss: it is damaged or truncated.
  static absl::StatusOr<LmdbReader> Open(const std::string& path);

  int64_t entries() const { return entries_; }  // as the file states; Next checks it at the end

  // The next item in the order of the keys. False after the last. DataLoss: the tree is damaged. Unimplemented: the
  // item is a database with a name.
  absl::StatusOr<bool> Next(LmdbItem* item);
  // ResourceExhausted if the value has more than `max_bytes`.
  absl::StatusOr<std::string> Read(const LmdbItem& item, int64_t max_bytes) const;

 private:
  // A page on the way from the root to the current item.
  struct Page {
    int64_t number = 0;
    std::string bytes;
    int64_t nodes = 0, next = 0;
  };
  struct Tree {
    uint64_t flags = 0, depth = 0, entries = 0, root = 0, last_page = 0, transaction = 0, page_bytes = 0;
  };

  explicit LmdbReader(InputFile file) : file_(std::move(file)) {}
  absl::StatusOr<Tree> ReadMeta(int64_t offset) const;
  absl::Status Damaged(const std::string& how) const;
  absl::Status Descend(uint64_t number);
  // The bytes of a node of `page` from its header on; empty if it does not lie inside.
  static absl::string_view Node(const Page& page, int64_t index);
  absl::Status ReadLeaf(const Page& page, int64_t index, LmdbItem* item) const;

  InputFile file_;
  int64_t page_bytes_ = 0, pages_ = 0;  // of the file, as far as it is there
  int64_t entries_ = 0, depth_ = 0;
  std::vector<Page> path_;
  int64_t visited_ = 0, given_ = 0;  // pages and items
};

}  // namespace sg::io

#endif  // ENGINE_IO_LMDB_READER_H_
