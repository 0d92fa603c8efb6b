#include "gan/image/decode_image.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

TEST(DecodeImage, TellsTheFormatByTheBytes) {
  const Image image = Solid(8, 8, 128, 128, 128);
  PngSpec spec;
  spec.width = 8;
  spec.height = 8;
  spec.rows = image.pixels;
  for (const std::string& bytes : {MakePng(spec), MakeJpeg(image)}) {
    absl::StatusOr<Image> decoded = DecodeImage(bytes, DecodeLimits());
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->pixels, image.pixels);
  }
}

TEST(DecodeImage, OtherFiles) {
  EXPECT_EQ(DecodeImage("", DecodeLimits()).status().message(), "file is empty");
  for (const char* bytes : {"\x89PN", "\xff\xd8", "RIFF", "RIFF....WAVE", "BM", "/etc/passwd"}) {
    EXPECT_EQ(DecodeImage(bytes, DecodeLimits()).status().message(), "file is not a PNG, JPEG or WebP");
  }
  EXPECT_EQ(DecodeImage("RIFF....WEBP", DecodeLimits()).status().message(), "WebP is truncated");
  EXPECT_EQ(DecodeImage("GIF89a", DecodeLimits()).status().message(),
            "file is a GIF image, which is not read: convert it to PNG, JPEG or WebP");
}

}  // namespace
}  // namespace sg::gan
