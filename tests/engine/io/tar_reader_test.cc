#include "engine/io/tar_reader.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_tar.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using Files = std::vector<std::pair<std::string, std::string>>;

class TarReaderTest : public ::testing::Test {
 protected:
  absl::StatusOr<Files> ReadFiles(const std::string& bytes) {
    dir_.Write("a.tar", bytes);
    absl::StatusOr<TarReader> tar = TarReader::Open(dir_.File("a.tar"));
    if (!tar.ok()) return tar.status();
    Files files;
    TarEntry entry;
    while (true) {
      const absl::StatusOr<bool> more = tar->Next(&entry);
      if (!more.ok()) return more.status();
      if (!*more) return files;
      if (!entry.is_file) continue;
      absl::StatusOr<std::string> data = tar->ReadAll(1 << 20);
      if (!data.ok()) return data.status();
      EXPECT_EQ(static_cast<int64_t>(data->size()), entry.bytes);
      files.emplace_back(entry.name, *std::move(data));
    }
  }

  nn::ScratchDir dir_;
};

TEST_F(TarReaderTest, ReadsFiles) {
  const std::string long_name = "folder/" + std::string(200, 'n');
  const std::string tar = RawTar({{"folder/", "", '5'},
                                  {"folder/one", "1"},
                                  {"link", "", '2'},
                                  {"././@LongLink", long_name + '\0', 'L'},
                                  {"cut", std::string(1000, 'x')},
                                  {"pax", "26 path=another/long/name\n", 'x'},
                                  {"cut", ""},
                                  {"old", "old", '\0'}});
  for (const std::string& bytes : {tar, Gzip(tar), tar.substr(0, tar.size() - 1024)}) {
    const absl::StatusOr<Files> files = ReadFiles(bytes);
    ASSERT_TRUE(files.ok()) << files.status();
    EXPECT_THAT(*files, ElementsAre(Pair("folder/one", "1"), Pair(long_name, std::string(1000, 'x')),
                                    Pair("another/long/name", ""), Pair("old", "old")));
  }
}

TEST_F(TarReaderTest, TellsATarByItsFirstBlock) {
  const std::string tar = RawTar({{"a", "1"}});
  EXPECT_TRUE(IsTar(tar));
  EXPECT_FALSE(IsTar(tar.substr(0, 511)));
  EXPECT_FALSE(IsTar(std::string(512, '\0')));
  std::string other = tar;
  other[0] = 'b';
  EXPECT_FALSE(IsTar(other));
}

TEST_F(TarReaderTest, RefusesDamage) {
  const auto said = [this](const std::string& bytes) { return std::string(ReadFiles(bytes).status().message()); };
  const std::string tar = RawTar({{"a", "1"}, {"b", std::string(600, '2')}});
  EXPECT_THAT(said(tar.substr(0, 600)), HasSubstr("bytes too early"));
  EXPECT_THAT(said(tar.substr(0, 1200)), HasSubstr("inside the header"));
  EXPECT_THAT(said(tar.substr(0, 1700)), HasSubstr("bytes too early"));
  std::string bad = tar;
  bad[1024] = 'c';
  EXPECT_THAT(said(bad), HasSubstr("no header of an entry at byte 1024"));
  EXPECT_THAT(said(RawTar({{"a", "1", '0', "-0000000001"}})), HasSubstr("no header"));
  EXPECT_THAT(said(RawTar({{"a", "1", '0', "\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}})),
              HasSubstr("no header"));
  EXPECT_THAT(said(RawTar({{"a", "1", '0', "77777777777"}})), HasSubstr("more than 1048576"));
  for (const char* pax : {"x", "99 path=a\n", "3 a\n", "0 path=a\n", "9 size=-\n", "12 path=abcd "}) {
    EXPECT_THAT(said(RawTar({{"p", pax, 'x'}, {"a", "1"}})), HasSubstr("makes no sense")) << pax;
  }
}

// Base-256 sizes, as GNU's tar writes those beyond 8 GiB.
TEST_F(TarReaderTest, ReadsBinarySizes) {
  const std::string size("\x80\0\0\0\0\0\0\0\0\0\0\x01", 12);
  const absl::StatusOr<Files> files = ReadFiles(RawTar({{"a", "1", '0', size}}));
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(*files, ElementsAre(Pair("a", "1")));
}

TEST_F(TarReaderTest, ReadsInPieces) {
  dir_.Write("a.tar", RawTar({{"a", "12345"}, {"b", "6"}}));
  absl::StatusOr<TarReader> tar = TarReader::Open(dir_.File("a.tar"));
  TarEntry entry;
  ASSERT_TRUE(*tar->Next(&entry));
  char piece[3];
  ASSERT_TRUE(tar->Read(piece, 3).ok());
  EXPECT_EQ(std::string(piece, 3), "123");
  EXPECT_THAT(std::string(tar->Read(piece, 3).message()), HasSubstr("ends 1 bytes too early"));
  ASSERT_TRUE(*tar->Next(&entry));
  EXPECT_EQ(*tar->ReadAll(1), "6");
}

}  // namespace
}  // namespace sg::io
