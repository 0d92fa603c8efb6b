// An LMDB database, of which every item is read.
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/io/lmdb_reader.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const sg::fuzz::MemoryFile file(data, size);
  absl::StatusOr<sg::io::LmdbReader> lmdb = sg::io::LmdbReader::Open(file.path());
  if (!lmdb.ok()) return 0;
  sg::io::LmdbItem item;
  int64_t items = 0;
  for (absl::StatusOr<bool> more = lmdb->Next(&item); more.ok() && *more; more = lmdb->Next(&item)) {
    SG_CHECK(++items <= lmdb->entries()) << "[fuzz] more items than " << lmdb->entries();
    const absl::StatusOr<std::string> value = lmdb->Read(item, static_cast<int64_t>(size));
    SG_CHECK(value.ok() && static_cast<int64_t>(value->size()) == item.bytes)
        << "[fuzz] a value of " << item.bytes << " bytes at " << item.offset << " of " << size;
  }
  return 0;
}
