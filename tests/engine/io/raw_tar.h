// Tar archives and gzip files in memory, also damaged ones.
//
//   folder.Write("a.tar.gz", Gzip(RawTar({{"a/file", "bytes"}})));
#ifndef TESTS_ENGINE_IO_RAW_TAR_H_
#define TESTS_ENGINE_IO_RAW_TAR_H_

#include <string>
#include <vector>

namespace sg::io {

struct RawTarEntry {
  std::string name, data;
  char type = '0';
  std::string size = "";  // the field's text; empty: that of the data, in octal
};

std::string RawTar(const std::vector<RawTarEntry>& entries);  // with the end of the archive
std::string RawTarHeader(const RawTarEntry& entry);           // 512 bytes
std::string Gzip(const std::string& bytes);

}  // namespace sg::io

#endif  // TESTS_ENGINE_IO_RAW_TAR_H_
