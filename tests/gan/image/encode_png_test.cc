#include "gan/image/encode_png.h"

#include <string>
#include <vector>

#include "gan/image/decode_png.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::IsEmpty;

TEST(EncodePng, RoundTrip) {
  const Image image = Gradient(17, 11);
  absl::StatusOr<std::string> bytes = EncodePng(image);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  absl::StatusOr<Image> decoded = DecodePng(*bytes, DecodeLimits());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->width, 17);
  EXPECT_EQ(decoded->height, 11);
  EXPECT_EQ(decoded->pixels, image.pixels);
}

TEST(EncodePng, StoredPixelsAreInTheFileAsTheyAre) {
  const Image image = Gradient(40, 30);
  const absl::StatusOr<std::string> bytes = EncodePng(image, {}, PngPacking::kStored);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const std::string row(image.pixels.begin() + 120 * 7, image.pixels.begin() + 120 * 8);
  EXPECT_NE(bytes->find(row), std::string::npos);
  EXPECT_GT(bytes->size(), image.pixels.size());
  EXPECT_LT(bytes->size(), image.pixels.size() + 200);
  EXPECT_EQ(DecodePng(*bytes, DecodeLimits())->pixels, image.pixels);
}

TEST(EncodePng, GreyAndAlpha) {
  absl::StatusOr<std::string> gray = EncodePng(Image{2, 1, 1, {3, 200}});
  ASSERT_TRUE(gray.ok());
  EXPECT_EQ(DecodePng(*gray, DecodeLimits())->pixels, (std::vector<uint8_t>{3, 3, 3, 200, 200, 200}));
  absl::StatusOr<std::string> gray_alpha = EncodePng(Image{2, 1, 2, {3, 255, 200, 0}});
  ASSERT_TRUE(gray_alpha.ok());
  EXPECT_EQ(DecodePng(*gray_alpha, DecodeLimits())->pixels, (std::vector<uint8_t>{3, 3, 3, 255, 255, 255}));
  absl::StatusOr<std::string> rgba = EncodePng(Image{1, 1, 4, {3, 4, 5, 0}});
  ASSERT_TRUE(rgba.ok());
  EXPECT_EQ(DecodePng(*rgba, DecodeLimits())->pixels, (std::vector<uint8_t>{255, 255, 255}));
}

TEST(EncodePng, TextsComeBack) {
  const std::vector<PngText> text = {{"seed", "7"},
                                     {"config", "{\n \"resolution\": 64\n}"},
                                     {"prompt", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
                                     {"empty", ""}};
  absl::StatusOr<std::string> bytes = EncodePng(Gradient(4, 4), text);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  absl::StatusOr<std::vector<PngText>> read = ReadPngText(*bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, text);
  EXPECT_NE(bytes->find("iTXtprompt"), std::string::npos);
  EXPECT_NE(bytes->find("tEXtseed"), std::string::npos);
}

TEST(EncodePng, BadArguments) {
  EXPECT_FALSE(EncodePng(Image{0, 4, 3, {}}).ok());
  const Image image = Gradient(2, 2);
  for (const std::string& keyword : {std::string(), std::string(80, 'k'), std::string(" k"), std::string("k "),
                                     std::string("a  b"), std::string("a\nb"), std::string("caf\xc3\xa9")}) {
    EXPECT_FALSE(EncodePng(image, {{keyword, "v"}}).ok()) << keyword;
  }
  EXPECT_FALSE(EncodePng(image, {{"k", std::string("a\0b", 3)}}).ok());
}

TEST(ReadPngText, BombIsLeftOut) {
  PngSpec spec;
  spec.width = 1;
  spec.height = 1;
  spec.rows = {1, 2, 3};
  spec.zeros_text = std::string(size_t{4} << 20, 'a');
  absl::StatusOr<std::vector<PngText>> text = ReadPngText(MakePng(spec));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, IsEmpty());
}

TEST(ReadPngText, OtherFiles) {
  EXPECT_FALSE(ReadPngText("").ok());
  EXPECT_FALSE(ReadPngText("not a PNG at all").ok());
  EXPECT_FALSE(ReadPngText(EncodePng(Gradient(4, 4))->substr(0, 40)).ok());
}

}  // namespace
}  // namespace sg::gan
