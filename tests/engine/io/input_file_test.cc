#include "engine/io/input_file.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using nn::ScratchDir;
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

}  // namespace
}  // namespace sg::io
