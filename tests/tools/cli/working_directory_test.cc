#include "tools/cli/working_directory.h"

#include <stdlib.h>
#include <unistd.h>

#include <climits>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::cli {
namespace {

std::string CurrentDirectory() {
  char path[PATH_MAX];
  return getcwd(path, sizeof(path)) == nullptr ? "" : path;
}

TEST(WorkingDirectoryTest, UnsetOrEmptyStays) {
  const std::string before = CurrentDirectory();
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_TRUE(EnterWorkingDirectory().ok());
  setenv("BUILD_WORKING_DIRECTORY", "", 1);
  EXPECT_TRUE(EnterWorkingDirectory().ok());
  EXPECT_EQ(CurrentDirectory(), before);
}

TEST(WorkingDirectoryTest, GoesWhereTheUserIs) {
  setenv("BUILD_WORKING_DIRECTORY", "/", 1);
  EXPECT_TRUE(EnterWorkingDirectory().ok());
  EXPECT_EQ(CurrentDirectory(), "/");
}

TEST(WorkingDirectoryTest, AMissingFolderIsNamed) {
  setenv("BUILD_WORKING_DIRECTORY", "/no/such/folder", 1);
  const absl::Status status = EnterWorkingDirectory();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("/no/such/folder"));
}

}  // namespace
}  // namespace sg::cli
