#include "engine/io/input_file.h"

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using nn::ScratchDir;

constexpr int64_t kNoLimit = int64_t{1} << 40;

TEST(InputFile, ReadsAnywhere) {
  const ScratchDir dir;
  const absl::StatusOr<InputFile> file = InputFile::Open(dir.Write("data", "0123456789"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->size(), 10);
  std::string four(4, ' ');
  ASSERT_TRUE(file->ReadAt(6, four.data(), 4).ok());
  EXPECT_EQ(four, "6789");
  ASSERT_TRUE(file->ReadAt(0, four.data(), 4).ok());
  EXPECT_EQ(four, "0123");
}

TEST(InputFile, ReadingPastTheEndIsAnErrorThatNamesTheFile) {
  const ScratchDir dir;
  const absl::StatusOr<InputFile> file = InputFile::Open(dir.Write("data", "0123456789"));
  ASSERT_TRUE(file.ok()) << file.status();
  std::string four(4, ' ');
  const absl::Status status = file->ReadAt(7, four.data(), 4);
  EXPECT_FALSE(status.ok());
  EXPECT_NE(std::string(status.message()).find(dir.File("data")), std::string::npos) << status;
}

TEST(InputFile, AFileThatShrinksIsAnErrorNotACrash) {
  const ScratchDir dir;
  const absl::StatusOr<InputFile> file = InputFile::Open(dir.Write("data", "0123456789"));
  ASSERT_TRUE(file.ok()) << file.status();
  dir.Truncate("data", 2);
  std::string four(4, ' ');
  EXPECT_FALSE(file->ReadAt(4, four.data(), 4).ok());
}

TEST(InputFile, RefusesWhatIsNotARegularFile) {
  const ScratchDir dir;
  EXPECT_FALSE(InputFile::Open(dir.File("missing")).ok());
  EXPECT_FALSE(InputFile::Open(dir.path()).ok());
  EXPECT_FALSE(InputFile::Open("/dev/zero").ok());
}

TEST(InputFile, ReadSomeEndsWithZero) {
  const ScratchDir dir;
  const absl::StatusOr<InputFile> file = InputFile::Open(dir.Write("data", "0123456789"));
  ASSERT_TRUE(file.ok()) << file.status();
  std::string bytes(20, ' ');
  EXPECT_EQ(*file->ReadSome(8, bytes.data(), 20), 2);
  EXPECT_EQ(bytes.substr(0, 3), "89 ");
  EXPECT_EQ(*file->ReadSome(10, bytes.data(), 20), 0);
}

TEST(ReadFile, WholeContentsUpToTheLimit) {
  const ScratchDir dir;
  std::string contents(3 << 20, 'x');
  contents[2 << 20] = '\0';
  const std::string path = dir.Write("x", contents);
  EXPECT_EQ(*ReadFile(path, 3 << 20), contents);
  const absl::Status status = ReadFile(path, (3 << 20) - 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), path + ": is 3145728 bytes, more than 3145727");
  EXPECT_EQ(*ReadFile(dir.Write("empty", ""), 0), "");
}

// A file of /proc reports a length of 0. A file that grows while it is read reports too little, too.
TEST(ReadFile, TheLengthIsNotTrusted) {
  const absl::StatusOr<std::string> status = ReadFile("/proc/self/status", kNoLimit);
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_GT(status->size(), 10u);
  EXPECT_EQ(ReadFile("/proc/self/status", 5).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(ReadFile, Errors) {
  const ScratchDir dir;
  const absl::Status missing = ReadFile(dir.File("none"), kNoLimit).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(missing.message(), dir.File("none") + ": cannot open: No such file or directory");
  EXPECT_EQ(ReadFile(dir.path(), kNoLimit).status().message(), dir.path() + ": not a regular file");
  ASSERT_EQ(mkfifo(dir.File("pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(dir.File("pipe"), kNoLimit).status().message(), dir.File("pipe") + ": not a regular file");
}

}  // namespace
}  // namespace sg::io
