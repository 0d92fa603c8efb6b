#include "engine/io/byte_stream.h"

#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_tar.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using ::testing::HasSubstr;

std::string SomeBytes(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& c : bytes) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

absl::StatusOr<std::string> ReadAll(const std::string& path, int64_t step) {
  absl::StatusOr<ByteStream> stream = ByteStream::Open(path);
  if (!stream.ok()) return stream.status();
  std::string all, piece(static_cast<size_t>(step), '\0');
  while (true) {
    const absl::StatusOr<int64_t> read = stream->ReadSome(&piece[0], step);
    if (!read.ok()) return read.status();
    all.append(piece, 0, static_cast<size_t>(*read));
    EXPECT_EQ(stream->position(), static_cast<int64_t>(all.size()));
    if (*read < step) return all;
  }
}

TEST(ByteStream, ReadsFilesPlainAndPacked) {
  const nn::ScratchDir dir;
  const std::string bytes = SomeBytes(300000);
  dir.Write("plain", bytes);
  dir.Write("packed", Gzip(bytes));
  dir.Write("parts", Gzip(bytes.substr(0, 1000)) + Gzip(bytes.substr(1000)) + std::string(512, '\0'));
  dir.Write("empty", "");
  dir.Write("packed_empty", Gzip(""));
  for (const int64_t step : {1000, 100000, 300000, 1000000}) {
    for (const char* name : {"plain", "packed", "parts"}) EXPECT_EQ(*ReadAll(dir.File(name), step), bytes) << name;
    for (const char* name : {"empty", "packed_empty"}) EXPECT_EQ(*ReadAll(dir.File(name), step), "") << name;
  }
  EXPECT_EQ(ByteStream::Open(dir.File("plain"))->size(), 300000);
  EXPECT_EQ(ByteStream::Open(dir.File("packed"))->size(), -1);
}

TEST(ByteStream, SkipsAndReadsExactly) {
  const nn::ScratchDir dir;
  const std::string bytes = SomeBytes(200000);
  dir.Write("plain", bytes);
  dir.Write("packed", Gzip(bytes));
  for (const char* name : {"plain", "packed"}) {
    absl::StatusOr<ByteStream> stream = ByteStream::Open(dir.File(name));
    char c = 0;
    ASSERT_TRUE(stream->Skip(150000).ok());
    ASSERT_TRUE(stream->Read(&c, 1).ok());
    EXPECT_EQ(c, bytes[150000]);
    const absl::Status status = stream->Skip(50000);
    EXPECT_TRUE(absl::IsDataLoss(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("1 bytes too early"));
  }
}

TEST(ByteStream, NoticesDamage) {
  const nn::ScratchDir dir;
  const std::string packed = Gzip(SomeBytes(3000));
  for (size_t length = 3; length < packed.size(); length += 7) {
    dir.Write("cut", packed.substr(0, length));
    EXPECT_TRUE(absl::IsDataLoss(ReadAll(dir.File("cut"), 1000).status())) << length;
  }
  for (size_t at = 20; at < packed.size() - 4; at += 11) {
    std::string bad = packed;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    dir.Write("bad", bad);
    EXPECT_TRUE(absl::IsDataLoss(ReadAll(dir.File("bad"), 1 << 20).status())) << at;
  }
  EXPECT_TRUE(absl::IsNotFound(ByteStream::Open(dir.File("missing")).status()));
}

}  // namespace
}  // namespace sg::io
