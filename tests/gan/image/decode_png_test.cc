#include "gan/image/decode_png.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "gan/image/center_shrink.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

std::vector<uint8_t> Decode(const PngSpec& spec) {
  absl::StatusOr<Image> image = DecodePng(MakePng(spec), DecodeLimits());
  EXPECT_TRUE(image.ok()) << image.status();
  if (!image.ok()) return {};
  EXPECT_EQ(image->width, spec.width);
  EXPECT_EQ(image->height, spec.height);
  EXPECT_EQ(image->channels, 3);
  return image->pixels;
}

PngSpec RgbSpec(const Image& image) {
  PngSpec spec;
  spec.width = image.width;
  spec.height = image.height;
  spec.rows = image.pixels;
  return spec;
}

std::string Error(const std::string& bytes, const DecodeLimits& limits = DecodeLimits()) {
  return std::string(DecodePng(bytes, limits).status().message());
}

TEST(DecodePng, Rgb) {
  const Image image = Gradient(13, 9);
  EXPECT_EQ(Decode(RgbSpec(image)), image.pixels);
}

TEST(DecodePng, Interlaced) {
  const Image image = Gradient(13, 9);
  PngSpec spec = RgbSpec(image);
  spec.interlaced = true;
  EXPECT_EQ(Decode(spec), image.pixels);
}

TEST(DecodePng, GreyIsRepeated) {
  PngSpec spec;
  spec.width = 2;
  spec.height = 1;
  spec.color_type = 0;
  spec.rows = {7, 250};
  EXPECT_THAT(Decode(spec), ElementsAre(7, 7, 7, 250, 250, 250));
}

TEST(DecodePng, FewBitsFillTheWholeRange) {
  PngSpec spec;
  spec.width = 4;
  spec.height = 1;
  spec.color_type = 0;
  spec.bit_depth = 2;
  spec.rows = {0b00011011};
  EXPECT_THAT(Decode(spec), ElementsAre(0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255));
  spec.width = 3;
  spec.bit_depth = 1;
  spec.rows = {0b10100000};
  EXPECT_THAT(Decode(spec), ElementsAre(255, 255, 255, 0, 0, 0, 255, 255, 255));
}

TEST(DecodePng, SixteenBitsAreRounded) {
  PngSpec spec;
  spec.width = 1;
  spec.height = 1;
  spec.bit_depth = 16;
  spec.rows = {0x12, 0xff, 0xff, 0xff, 0x80, 0x80};  // 0x12ff / 257 = 18.92
  EXPECT_THAT(Decode(spec), ElementsAre(19, 255, 128));
}

TEST(DecodePng, GreyAlphaIsCompositedOnWhite) {
  PngSpec spec;
  spec.width = 3;
  spec.height = 1;
  spec.color_type = 4;
  spec.rows = {100, 255, 100, 0, 100, 128};
  EXPECT_THAT(Decode(spec), ElementsAre(100, 100, 100, 255, 255, 255, 177, 177, 177));
}

TEST(DecodePng, InterlacedRgba16) {
  PngSpec spec;
  spec.width = 1;
  spec.height = 2;
  spec.color_type = 6;
  spec.bit_depth = 16;
  spec.interlaced = true;
  spec.rows = {0, 0, 0x80, 0x80, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x80, 0x80, 0xff, 0xff, 0, 0};
  EXPECT_THAT(Decode(spec), ElementsAre(0, 128, 255, 255, 255, 255));
}

TEST(DecodePng, PaletteWithTransparency) {
  PngSpec spec;
  spec.width = 3;
  spec.height = 1;
  spec.color_type = 3;
  spec.bit_depth = 4;
  spec.palette = {10, 20, 30, 40, 50, 60, 70, 80, 90};
  spec.palette_alpha = {255, 0};
  spec.rows = {0x01, 0x20};
  EXPECT_THAT(Decode(spec), ElementsAre(10, 20, 30, 255, 255, 255, 70, 80, 90));
}

