#include "gan/image/encode_webp.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

Image Picture(int width, int height, int channels, int shift) {
  Image image{width, height, channels, {}};
  for (int i = 0; i < width * height * channels; ++i) image.pixels.push_back(static_cast<uint8_t>(i * 7 + shift));
  return image;
}

// The image as four channels.
std::vector<uint8_t> Rgba(const Image& image) {
  std::vector<uint8_t> rgba;
  for (size_t i = 0; i < image.pixels.size(); i += image.channels) {
    for (int c = 0; c < 3; ++c) rgba.push_back(image.pixels[i + (image.channels >= 3 ? c : 0)]);
    rgba.push_back(image.channels % 2 == 0 ? image.pixels[i + image.channels - 1] : 255);
  }
  return rgba;
}

std::vector<uint8_t> Decoded(const std::string& bytes, int* width, int* height) {
  uint8_t* const rgba = WebPDecodeRGBA(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), width, height);
  EXPECT_NE(rgba, nullptr);
  if (rgba == nullptr) return {};
  std::vector<uint8_t> pixels(rgba, rgba + size_t{4} * *width * *height);
  WebPFree(rgba);
  return pixels;
}

TEST(EncodeWebpTest, Quality100KeepsEveryPixel) {
  for (int channels = 1; channels <= 4; ++channels) {
    const Image image = Picture(13, 9, channels, 3);
    const absl::StatusOr<std::string> bytes = EncodeWebp(image, 100);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    int width = 0, height = 0;
    EXPECT_EQ(Decoded(*bytes, &width, &height), Rgba(image)) << channels << " channels";
    EXPECT_EQ(width, 13);
    EXPECT_EQ(height, 9);
  }
}

TEST(EncodeWebpTest, LowerQualityIsSmallerAndClose) {
  Image image{64, 64, 3, {}};
  for (int i = 0; i < 64 * 64; ++i) image.pixels.insert(image.pixels.end(), 3, static_cast<uint8_t>(i / 64 * 3 + 20));
  const absl::StatusOr<std::string> good = EncodeWebp(image, 95), poor = EncodeWebp(image, 5);
  ASSERT_TRUE(good.ok() && poor.ok());
  EXPECT_LT(poor->size(), good->size());
  int width = 0, height = 0;
  const std::vector<uint8_t> pixels = Decoded(*good, &width, &height), want = Rgba(image);
  ASSERT_EQ(pixels.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(pixels[i], want[i], 6) << i;
}

TEST(EncodeWebpTest, SizesThatTheFormatDoesNotHave) {
  EXPECT_TRUE(absl::IsInvalidArgument(EncodeWebp(Image{0, 4, 3, {}}, 90).status()));
  const Image wide{16384, 1, 1, std::vector<uint8_t>(16384)};
  EXPECT_EQ(EncodeWebp(wide, 90).status().message(), "a WebP cannot be 16384x1 pixels; a side has 1 to 16383");
  EXPECT_TRUE(absl::IsInvalidArgument(WebpAnimation::Start(16384, 1, 30, 90).status()));
}

TEST(WebpAnimationTest, KeepsFramesAndTimes) {
  absl::StatusOr<std::unique_ptr<WebpAnimation>> animation = WebpAnimation::Start(12, 10, /*fps=*/3, /*quality=*/100);
  ASSERT_TRUE(animation.ok()) << animation.status();
  std::vector<Image> frames;
  for (int i = 0; i < 4; ++i) {
    frames.push_back(Picture(12, 10, 3, 50 * i));
    ASSERT_TRUE((*animation)->Add(frames.back()).ok());
  }
  const absl::StatusOr<std::string> bytes = (*animation)->Finish();
  ASSERT_TRUE(bytes.ok()) << bytes.status();

  const WebPData data = {reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()};
  WebPAnimDecoder* const decoder = WebPAnimDecoderNew(&data, nullptr);
  ASSERT_NE(decoder, nullptr);
  WebPAnimInfo info;
  ASSERT_NE(WebPAnimDecoderGetInfo(decoder, &info), 0);
  EXPECT_EQ(info.frame_count, 4u);
  EXPECT_EQ(info.loop_count, 0u) << "for ever";
  std::vector<int> ends;
  for (const Image& frame : frames) {
    uint8_t* pixels = nullptr;
    int end = 0;
    ASSERT_NE(WebPAnimDecoderGetNext(decoder, &pixels, &end), 0);
    EXPECT_EQ(std::vector<uint8_t>(pixels, pixels + 12 * 10 * 4), Rgba(frame));
    ends.push_back(end);
  }
  EXPECT_THAT(ends, ElementsAre(333, 666, 1000, 1333));
  WebPAnimDecoderDelete(decoder);
}

}  // namespace
}  // namespace sg::gan
