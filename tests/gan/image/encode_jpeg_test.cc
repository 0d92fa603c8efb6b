#include "gan/image/encode_jpeg.h"

#include <cstdlib>
#include <vector>

#include "gan/image/decode_jpeg.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

// A smooth ramp, which JPEG keeps well.
Image Ramp(int width, int height, int channels) {
  Image image{width, height, channels, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) image.pixels.push_back(static_cast<uint8_t>(40 + 3 * x + 2 * y + 20 * c));
    }
  }
  return image;
}

int LargestDifference(const Image& a, const Image& b) {
  int largest = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  return largest;
}

Image Decoded(const absl::StatusOr<std::string>& bytes) {
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  if (!bytes.ok()) return {};
  const absl::StatusOr<Image> image = DecodeJpeg(*bytes, DecodeLimits());
  EXPECT_TRUE(image.ok()) << image.status();
  return image.ok() ? *image : Image();
}

TEST(EncodeJpegTest, KeepsColorsAtHighQuality) {
  const Image image = Ramp(33, 17, 3), back = Decoded(EncodeJpeg(image, 95));
  ASSERT_EQ(back.width, 33);
  ASSERT_EQ(back.height, 17);
  EXPECT_LE(LargestDifference(image, back), 4);
  EXPECT_LT(EncodeJpeg(image, 20)->size(), EncodeJpeg(image, 95)->size());
}

TEST(EncodeJpegTest, GrayStaysGray) {
  const Image image = Ramp(16, 16, 1), back = Decoded(EncodeJpeg(image, 95));
  ASSERT_EQ(back.pixels.size(), 16u * 16 * 3);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(back.pixels[3 * i + c], image.pixels[i], 4) << i;
  }
}

TEST(EncodeJpegTest, TransparencyBecomesWhite) {
  for (int channels : {2, 4}) {
    Image image = Ramp(16, 16, channels);
    for (size_t i = channels - 1; i < image.pixels.size(); i += channels) {
      image.pixels[i] = i < image.pixels.size() / 2 ? 0 : 255;
    }
    const Image back = Decoded(EncodeJpeg(image, 95));
    ASSERT_EQ(back.pixels.size(), 16u * 16 * 3);
    EXPECT_GE(back.pixels[0], 250) << channels;
    EXPECT_NEAR(back.pixels[3 * 255], image.pixels[image.pixels.size() - channels], 6) << channels;
  }
}

TEST(EncodeJpegTest, SizesThatTheFormatDoesNotHave) {
  EXPECT_TRUE(absl::IsInvalidArgument(EncodeJpeg(Image{0, 4, 3, {}}, 90).status()));
  const Image wide{65501, 1, 1, std::vector<uint8_t>(65501)};
  EXPECT_EQ(EncodeJpeg(wide, 90).status().message(), "a JPEG cannot be 65501x1 pixels; a side has 1 to 65500");
}

}  // namespace
}  // namespace sg::gan
