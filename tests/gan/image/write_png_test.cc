#include "gan/image/write_png.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

const Image kImage = {1, 2, 3, {1, 2, 3, 4, 5, 6}};

TEST(WritePng, TheFileIsTheEncodedImage) {
  const nn::ScratchDir dir;
  ASSERT_TRUE(WritePng(dir.File("a.png"), kImage, {{"seed", "85"}}).ok());
  EXPECT_EQ(dir.Read("a.png"), *EncodePng(kImage, {{"seed", "85"}}));
}

TEST(WritePng, AnImpossibleImageLeavesTheOldFile) {
  const nn::ScratchDir dir;
  dir.Write("a.png", "old");
  EXPECT_FALSE(WritePng(dir.File("a.png"), {0, 0, 3, {}}).ok());
  EXPECT_EQ(dir.Read("a.png"), "old");
}

TEST(WritePng, AFolderThatIsNotThereIsNamed) {
  const nn::ScratchDir dir;
  const absl::Status status = WritePng(dir.File("none/a.png"), kImage);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(std::string(status.message()).find(dir.File("none/a.png")), std::string::npos) << status;
}

}  // namespace
}  // namespace sg::gan
