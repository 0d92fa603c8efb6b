// Zip archives byte by byte, in forms that libzip never writes: of other programs, damaged, and hostile.
//
//   RawZipEntry entry;
//   entry.name = "a.png";
//   entry.data = bytes;
//   std::string zip = MakeRawZip({entry});
#ifndef TESTS_ENGINE_IO_RAW_ZIP_H_
#define TESTS_ENGINE_IO_RAW_ZIP_H_

#include <cstdint>
#include <string>
#include <vector>

namespace sg::io {

struct RawZipEntry {
  std::string name;
  std::string data;     // as stored in the archive
  int method = 0;       // 0: stored
  int64_t size = -1;    // unpacked; -1: that of `data`
  uint32_t mode = 0;    // of Unix, such as 0120777 for a link; 0: from a system without modes
  bool piped = false;   // sizes and CRC follow the data, and the local header has zeros in their place
  int64_t offset = -1;  // of the local header; -1: the real one
};

struct RawZipSpec {
  std::string prefix;   // bytes before the archive, which its offsets do not count
  std::string suffix;   // bytes after it
  std::string comment;  // of the archive
  bool zip64 = false;
  int disk = 0;
};

std::string MakeRawZip(const std::vector<RawZipEntry>& entries, const RawZipSpec& spec = RawZipSpec());

}  // namespace sg::io

#endif  // TESTS_ENGINE_IO_RAW_ZIP_H_