TEST(DecodePng, ColorKeyBecomesWhite) {
  PngSpec spec;
  spec.width = 2;
  spec.height = 1;
  spec.transparent = {1, 2, 3};
  spec.rows = {1, 2, 3, 1, 2, 4};
  EXPECT_THAT(Decode(spec), ElementsAre(255, 255, 255, 1, 2, 4));
  spec.color_type = 0;
  spec.transparent = {5};
  spec.rows = {5, 6};
  EXPECT_THAT(Decode(spec), ElementsAre(255, 255, 255, 6, 6, 6));
}

TEST(DecodePng, ExifOrientation) {
  const Image image = Gradient(3, 2);
  const std::string png = InsertAfterIhdr(MakePng(RgbSpec(image)), PngChunk("eXIf", OrientationTiff(6, true)));
  absl::StatusOr<Image> turned = DecodePng(png, DecodeLimits());
  ASSERT_TRUE(turned.ok()) << turned.status();
  EXPECT_EQ(turned->width, 2);
  EXPECT_EQ(turned->height, 3);
  // A quarter turn clockwise moves the lower left corner to the upper left.
  EXPECT_TRUE(std::equal(turned->pixels.begin(), turned->pixels.begin() + 3, image.pixels.begin() + 9));
}

// Behind the data of the last IDAT there are its checksum and the end.
TEST(DecodePng, TruncationIsAnErrorWherePixelsAreMissing) {
  PngSpec spec = RgbSpec(Gradient(9, 7));
  for (bool interlaced : {false, true}) {
    spec.interlaced = interlaced;
    const std::string png = MakePng(spec);
    const size_t pixels_end = png.find("IDAT") + 4 + FindPngChunk(png, "IDAT").size();
    for (size_t length = 8; length < png.size(); ++length) {
      const absl::StatusOr<Image> image = DecodePng(png.substr(0, length), DecodeLimits());
      if (length < pixels_end) {
        EXPECT_EQ(image.status().message(), "PNG is truncated") << length << " of " << png.size();
      } else {
        ASSERT_TRUE(image.ok()) << image.status() << " at " << length << " of " << png.size();
        EXPECT_EQ(image->pixels, spec.rows);
      }
    }
  }
}

TEST(DecodePng, DamageBehindThePixelsIsAccepted) {
  const PngSpec spec = RgbSpec(Gradient(9, 7));
  const std::string png = MakePng(spec);
  const std::string without_end = png.substr(0, png.size() - 12);
  for (const std::string& end : {std::string(1000, '\0'), std::string("IEND"), PngChunk("IEND", "data"),
                                 PngChunk("abcd", "data") + std::string("\xff\xff\xff\xff", 4)}) {
    const absl::StatusOr<Image> image = DecodePng(without_end + end, DecodeLimits());
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->pixels, spec.rows);
  }
}

TEST(DecodePng, HugeChunksWithoutPixelsAreSkipped) {
  const PngSpec spec = RgbSpec(Gradient(9, 7));
  const std::string data = "Title" + std::string(1, '\0') + std::string(size_t{9} << 20, 'x');
  for (const char* type : {"iTXt", "prVt", "eXIf"}) {
    const absl::StatusOr<Image> image = DecodePng(InsertAfterIhdr(MakePng(spec), PngChunk(type, data)), DecodeLimits());
    ASSERT_TRUE(image.ok()) << image.status() << " " << type;
    EXPECT_EQ(image->pixels, spec.rows);
  }
}

