#include "gan/image/decode_jpeg.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "gan/image/center_shrink.h"
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

TEST(DecodeJpeg, XmpOrientationCountsWithoutAnExifOne) {
  JpegSpec spec = RgbSpec(Gradient(24, 16));
  spec.xmp = "<rdf:Description tiff:Orientation=\"6\"/>";
  EXPECT_EQ(DecodeJpeg(MakeJpeg(spec), DecodeLimits())->width, 16);
  spec.exif = OrientationTiff(1, false);
  EXPECT_EQ(DecodeJpeg(MakeJpeg(spec), DecodeLimits())->width, 24);
  spec.exif = "no TIFF";
  EXPECT_EQ(DecodeJpeg(MakeJpeg(spec), DecodeLimits())->width, 16);
}

// The last two bytes are the end marker, which has no pixels.
TEST(DecodeJpeg, TruncationIsAnErrorWherePixelsAreMissing) {
  std::vector<JpegSpec> specs(4, RgbSpec(Gradient(24, 16)));
  specs[1].progressive = true;
  specs[2].separate_scans = true;
  specs[3].arithmetic = true;
  for (size_t i = 0; i < specs.size(); ++i) {
    const std::string jpeg = MakeJpeg(specs[i]);
    const absl::StatusOr<Image> whole = DecodeJpeg(jpeg, DecodeLimits());
    ASSERT_TRUE(whole.ok()) << whole.status();
    for (size_t length = 3; length < jpeg.size() - 2; ++length) {
      EXPECT_EQ(Error(jpeg.substr(0, length)), "JPEG is truncated") << length << " of " << jpeg.size() << ", " << i;
    }
    for (size_t length = jpeg.size() - 2; length < jpeg.size(); ++length) {
      const absl::StatusOr<Image> image = DecodeJpeg(jpeg.substr(0, length), DecodeLimits());
      if (specs[i].arithmetic) {
        EXPECT_FALSE(image.ok()) << "an arithmetic code does not show where it ends";
      } else {
        ASSERT_TRUE(image.ok()) << image.status() << " " << i;
        EXPECT_EQ(image->pixels, whole->pixels);
      }
    }
  }
}

// As phones of Samsung write it. The decoder does not use the parameters.
TEST(DecodeJpeg, OddParametersOfASequentialScan) {
  const std::string jpeg = MakeJpeg(Gradient(24, 16));
  std::string odd = jpeg;
  const size_t scan = jpeg.find("\xff\xda");
  odd.replace(scan + 11, 3, std::string(3, '\0'));  // Ss, Se, Ah and Al behind three components
  ASSERT_NE(odd, jpeg);
  const absl::StatusOr<Image> image = DecodeJpeg(odd, DecodeLimits());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixels, DecodeJpeg(jpeg, DecodeLimits())->pixels);
}

// The parts of a progressive file from one table of Huffman codes to the next: a scan each.
std::vector<std::string> SplitAtTables(const std::string& jpeg) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (true) {
    // A table that directly follows another one belongs to the same scan.
    const size_t next = jpeg.find("\xff\xc4", jpeg.find("\xff\xda", start));
    const size_t end = start == 0 ? jpeg.find("\xff\xc4") : next;
    parts.push_back(jpeg.substr(start, end - start));
    if (end == std::string::npos) return parts;
    start = end;
  }
}

TEST(DecodeJpeg, OrderOfProgressiveScans) {
  JpegSpec spec = RgbSpec(Gradient(24, 16));
  spec.progressive = true;
  const std::string jpeg = MakeJpeg(spec);
  const std::vector<std::string> parts = SplitAtTables(jpeg);
  ASSERT_GT(parts.size(), 4u);
  // Part 1 is the first scan of the DC coefficients, part 2 one of the AC coefficients.
  std::string swapped = parts[0] + parts[2] + parts[1];
  std::string without_dc = parts[0] + parts[2];
  std::string without_ac = parts[0] + parts[1];
  for (size_t i = 3; i < parts.size(); ++i) {
    swapped += parts[i];
    without_dc += parts[i];
    without_ac += parts[i];
  }
  const absl::StatusOr<Image> image = DecodeJpeg(swapped, DecodeLimits());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixels, DecodeJpeg(jpeg, DecodeLimits())->pixels);
  EXPECT_FALSE(DecodeJpeg(without_dc, DecodeLimits()).ok());
  EXPECT_THAT(Error(without_ac), StartsWith("JPEG is damaged: Inconsistent progression"));
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
  EXPECT_EQ(Error(jpeg), "image is 65000x65000, more than 300 Mpx (--max-mpx=300)");
  jpeg.replace(frame + 5, 4, "\x3e\x80\x3e\x80");
  EXPECT_EQ(Error(jpeg), "JPEG is truncated") << "16000x16000 within some hundred bytes";
}

TEST(DecodeJpeg, ProgressiveMemoryIsLimited) {
  DecodeLimits limits;
  limits.max_jpeg_bytes = int64_t{2} << 20;
  JpegSpec spec = RgbSpec(Gradient(1000, 1000));
  EXPECT_TRUE(DecodeJpeg(MakeJpeg(spec), limits).ok());
  spec.progressive = true;
  EXPECT_EQ(Error(MakeJpeg(spec), limits), "JPEG is progressive and needs more than 2 MiB");
  limits.max_jpeg_bytes = int64_t{4} << 20;
  EXPECT_TRUE(DecodeJpeg(MakeJpeg(spec), limits).ok());
}

TEST(DecodeJpeg, LargeImagesAreReduced) {
  DecodeLimits limits;
  limits.max_whole_pixels = 200;
  JpegSpec spec = RgbSpec(Gradient(48, 32));
  JpegSpec cmyk = spec;
  cmyk.color = JpegColor::kCmyk;
  cmyk.pixels.assign(48 * 32 * 4, 90);
  JpegSpec progressive = spec;
  progressive.progressive = true;
  for (const JpegSpec& large : {spec, cmyk, progressive}) {
    const std::string jpeg = MakeJpeg(large);
    const absl::StatusOr<Image> image = DecodeJpeg(jpeg, limits);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->width, 10);
    const Image whole = *DecodeJpeg(jpeg, DecodeLimits());
    CenterShrink shrink(48, 32, DecodedForm(), 200, /*rows_in_order=*/true);
    for (int y = 0; y < 32; ++y) shrink.AddRow(y, &whole.pixels[size_t{48} * 3 * y]);
    EXPECT_EQ(image->pixels, shrink.Finish().pixels);
  }
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
      limits.max_whole_pixels = i % 2 == 0 ? 10 : 1 << 16;
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
