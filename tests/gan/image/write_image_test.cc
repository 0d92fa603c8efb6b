#include "gan/image/write_image.h"

#include "gan/image/decode_image.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::Contains;
using ::testing::StartsWith;

TEST(WriteImageTest, EveryFormatIsOneThatCanBeRead) {
  const nn::ScratchDir folder;
  const Image image{16, 8, 3, std::vector<uint8_t>(16 * 8 * 3, 100)};
  for (const char* name : {"png", "jpg", "jpeg", "webp"}) {
    const std::optional<ImageFormat> format = ImageFormatNamed(name);
    ASSERT_TRUE(format.has_value()) << name;
    const std::string file = std::string("a.") + std::string(Extension(*format));
    ASSERT_TRUE(WriteImage(folder.File(file), image, *format, 90, {{"seed", "7"}}).ok()) << name;
    const absl::StatusOr<Image> back = DecodeImage(folder.Read(file), DecodeLimits());
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->width, 16);
    EXPECT_NEAR(back->pixels[50], 100, 1) << name;
  }
  EXPECT_THAT(folder.Names(), ::testing::ElementsAre("a.jpg", "a.png", "a.webp"));
  EXPECT_THAT(ReadPngText(folder.Read("a.png")).value(), Contains(PngText("seed", "7")));
  EXPECT_EQ(ImageFormatNamed("gif"), std::nullopt);
}

TEST(WriteImageTest, ErrorsNameTheFile) {
  const Image wide{20000, 1, 1, std::vector<uint8_t>(20000)};
  EXPECT_THAT(std::string(WriteImage("a.webp", wide, ImageFormat::kWebp, 90).message()),
              StartsWith("a.webp: a WebP cannot be 20000x1"));
  const Image image{1, 1, 1, {0}};
  EXPECT_THAT(std::string(WriteImage("missing/a.png", image, ImageFormat::kPng, 90).message()),
              StartsWith("missing/a.png: "));
}

}  // namespace
}  // namespace sg::gan
