#include "gan/image/image_header.h"

#include <string>
#include <vector>

#include "gan/image/encode_png.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

void ExpectHeader(const std::string& bytes, int width, int height, PixelMode mode, int bits = 8) {
  const absl::StatusOr<ImageHeader> header = ReadImageHeader(bytes);
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->width, width);
  EXPECT_EQ(header->height, height);
  EXPECT_EQ(header->mode, mode) << PixelModeName(header->mode);
  EXPECT_EQ(header->bits, bits);
}

TEST(ImageHeader, OfPng) {
  const PixelMode modes[] = {PixelMode::kGray, PixelMode::kGrayAlpha, PixelMode::kRgb, PixelMode::kRgba};
  for (int channels = 1; channels <= 4; ++channels) {
    const std::string bytes = *EncodePng({5, 3, channels, std::vector<uint8_t>(15 * channels)});
    ExpectHeader(bytes, 5, 3, modes[channels - 1]);
  }
  PngSpec deep;
  deep.width = deep.height = 1;
  deep.bit_depth = 16;
  deep.rows.resize(6);
  ExpectHeader(MakePng(deep), 1, 1, PixelMode::kRgb, 16);
  PngSpec palette;
  palette.width = palette.height = 1;
  palette.color_type = 3;
  palette.rows = {0};
  palette.palette = {1, 2, 3};
  ExpectHeader(MakePng(palette), 1, 1, PixelMode::kPalette);
}

TEST(ImageHeader, OfJpegAndWebp) {
  JpegSpec gray;
  gray.width = gray.height = 16;
  gray.color = JpegColor::kGray;
  gray.pixels.resize(256);
  ExpectHeader(MakeJpeg(gray), 16, 16, PixelMode::kGray);
  gray.color = JpegColor::kCmyk;
  gray.pixels.resize(1024);
  ExpectHeader(MakeJpeg(gray), 16, 16, PixelMode::kCmyk);
  ExpectHeader(MakeJpeg(Gradient(9, 7)), 9, 7, PixelMode::kRgb);
}

TEST(ImageHeader, BearsDamage) {
  for (const std::string& good : {*EncodePng(Gradient(9, 7)), MakeJpeg(Gradient(9, 7))}) {
    for (size_t length = 0; length < good.size(); ++length)
      ReadImageHeader(good.substr(0, length)).status().IgnoreError();
    for (size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 0xff);
      ReadImageHeader(bad).status().IgnoreError();
    }
  }
  EXPECT_THAT(std::string(ReadImageHeader("GIF89a").status().message()), HasSubstr("a GIF image"));
  EXPECT_THAT(std::string(ReadImageHeader("").status().message()), HasSubstr("not a PNG, JPEG or WebP"));
}

}  // namespace
}  // namespace sg::gan
