#include "tools/cli/file_suffix.h"

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::cli {
namespace {

TEST(FileSuffix, IsTheEndOfAFilesName) {
  EXPECT_EQ(FileSuffix("a.gif"), ".gif");
  EXPECT_EQ(FileSuffix("out/a.b.MOV"), ".MOV");
  EXPECT_EQ(FileSuffix("net.h5"), ".h5");
  EXPECT_EQ(FileSuffix("v.webm2"), ".webm2");
}

TEST(FileSuffix, AFolderHasNone) {
  for (const char* path : {"", "frames", "a.gif/", "a.gif/frames", ".cache", "..", "2026.11", "model.v2", "model.V10",
                           "a.longer-name", "a.", "a.b", "a.photos", "a.x y"}) {
    EXPECT_EQ(FileSuffix(path), "") << path;
  }
}

TEST(FileSuffix, AFolderThatExistsIsOneWhateverItsName) {
  const nn::ScratchDir folder;
  EXPECT_EQ(FileSuffix(folder.File("a.gif")), ".gif");
  std::filesystem::create_directory(folder.File("a.gif"));
  EXPECT_EQ(FileSuffix(folder.File("a.gif")), "");
}

}  // namespace
}  // namespace sg::cli
