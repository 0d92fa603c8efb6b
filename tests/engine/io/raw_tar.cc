#include "tests/engine/io/raw_tar.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"

namespace sg::io {

std::string RawTarHeader(const RawTarEntry& entry) {
  std::string header(512, '\0');
  const auto put = [&header](size_t at, const std::string& text) { std::copy(text.begin(), text.end(), &header[at]); };
  put(0, entry.name.substr(0, 100));
  put(100, "0000644");
  put(124, entry.size.empty() ? absl::StrFormat("%011o", entry.data.size()) : entry.size);
  put(148, "        ");
  header[156] = entry.type;
  put(257, "ustar");
  put(263, "00");
  int sum = 0;
  for (const char c : header) sum += static_cast<uint8_t>(c);
  put(148, absl::StrFormat("%06o", sum) + '\0');
  return header;
}

std::string RawTar(const std::vector<RawTarEntry>& entries) {
  std::string tar;
  for (const RawTarEntry& entry : entries) {
    absl::StrAppend(&tar, RawTarHeader(entry), entry.data, std::string((512 - entry.data.size() % 512) % 512, '\0'));
  }
  return tar + std::string(1024, '\0');
}

std::string Gzip(const std::string& bytes) {
  z_stream z = {};
  SG_CHECK(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK) << "[Gzip]";
  std::string out(deflateBound(&z, bytes.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(&out[0]);
  z.avail_out = static_cast<uInt>(out.size());
  SG_CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END) << "[Gzip]";
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

}  // namespace sg::io
