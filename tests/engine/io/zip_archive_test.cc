#include "engine/io/zip_archive.h"

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/io/input_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_zip.h"
#include "tests/gan/image/test_files.h"

namespace sg::io {
namespace {

using gan::TempFolder;
using gan::WriteZip;
using gan::ZipItem;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int64_t kNoLimit = int64_t{1} << 30;

std::unique_ptr<ZipArchive> MustOpen(const std::string& path) {
  absl::StatusOr<std::unique_ptr<ZipArchive>> archive = ZipArchive::Open(path);
  EXPECT_TRUE(archive.ok()) << archive.status();
  return archive.ok() ? *std::move(archive) : nullptr;
}

std::string Error(const absl::StatusOr<std::string>& result) { return std::string(result.status().message()); }

std::vector<std::string> Names(const ZipArchive& archive) {
  std::vector<std::string> names;
  for (const ZipEntry& entry : archive.entries()) names.push_back(entry.name);
  return names;
}

RawZipEntry Entry(const std::string& name, const std::string& data) {
  RawZipEntry entry;
  entry.name = name;
  entry.data = data;
  return entry;
}

TEST(ZipArchive, NamesAndBytes) {
  TempFolder folder;
  const std::string path = folder.path() + "/a.zip";
  WriteZip(path, {{"b/two.png", std::string(5000, 'x'), true}, {"one.png", "1"}, {"../up.png", "u"}, {"empty", ""}});
  auto archive = MustOpen(path);
  ASSERT_NE(archive, nullptr);
  EXPECT_THAT(Names(*archive), ElementsAre("b/two.png", "one.png", "../up.png", "empty"));
  EXPECT_EQ(*archive->Read(0, kNoLimit), std::string(5000, 'x'));
  EXPECT_EQ(*archive->Read(2, kNoLimit), "u");
  EXPECT_EQ(*archive->Read(3, kNoLimit), "");
}

TEST(ZipArchive, LimitsAreChecked) {
  TempFolder folder;
  const std::string path = folder.path() + "/a.zip";
  WriteZip(path, {{"ok.png", "12345"},
                  {"bomb.png", std::string(size_t{8} << 20, '\0'), true},
                  {"locked.png", "secret", false, true}});
  auto archive = MustOpen(path);
  ASSERT_NE(archive, nullptr);
  EXPECT_EQ(Error(archive->Read(0, 4)), "is 5 bytes, more than 4");
  EXPECT_EQ(*archive->Read(0, 5), "12345");
  EXPECT_THAT(Error(archive->Read(1, kNoLimit)), EndsWith("times, which looks like a zip bomb"));
  EXPECT_EQ(Error(archive->Read(2, kNoLimit)),
            "is encrypted: unpack the archive and give the folder, or pack it again with \"zip -r\"");
}

TEST(ZipArchive, DamagedEntryIsAnErrorAndOthersAreNot) {
  TempFolder folder;
  const std::string path = folder.path() + "/a.zip";
  WriteZip(path, {{"bad.png", "the bytes of one"}, {"good.png", "and of two"}});
  std::string bytes = *ReadFile(path, kNoLimit);
  bytes[bytes.find("bytes of one")] ^= 1;
  folder.Write("a.zip", bytes);
  auto archive = MustOpen(path);
  ASSERT_NE(archive, nullptr);
  EXPECT_THAT(Error(archive->Read(0, kNoLimit)), HasSubstr("CRC"));
  EXPECT_EQ(*archive->Read(1, kNoLimit), "and of two");
}

// macOS and pipes leave zeros in the local headers; installers put a program before the archive; downloads append to
// it.
TEST(ZipArchive, FormsOfOtherPrograms) {
  TempFolder folder;
  std::vector<RawZipEntry> entries = {Entry("a.png", "first"), Entry("b.png", "second")};
  std::vector<RawZipSpec> specs(6);
  specs[1].prefix = std::string(1000, 'x');
  specs[2].suffix = "\r\n";
  specs[3].comment = "made by PK\x05\x06 somebody";
  specs[4].zip64 = true;
  specs[5].zip64 = true;
  specs[5].prefix = "program";
  for (const bool piped : {false, true}) {
    entries[0].piped = piped;
    for (size_t i = 0; i < specs.size(); ++i) {
      auto archive = MustOpen(folder.Write("a.zip", MakeRawZip(entries, specs[i])));
      ASSERT_NE(archive, nullptr) << i;
      EXPECT_THAT(Names(*archive), ElementsAre("a.png", "b.png"));
      EXPECT_EQ(*archive->Read(0, kNoLimit), "first") << i;
      EXPECT_EQ(*archive->Read(1, kNoLimit), "second") << i;
    }
  }
}

// macOS counts modulo 65536 instead of using zip64.
TEST(ZipArchive, MoreEntriesThanTheCountHolds) {
  TempFolder folder;
  std::vector<RawZipEntry> entries;
  for (int i = 0; i < 65540; ++i) entries.push_back(Entry(std::to_string(i), std::to_string(i)));
  auto archive = MustOpen(folder.Write("a.zip", MakeRawZip(entries)));
  ASSERT_NE(archive, nullptr);
  ASSERT_EQ(archive->entries().size(), entries.size());
  EXPECT_EQ(archive->entries()[65539].name, "65539");
  EXPECT_EQ(*archive->Read(65539, kNoLimit), "65539");
}

TEST(ZipArchive, LocalHeadersAreCopiesThatMayDiffer) {
  TempFolder folder;
  std::string bytes = MakeRawZip({Entry("a.png", "first")});
  bytes.replace(4, 20, std::string(20, '\xaa'));  // everything but the lengths of the name and the extra field
  bytes.replace(bytes.find("a.png"), 5, "b.jpg");
  auto archive = MustOpen(folder.Write("a.zip", bytes));
  ASSERT_NE(archive, nullptr);
  EXPECT_THAT(Names(*archive), ElementsAre("a.png"));
  EXPECT_EQ(*archive->Read(0, kNoLimit), "first");
}

TEST(ZipArchive, OneNameTwice) {
  TempFolder folder;
  auto archive = MustOpen(folder.Write("a.zip", MakeRawZip({Entry("a.png", "old"), Entry("a.png", "new")})));
  ASSERT_NE(archive, nullptr);
  EXPECT_EQ(*archive->Read(0, kNoLimit), "old");
  EXPECT_EQ(*archive->Read(1, kNoLimit), "new");
}

TEST(ZipArchive, UnsupportedMethodsAreNamed) {
  TempFolder folder;
  std::vector<RawZipEntry> entries = {Entry("a.png", "x"), Entry("b.png", "x"), Entry("c.png", "x")};
  entries[0].method = 9;
  entries[1].method = 98;
  entries[2].method = 77;
  auto archive = MustOpen(folder.Write("a.zip", MakeRawZip(entries)));
  ASSERT_NE(archive, nullptr);
  EXPECT_EQ(Error(archive->Read(0, kNoLimit)),
            "is packed with Deflate64, which is not supported: unpack the archive and give the folder, or pack it "
            "again with \"zip -r\"");
  EXPECT_THAT(Error(archive->Read(1, kNoLimit)), StartsWith("is packed with PPMd, which"));
  EXPECT_THAT(Error(archive->Read(2, kNoLimit)), StartsWith("is packed with method 77, which"));
}

TEST(ZipArchive, SizesThatLieAreErrors) {
  TempFolder folder;
  std::vector<RawZipEntry> entries = {Entry("more.png", "12345"), Entry("less.png", "12345"), Entry("b.png", "fine")};
  entries[0].size = 900000;
  entries[1].size = 2;
  auto archive = MustOpen(folder.Write("a.zip", MakeRawZip(entries)));
  ASSERT_NE(archive, nullptr);
  EXPECT_FALSE(archive->Read(0, kNoLimit).ok());
  EXPECT_FALSE(archive->Read(1, kNoLimit).ok());
  EXPECT_EQ(*archive->Read(2, kNoLimit), "fine");
}

TEST(ZipArchive, NotAZip) {
  TempFolder folder;
  EXPECT_THAT(std::string(ZipArchive::Open(folder.Write("a", std::string(1000, 'x'))).status().message()),
              EndsWith("/a is not a zip archive"));
  EXPECT_EQ(ZipArchive::Open(folder.path() + "/none").status().code(), absl::StatusCode::kNotFound);
}

TEST(ZipArchive, TruncationsAndRandomDamageNeverCrash) {
  TempFolder folder;
  const std::string path = folder.path() + "/a.zip";
  WriteZip(path, {{"a.png", std::string(300, 'x'), true}, {"b.png", "stored bytes"}});
  const std::string whole = *ReadFile(path, kNoLimit);
  for (size_t length = 1; length < whole.size(); length += 3) {
    EXPECT_FALSE(ZipArchive::Open(folder.Write("cut.zip", whole.substr(0, length))).ok()) << length;
  }
  std::mt19937 random(1);
  int opened = 0;
  for (int i = 0; i < 300; ++i) {
    std::string damaged = whole;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    absl::StatusOr<std::unique_ptr<ZipArchive>> archive = ZipArchive::Open(folder.Write("damaged.zip", damaged));
    if (!archive.ok()) continue;
    ++opened;
    for (size_t entry = 0; entry < (*archive)->entries().size(); ++entry) {
      absl::StatusOr<std::string> bytes = (*archive)->Read(entry, 1 << 20);
      if (bytes.ok()) {
        EXPECT_LE(bytes->size(), size_t{1} << 20);
      }
    }
  }
  EXPECT_GT(opened, 0);
  EXPECT_LT(opened, 300);
}

TEST(ZipArchive, ReplacedWhileOpen) {
  TempFolder folder;
  const std::string path = folder.path() + "/a.zip";
  WriteZip(path, {{"a.png", "a"}, {"b.png", "b"}});
  auto archive = MustOpen(path);
  ASSERT_NE(archive, nullptr);
  // A second reader must open the file again while the first one holds the only handle. Many threads make that certain.
  WriteZip(folder.path() + "/new.zip", {{"c.png", "c"}, {"d.png", "d"}});
  folder.Write("a.zip", *ReadFile(folder.path() + "/new.zip", kNoLimit));
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        absl::StatusOr<std::string> bytes = archive->Read(0, kNoLimit);
        if (bytes.ok() && *bytes != "a") ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ZipArchive, ThreadsReadAtOnce) {
  TempFolder folder;
  const std::string path = folder.path() + "/a.zip";
  std::vector<ZipItem> items;
  for (int i = 0; i < 20; ++i) items.push_back({std::to_string(i), std::string(2000, 'a' + i), i % 2 == 0});
  WriteZip(path, items);
  auto archive = MustOpen(path);
  ASSERT_NE(archive, nullptr);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        absl::StatusOr<std::string> bytes = archive->Read(i % 20, kNoLimit);
        if (!bytes.ok() || *bytes != items[i % 20].bytes) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace sg::io
