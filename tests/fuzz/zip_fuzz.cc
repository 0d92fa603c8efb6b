// A zip archive, of which every entry is unpacked.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/check.h"
#include "engine/io/zip_archive.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kMaxEntryBytes = int64_t{16} << 20;
  const sg::fuzz::MemoryFile file(data, size);
  const absl::StatusOr<std::unique_ptr<sg::io::ZipArchive>> zip = sg::io::ZipArchive::Open(file.path());
  if (!zip.ok()) return 0;
  const auto entries = static_cast<int64_t>((*zip)->entries().size());
  for (int64_t i = 0; i < entries; ++i) {
    const absl::StatusOr<std::string> bytes = (*zip)->Read(i, kMaxEntryBytes);
    SG_CHECK(!bytes.ok() || static_cast<int64_t>(bytes->size()) <= kMaxEntryBytes) << "[fuzz] an entry is too long";
  }
  return 0;
}
