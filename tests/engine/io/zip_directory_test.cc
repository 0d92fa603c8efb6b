#include "engine/io/zip_directory.h"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_zip.h"
#include "tests/gan/image/test_files.h"

namespace sg::io {
namespace {

using gan::TempFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<ZipDirectory> Read(const std::string& bytes) {
  TempFolder folder;
  absl::StatusOr<InputFile> file = InputFile::Open(folder.Write("a.zip", bytes));
  EXPECT_TRUE(file.ok()) << file.status();
  return ReadZipDirectory(*file);
}

std::string Error(const std::string& bytes) { return std::string(Read(bytes).status().message()); }

std::vector<RawZipEntry> Two() {
  std::vector<RawZipEntry> entries(2);
  entries[0].name = "a.png";
  entries[0].data = "the first";
  entries[1].name = "b.png";
  entries[1].data = "the second";
  return entries;
}

TEST(ReadZipDirectory, Kinds) {
  std::vector<RawZipEntry> entries;
  const auto add = [&](const std::string& name, uint32_t mode) {
    entries.emplace_back();
    entries.back().name = name;
    entries.back().mode = mode;
  };
  add("file", 0100644);
  add("folder", 0040755);
  add("link", 0120777);
  add("pipe", 0010644);
  add("permissions only", 0644);
  add("no mode", 0);
  add("slash/", 0);
  add("backslash\\", 0);
  absl::StatusOr<ZipDirectory> directory = Read(MakeRawZip(entries));
  ASSERT_TRUE(directory.ok()) << directory.status();
  EXPECT_EQ(directory->prefix, 0);
  EXPECT_THAT(directory->kinds,
              ElementsAre(ZipEntryKind::kFile, ZipEntryKind::kFolder, ZipEntryKind::kLink, ZipEntryKind::kOther,
                          ZipEntryKind::kFile, ZipEntryKind::kFile, ZipEntryKind::kFolder, ZipEntryKind::kFolder));
}

TEST(ReadZipDirectory, Prefix) {
  RawZipSpec spec;
  spec.prefix = "a program";
  for (bool zip64 : {false, true}) {
    spec.zip64 = zip64;
    EXPECT_EQ(Read(MakeRawZip(Two(), spec))->prefix, 9);
  }
}

TEST(ReadZipDirectory, OverlapsAreErrors) {
  std::vector<RawZipEntry> entries = Two();
  entries[1].offset = 0;  // both names have the same bytes
  EXPECT_THAT(Error(MakeRawZip(entries)), HasSubstr("a.zip is damaged: two of its entries overlap"));
  entries[1].offset = 30;  // inside the first one
  EXPECT_THAT(Error(MakeRawZip(entries)), HasSubstr("two of its entries overlap"));
  entries[1].offset = 60;
  EXPECT_THAT(Error(MakeRawZip(entries)), HasSubstr("an entry overlaps the directory"));
  entries[1].offset = 5000;
  EXPECT_THAT(Error(MakeRawZip(entries)), HasSubstr("an entry overlaps the directory"));
  RawZipSpec zip64;
  zip64.zip64 = true;
  entries[1].offset = 0x7fffffffffffffff;
  EXPECT_THAT(Error(MakeRawZip(entries, zip64)), HasSubstr("an entry overlaps the directory"));
}

TEST(ReadZipDirectory, OtherFiles) {
  EXPECT_THAT(Error(""), HasSubstr("a.zip is not a zip archive"));
  EXPECT_THAT(Error("PK"), HasSubstr("a.zip is not a zip archive"));
  EXPECT_THAT(Error(std::string(100000, 'x')), HasSubstr("a.zip is not a zip archive"));
  const std::string zip = MakeRawZip(Two());
  EXPECT_THAT(Error(zip.substr(0, zip.size() - 1)), HasSubstr("is a zip archive without its end: it is truncated"));
  EXPECT_TRUE(Read(MakeRawZip({})).ok());
  RawZipSpec part;
  part.disk = 1;
  EXPECT_THAT(Error(MakeRawZip(Two(), part)), HasSubstr("is one part of a split zip archive"));
}

TEST(ReadZipDirectory, TheNumberOfEntriesIsLimited) {
  const TempFolder folder;
  const absl::StatusOr<InputFile> file = InputFile::Open(folder.Write("a.zip", MakeRawZip(Two())));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(ReadZipDirectory(*file, /*max_entries=*/2).ok());
  const absl::Status status = ReadZipDirectory(*file, /*max_entries=*/1).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("a.zip has more than 1 entries: unpack it and give the folder"));
}

// The size of the directory is stated in the end record, and a hole takes no room on the disk.
TEST(ReadZipDirectory, AHoleIsNoDirectory) {
  const TempFolder folder;
  const std::string path = folder.Write("a.zip", "");
  std::string end = MakeRawZip({});
  const auto set = [&end](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) end[at + i] = static_cast<char>(value >> (8 * i));
  };
  constexpr uint32_t kHole = uint32_t{1} << 30;
  set(12, kHole);
  set(16, 0);
  std::filesystem::resize_file(path, kHole);
  std::ofstream(path, std::ios::binary | std::ios::app) << end;
  rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  const absl::StatusOr<InputFile> file = InputFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(std::string(ReadZipDirectory(*file).status().message()), HasSubstr("its directory is missing"));
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 10 << 10) << "KiB";
}

TEST(ReadZipDirectory, NumbersThatLieAreErrors) {
  for (const bool zip64 : {false, true}) {
    RawZipSpec spec;
    spec.zip64 = zip64;
    const std::string zip = MakeRawZip(Two(), spec);
    // The size and the place of the directory.
    const size_t end = zip.find(zip64 ? "PK\x06\x06" : "PK\x05\x06");
    for (const size_t field : {zip64 ? end + 40 : end + 12, zip64 ? end + 48 : end + 16}) {
      std::string huge = zip;
      huge.replace(field, zip64 ? 8 : 4, zip64 ? 8 : 4, '\xff');
      EXPECT_FALSE(Read(huge).ok()) << field;
      std::string shifted = zip;
      shifted[field] = static_cast<char>(shifted[field] + 1);
      EXPECT_FALSE(Read(shifted).ok()) << field;
    }
    // The number of entries. That of a classic record is modulo 65536, and is not used.
    std::string many = zip;
    many.replace(zip64 ? end + 32 : end + 10, zip64 ? 6 : 2, zip64 ? 6 : 2, '\xff');
    if (zip64) {
      EXPECT_THAT(Error(many), HasSubstr("a.zip is damaged: its directory has 2 entries, not 281474976710655"));
    } else {
      EXPECT_TRUE(Read(many).ok());
    }
    // The lengths of the name, the extra field and the comment of an entry.
    for (const size_t field : {28, 30, 32}) {
      std::string long_name = zip;
      long_name.replace(zip.rfind("PK\x01\x02") + field, 2, "\xff\xff");
      EXPECT_THAT(Error(long_name), HasSubstr("its directory is truncated")) << field;
    }
  }
}

}  // namespace
}  // namespace sg::io
