// The databases of tests/golden/make_lmdb.py.
#ifndef TESTS_ENGINE_IO_GOLDEN_LMDB_H_
#define TESTS_ENGINE_IO_GOLDEN_LMDB_H_

#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/io/byte_stream.h"

namespace sg::io {

// The bytes of tests/golden/lmdb/<name>.mdb.gz, unpacked.
inline std::string GoldenLmdb(const std::string& name) {
  absl::StatusOr<ByteStream> packed = ByteStream::Open("tests/golden/lmdb/" + name + ".mdb.gz");
  SG_CHECK(packed.ok()) << packed.status().message();
  std::string bytes(size_t{16} << 20, '\0');
  const absl::StatusOr<int64_t> read = packed->ReadSome(&bytes[0], static_cast<int64_t>(bytes.size()));
  SG_CHECK(read.ok()) << read.status().message();
  bytes.resize(static_cast<size_t>(*read));
  return bytes;
}

}  // namespace sg::io

#endif  // TESTS_ENGINE_IO_GOLDEN_LMDB_H_
