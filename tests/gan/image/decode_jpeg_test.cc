#include "gan/image/decode_jpeg.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::StartsWith;

constexpr int kTolerance = 8;  // the most that quality 95 and halved chroma change in a smooth picture

void ExpectNear(const std::string& jpeg, const Image& expected) {
  absl::StatusOr<Image> image = DecodeJpeg(jpeg, DecodeLimits());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->width, expected.width);
  EXPECT_EQ(image->height, expected.height);
  EXPECT_EQ(image->channels, 3);
  ASSERT_EQ(image->pixels.size(), expected.pixels.size());
  int worst = 0;
  for (size_t i = 0; i < expected.pixels.size(); ++i) {
    worst = std::max(worst, std::abs(int{image->pixels[i]} - int{expected.pixels[i]}));
  }
  EXPECT_LE(worst, kTolerance);
}

std::string Error(const std::string& bytes, const DecodeLimits& limits = DecodeLimits()) {
  return std::string(DecodeJpeg(bytes, limits).status().message());
}

JpegSpec RgbSpec(const Image& image) {
  JpegSpec spec;
  spec.width = image.width;
  spec.height = image.height;
  spec.pixels = image.pixels;
  return spec;
}

TEST(DecodeJpeg, BaselineAndProgressive) {
  const Image image = Gradient(37, 21);
  JpegSpec spec = RgbSpec(image);
  ExpectNear(MakeJpeg(spec), image);
  spec.progressive = true;
  ExpectNear(MakeJpeg(spec), image);
  spec.color = JpegColor::kRgb;
  ExpectNear(MakeJpeg(spec), image);
}

TEST(DecodeJpeg, GreyIsRepeated) {
  JpegSpec spec;
  spec.width = 16;
  spec.height = 16;
  spec.color = JpegColor::kGray;
  spec.pixels.assign(256, 77);
  ExpectNear(MakeJpeg(spec), Solid(16, 16, 77, 77, 77));
}

TEST(DecodeJpeg, CmykIsInverted) {
  JpegSpec spec;
  spec.width = 16;
  spec.height = 16;
  for (int i = 0; i < 256; ++i) spec.pixels.insert(spec.pixels.end(), {200, 100, 50, 204});  // 204 / 255 = 0.8
  for (JpegColor color : {JpegColor::kCmyk, JpegColor::kYcck}) {
    spec.color = color;
    ExpectNear(MakeJpeg(spec), Solid(16, 16, 160, 80, 40));
  }
}

TEST(DecodeJpeg, ExifOrientation) {
  const Image image = Gradient(24, 16);
  JpegSpec spec = RgbSpec(image);
  spec.exif = OrientationTiff(6, false);
  Image turned{16, 24, 3, {}};
  for (int y = 0; y < 24; ++y) {
    for (int x = 0; x < 16; ++x) {
      for (int c = 0; c < 3; ++c) turned.pixels.push_back(image.pixels[((15 - x) * 24 + y) * 3 + c]);
    }
  }
  ExpectNear(MakeJpeg(spec), turned);
}

TEST(DecodeJpeg, EveryTruncationIsAnError) {
  JpegSpec spec = RgbSpec(Gradient(24, 16));
  for (bool progressive : {false, true}) {
    spec.progressive = progressive;
    const std::string jpeg = MakeJpeg(spec);
    for (size_t length = 3; length < jpeg.size(); ++length) {
      EXPECT_EQ(Error(jpeg.substr(0, length)), "JPEG is truncated") << length << " of " << jpeg.size();
    }
  }
}

TEST(DecodeJpeg, DataAfterTheEndIsIgnored) {
  const Image image = Gradient(24, 16);
  ExpectNear(MakeJpeg(image) + "appended by a camera", image);
}

TEST(DecodeJpeg, DamagedPixelsAreAnError) {
  std::string jpeg = MakeJpeg(Gradient(64, 64));
  // A marker in the middle of the entropy-coded data.
  jpeg.replace(jpeg.size() - 60, 2, "\xff\xd9");
  EXPECT_THAT(Error(jpeg), StartsWith("JPEG is damaged: Corrupt JPEG data"));
}

TEST(DecodeJpeg, HugeSizesAreRefusedWithTheirSize) {
  std::string jpeg = MakeJpeg(Gradient(24, 16));
  DecodeLimits small;
  small.max_pixels = 24 * 16 - 1;
  EXPECT_EQ(Error(jpeg, small), "image is 24x16, more than 383 pixels");
  const size_t frame = jpeg.find("\xff\xc0");
  jpeg.replace(frame + 5, 4, "\xfd\xe8\xfd\xe8");
  EXPECT_EQ(Error(jpeg), "image is 65000x65000, more than 64 Mpx");
}

TEST(DecodeJpeg, TooManyScans) {
  ExpectNear(MakeManyScanJpeg(50), Solid(16, 16, 90, 90, 90));
  EXPECT_EQ(Error(MakeManyScanJpeg(10000)), "JPEG has more than 100 scans");
}

TEST(DecodeJpeg, RandomDamageNeverCrashes) {
  DecodeLimits limits;
  limits.max_pixels = 1 << 16;
  std::mt19937 random(1);
  int decoded = 0;
  constexpr int kTries = 3000;
  JpegSpec spec = RgbSpec(Gradient(24, 16));
  spec.exif = OrientationTiff(3, true);
  for (bool progressive : {false, true}) {
    spec.progressive = progressive;
    const std::string jpeg = MakeJpeg(spec);
    for (int i = 0; i < kTries; ++i) {
      std::string damaged = jpeg;
      for (int flips = 1 + random() % 3; flips > 0; --flips) {
        damaged[3 + random() % (damaged.size() - 3)] = static_cast<char>(random());
      }
      absl::StatusOr<Image> image = DecodeJpeg(damaged, limits);
      if (!image.ok()) continue;
      ++decoded;
      ASSERT_EQ(image->pixels.size(), size_t{3} * image->width * image->height);
    }
  }
  EXPECT_GT(decoded, 0);
  EXPECT_LT(decoded, 2 * kTries);
}

}  // namespace
}  // namespace sg::gan