TEST(DecodePng, LargeImagesAreReduced) {
  DecodeLimits limits;
  limits.max_whole_pixels = 12;
  for (bool interlaced : {false, true}) {
    for (const int channels : {3, 4}) {
      for (const int height : {7, 1, 2, 20}) {
        PngSpec spec;
        spec.width = 13;
        spec.height = height;
        spec.color_type = channels == 3 ? 2 : 6;
        spec.interlaced = interlaced;
        for (int i = 0; i < 13 * height * channels; ++i) spec.rows.push_back(static_cast<uint8_t>(i * i * 7));
        const absl::StatusOr<Image> image = DecodePng(MakePng(spec), limits);
        ASSERT_TRUE(image.ok()) << image.status();
        const Image whole = *DecodePng(MakePng(spec), DecodeLimits());
        CenterShrink shrink(13, height, DecodedForm(), 12, /*rows_in_order=*/true);
        for (int y = 0; y < height; ++y) shrink.AddRow(y, &whole.pixels[size_t{13} * 3 * y]);
        EXPECT_EQ(image->pixels, shrink.Finish().pixels) << interlaced << channels << height;
      }
    }
  }
}

TEST(DecodePng, KeepsAlphaOnRequest) {
  const DecodedForm form = {/*alpha=*/true, {}};
  PngSpec spec;
  spec.width = 2;
  spec.height = 1;
  spec.color_type = 6;
  spec.rows = {1, 2, 3, 4, 5, 6, 7, 0};
  absl::StatusOr<Image> image = DecodePng(MakePng(spec), DecodeLimits(), form);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->channels, 4);
  EXPECT_EQ(image->pixels, spec.rows);
  spec.color_type = 2;
  spec.rows = {1, 2, 3, 5, 6, 7};
  image = DecodePng(MakePng(spec), DecodeLimits(), form);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixels, (std::vector<uint8_t>{1, 2, 3, 255, 5, 6, 7, 255}));
  spec.color_type = 0;
  spec.rows = {9, 8};
  spec.transparent = {8};
  image = DecodePng(MakePng(spec), DecodeLimits(), form);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixels, (std::vector<uint8_t>{9, 9, 9, 255, 8, 8, 8, 0}));
}

// Of a picture that is transparent but for one color, no block gets another color.
TEST(DecodePng, ReducedAlphaDoesNotColorItsNeighbors) {
  PngSpec spec;
  spec.width = 8;
  spec.height = 4;
  spec.color_type = 6;
  for (int i = 0; i < 32; ++i) {
    const bool opaque = i % 8 == 2;
    for (const int value : {opaque ? 200 : 0, opaque ? 100 : 255, 0, opaque ? 255 : 0}) {
      spec.rows.push_back(static_cast<uint8_t>(value));
    }
  }
  DecodeLimits limits;
  limits.max_whole_pixels = 8;
  const absl::StatusOr<Image> image = DecodePng(MakePng(spec), limits, {/*alpha=*/true, {2, 1}});
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->width, 4);
  ASSERT_EQ(image->height, 2);
  for (int i = 0; i < 8; ++i) {
    const std::vector<uint8_t> pixel(&image->pixels[4 * i], &image->pixels[4 * i] + 4);
    EXPECT_EQ(pixel, (i % 4 == 1 ? std::vector<uint8_t>{199, 99, 0, 128} : std::vector<uint8_t>{0, 0, 0, 0})) << i;
  }
}

TEST(DecodePng, HugeSizesAreRefusedWithTheirSize) {
  std::string png = MakePng(RgbSpec(Gradient(4, 4)));
  const auto sized = [&](uint32_t width, uint32_t height) {
    std::string ihdr = FindPngChunk(png, "IHDR");
    for (int i = 0; i < 4; ++i) {
      ihdr[i] = static_cast<char>(width >> (24 - 8 * i));
      ihdr[4 + i] = static_cast<char>(height >> (24 - 8 * i));
    }
    return png.substr(0, 8) + PngChunk("IHDR", ihdr) + png.substr(33);
  };
  EXPECT_EQ(Error(sized(100000, 100000)), "image is 100000x100000, more than 300 Mpx (--max-mpx=300)");
  EXPECT_EQ(Error(sized(0x7fffffff, 0x7fffffff)), "image is 2147483647x2147483647, more than 300 Mpx (--max-mpx=300)");
  EXPECT_EQ(Error(sized(0xffffffff, 0xffffffff)), "image is 4294967295x4294967295, more than 300 Mpx (--max-mpx=300)");
  EXPECT_EQ(Error(sized(16000, 16000)), "PNG is truncated") << "16000x16000 within some hundred bytes";
  EXPECT_EQ(Error(sized(0, 5)), "image is 0x5, which is empty");
  EXPECT_EQ(Error(sized(1000000, 1)), "PNG is truncated");
  EXPECT_EQ(Error(sized(10000, 1)), "PNG is damaged: Not enough image data") << "which so many bytes could hold";
  DecodeLimits small;
  small.max_pixels = 15;
  EXPECT_EQ(Error(png, small), "image is 4x4, more than 15 pixels");
}

