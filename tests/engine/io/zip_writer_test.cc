#include "engine/io/zip_writer.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/io/zip_archive.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using Items = std::vector<std::pair<std::string, std::string>>;

const Items& SomeItems() {
  static const Items* const items =
      new Items{{"first", "hello"}, {"folder/second", std::string(100000, 'x')}, {"empty", ""}};
  return *items;
}

// Writes dir/a.zip.
void WriteZip(const nn::ScratchDir& dir, const Items& items, const Zip64Limits& limits) {
  absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(dir.File("a.zip"));
  ASSERT_TRUE(file.ok()) << file.status();
  ZipWriter zip(&*file, limits);
  for (const auto& [name, data] : items) ASSERT_TRUE(zip.Add(name, data).ok());
  ASSERT_TRUE(zip.Finish().ok());
  ASSERT_TRUE(file->Commit().ok());
}

void ExpectItems(const nn::ScratchDir& dir, const Items& items) {
  const absl::StatusOr<std::unique_ptr<ZipArchive>> archive = ZipArchive::Open(dir.File("a.zip"));
  ASSERT_TRUE(archive.ok()) << archive.status();
  ASSERT_EQ((*archive)->entries().size(), items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ((*archive)->entries()[i].name, items[i].first);
    const absl::StatusOr<std::string> data = (*archive)->Read(static_cast<int64_t>(i), 1 << 20);
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(*data, items[i].second);
  }
}

TEST(ZipWriter, WritesWhatLibzipReads) {
  const nn::ScratchDir dir;
  WriteZip(dir, SomeItems(), {});
  ExpectItems(dir, SomeItems());
  const std::string bytes = dir.Read("a.zip");
  EXPECT_EQ(bytes.find("hello") % 64, 0u) << "aligned";
  EXPECT_EQ(bytes.find("xxxx") % 64, 0u) << "aligned";
}

// The records of archives beyond 4 GiB, without their size.
TEST(ZipWriter, WritesZip64WhatLibzipReads) {
  for (const Zip64Limits& limits : {Zip64Limits{0, 0}, Zip64Limits{1, 0xffff}, Zip64Limits{1000, 2},
                                    Zip64Limits{0xffffffff, 1}, Zip64Limits{100200, 0xffff}}) {
    SCOPED_TRACE(absl::StrCat(limits.bytes, " bytes, ", limits.entries, " entries"));
    const nn::ScratchDir dir;
    WriteZip(dir, SomeItems(), limits);
    ExpectItems(dir, SomeItems());
    const std::string bytes = dir.Read("a.zip");
    EXPECT_NE(bytes.find("PK\x06\x06"), std::string::npos);
    EXPECT_EQ(bytes.find("hello") % 64, 0u) << "aligned";
  }
}

// FFHQ has 70000 images and a dataset.json.
TEST(ZipWriter, WritesMoreEntriesThanAClassicArchiveHolds) {
  constexpr int kEntries = 70001;
  const nn::ScratchDir dir;
  Items items;
  for (int i = 0; i < kEntries; ++i) items.emplace_back(absl::StrCat("img", i), absl::StrCat(i));
  WriteZip(dir, items, {});
  ExpectItems(dir, items);
}

TEST(ZipWriter, TheSameEntriesGiveTheSameBytes) {
  const nn::ScratchDir one, other;
  WriteZip(one, SomeItems(), {});
  WriteZip(other, SomeItems(), {});
  EXPECT_EQ(one.Read("a.zip"), other.Read("a.zip"));
}

}  // namespace
}  // namespace sg::io
