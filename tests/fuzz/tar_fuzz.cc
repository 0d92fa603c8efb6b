// A tar archive, plain or packed with gzip, of which every entry is read.
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/io/tar_reader.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kMaxEntryBytes = int64_t{16} << 20;
  const sg::fuzz::MemoryFile file(data, size);
  absl::StatusOr<sg::io::TarReader> tar = sg::io::TarReader::Open(file.path());
  if (!tar.ok()) return 0;
  sg::io::TarEntry entry;
  for (absl::StatusOr<bool> more = tar->Next(&entry); more.ok() && *more; more = tar->Next(&entry)) {
    SG_CHECK(entry.bytes >= 0) << "[fuzz] an entry of " << entry.bytes << " bytes";
    const absl::StatusOr<std::string> bytes = tar->ReadAll(kMaxEntryBytes);
    SG_CHECK(!bytes.ok() || static_cast<int64_t>(bytes->size()) == entry.bytes) << "[fuzz] an entry is not whole";
  }
  return 0;
}