TEST(DecodePng, DamageIsNamed) {
  const std::string png = MakePng(RgbSpec(Gradient(4, 4)));
  std::string bad_crc = png;
  bad_crc[bad_crc.find("IDAT") + 6] ^= 1;
  EXPECT_THAT(Error(bad_crc), StartsWith("PNG is damaged: IDAT: "));
  std::string no_header = png;
  no_header.replace(12, 4, "IDAT");
  EXPECT_EQ(Error(no_header), "PNG is damaged: it does not start with IHDR");
}

TEST(DecodePng, BombsInAncillaryChunksAreNotUnpacked) {
  PngSpec spec = RgbSpec(Gradient(4, 4));
  spec.zeros_text = std::string(size_t{24} << 20, 'a');
  const std::string with_text = MakePng(spec);
  ASSERT_LT(with_text.size(), size_t{100} << 10);
  EXPECT_EQ(Decode(spec), spec.rows);
  // Builds an iCCP chunk, which has the layout of a zTXt: name, NUL, method, zlib stream.
  const std::string bomb = PngChunk("iCCP", FindPngChunk(with_text, "zTXt"));
  spec.zeros_text.clear();
  std::string many = MakePng(spec);
  for (int i = 0; i < 20; ++i) many = InsertAfterIhdr(many, bomb);
  absl::StatusOr<Image> image = DecodePng(many, DecodeLimits());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixels, spec.rows);
}

TEST(DecodePng, RandomDamageNeverCrashes) {
  DecodeLimits limits;
  limits.max_pixels = 1 << 16;
  PngSpec spec;
  spec.width = 8;
  spec.height = 8;
  spec.color_type = 3;
  spec.bit_depth = 4;
  spec.interlaced = true;
  spec.palette = {10, 20, 30, 40, 50, 60, 70, 80, 90};
  spec.palette_alpha = {255, 0, 30};
  spec.rows.assign(32, 0x12);
  const std::string png = InsertAfterIhdr(MakePng(spec), PngChunk("eXIf", OrientationTiff(6, true)));
  std::mt19937 random(1);
  int decoded = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string damaged = png;
    for (int flips = 1 + random() % 4; flips > 0; --flips) {
      const size_t at = 8 + random() % (damaged.size() - 8);
      damaged[at] = static_cast<char>(random());
      // Corrects the checksum half of the time, to let the damage get past it.
      if (random() % 2 == 0) {
        for (const char* type : {"IHDR", "PLTE", "tRNS", "IDAT"}) {
          if (damaged.find(type) == std::string::npos) continue;
          const size_t start = damaged.find(type);
          const size_t length = FindPngChunk(png, type).size();
          if (start + 8 + length > damaged.size()) continue;
          const std::string chunk = PngChunk(type, damaged.substr(start + 4, length));
          damaged.replace(start - 4, chunk.size(), chunk);
        }
      }
    }
    limits.max_whole_pixels = i % 2 == 0 ? 10 : 1 << 16;
    absl::StatusOr<Image> image = DecodePng(damaged, limits);
    if (!image.ok()) continue;
    ++decoded;
    ASSERT_EQ(image->pixels.size(), size_t{3} * image->width * image->height);
  }
  EXPECT_GT(decoded, 0);
  EXPECT_LT(decoded, 4000);
}

}  // namespace
}  // namespace sg::gan
