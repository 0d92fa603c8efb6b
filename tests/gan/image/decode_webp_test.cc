#include "gan/image/decode_webp.h"

#include <webp/encode.h>

#include <algorithm>
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

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Take(uint8_t* bytes, size_t size) {
  std::string out(reinterpret_cast<char*>(bytes), size);
  WebPFree(bytes);
  return out;
}

std::string Lossless(const Image& image) {
  uint8_t* out = nullptr;
  const size_t size = WebPEncodeLosslessRGB(image.pixels.data(), image.width, image.height, image.width * 3, &out);
  return Take(out, size);
}

std::string LosslessRgba(const std::vector<uint8_t>& rgba, int width, int height) {
  uint8_t* out = nullptr;
  const size_t size = WebPEncodeLosslessRGBA(rgba.data(), width, height, width * 4, &out);
  return Take(out, size);
}

std::string Lossy(const Image& image) {
  uint8_t* out = nullptr;
  const size_t size = WebPEncodeRGB(image.pixels.data(), image.width, image.height, image.width * 3, 95, &out);
  return Take(out, size);
}

std::string Number(uint32_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

std::string Chunk(const std::string& type, const std::string& data) {
  return type + Number(static_cast<uint32_t>(data.size()), 4) + data + std::string(data.size() % 2, '\0');
}

// The image chunk of a simple file.
std::string Payload(const std::string& webp) { return webp.substr(12); }

constexpr int kXmp = 4, kExif = 8, kAnimation = 2;

std::string Extended(int flags, int width, int height, const std::string& chunks) {
  const std::string body =
      "WEBP" + Chunk("VP8X", Number(flags, 4) + Number(width - 1, 3) + Number(height - 1, 3)) + chunks;
  return "RIFF" + Number(static_cast<uint32_t>(body.size()), 4) + body;
}

std::string Frame(int x, int y, int width, int height, const std::string& payload) {
  return Chunk("ANMF", Number(x / 2, 3) + Number(y / 2, 3) + Number(width - 1, 3) + Number(height - 1, 3) +
                           Number(100, 3) + Number(0, 1) + payload);
}

std::string Animation(int width, int height, const std::string& frames) {
  return Extended(kAnimation, width, height, Chunk("ANIM", Number(0xff0000ff, 4) + Number(0, 2)) + frames);
}

Image MustDecode(const std::string& webp, const DecodeLimits& limits = DecodeLimits()) {
  absl::StatusOr<Image> image = DecodeWebp(webp, limits);
  EXPECT_TRUE(image.ok()) << image.status();
  return image.ok() ? *std::move(image) : Image();
}

std::string Error(const std::string& webp, const DecodeLimits& limits = DecodeLimits()) {
  return std::string(DecodeWebp(webp, limits).status().message());
}

int Worst(const Image& a, const Image& b) {
  int worst = a.pixels.size() == b.pixels.size() ? 0 : 255;
  for (size_t i = 0; i < a.pixels.size() && worst < 255; ++i) {
    worst = std::max(worst, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  }
  return worst;
}

TEST(DecodeWebp, LosslessAndLossy) {
  const Image image = Gradient(37, 21);
  EXPECT_EQ(MustDecode(Lossless(image)).pixels, image.pixels);
  EXPECT_LE(Worst(MustDecode(Lossy(image)), image), 12);
}

TEST(DecodeWebp, TransparencyIsCompositedOnWhite) {
  const std::string webp = LosslessRgba({10, 20, 30, 255, 10, 20, 30, 0, 100, 100, 100, 128}, 3, 1);
  EXPECT_THAT(MustDecode(webp).pixels, ElementsAre(10, 20, 30, 255, 255, 255, 177, 177, 177));
}

TEST(DecodeWebp, OrientationOfExifElseXmp) {
  const std::string payload = Payload(Lossless(Gradient(6, 4)));
  const std::string exif = Chunk("EXIF", std::string("Exif\0\0", 6) + OrientationTiff(6, true));
  const std::string upright = Chunk("EXIF", OrientationTiff(1, true));
  const std::string xmp = Chunk("XMP ", "<x tiff:Orientation=\"6\"/>");
  EXPECT_EQ(MustDecode(Extended(kExif, 6, 4, payload + exif)).width, 4);
  EXPECT_EQ(MustDecode(Extended(kXmp, 6, 4, payload + xmp)).width, 4);
  EXPECT_EQ(MustDecode(Extended(kExif | kXmp, 6, 4, payload + upright + xmp)).width, 6);
}

TEST(DecodeWebp, AnimationGivesItsFirstFrame) {
  const Image image = Gradient(6, 4);
  const std::string second = Frame(0, 0, 6, 4, Payload(Lossless(Solid(6, 4, 9, 9, 9))));
  EXPECT_EQ(MustDecode(Animation(6, 4, Frame(0, 0, 6, 4, Payload(Lossless(image))) + second)).pixels, image.pixels);
  // The rest of the canvas is white, whatever its background is.
  const std::string dot = Frame(2, 0, 1, 1, Payload(Lossless(Solid(1, 1, 1, 2, 3))));
  EXPECT_THAT(MustDecode(Animation(4, 1, dot)).pixels,
              ElementsAre(255, 255, 255, 255, 255, 255, 1, 2, 3, 255, 255, 255));
}

TEST(DecodeWebp, DamagedAnimations) {
  const std::string payload = Payload(Lossless(Gradient(6, 4)));
  EXPECT_FALSE(DecodeWebp(Animation(6, 4, ""), DecodeLimits()).ok());
  EXPECT_FALSE(DecodeWebp(Animation(6, 4, Frame(2, 0, 6, 4, payload)), DecodeLimits()).ok()) << "beyond the canvas";
  DecodeLimits limits;
  limits.max_whole_pixels = 23;
  EXPECT_EQ(Error(Animation(6, 4, Frame(0, 0, 6, 4, payload)), limits),
            "WebP is an animation of 6x4, which is too large");
}

TEST(DecodeWebp, EveryTruncationIsAnError) {
  for (const std::string& webp : {Lossless(Gradient(9, 7)), Lossy(Gradient(9, 7))}) {
    for (size_t length = 12; length + 1 < webp.size(); ++length) {
      EXPECT_EQ(Error(webp.substr(0, length)), "WebP is truncated") << length << " of " << webp.size();
    }
  }
}

TEST(DecodeWebp, MetadataThatIsCutOffAffectsNoPixel) {
  const Image image = Gradient(6, 4);
  const std::string exif = Chunk("EXIF", OrientationTiff(6, true));
  const std::string webp = Extended(kExif, 6, 4, Payload(Lossless(image)) + exif);
  for (size_t cut = 1; cut <= exif.size(); ++cut) {
    EXPECT_EQ(MustDecode(webp.substr(0, webp.size() - cut)).pixels, image.pixels) << cut;
  }
}

TEST(DecodeWebp, SizesAreLimited) {
  DecodeLimits limits;
  limits.max_pixels = 23;
  EXPECT_EQ(Error(Lossless(Gradient(6, 4)), limits), "image is 6x4, more than 23 pixels");
  EXPECT_THAT(Error(Extended(kAnimation, 1 << 16, 1 << 15, "")), HasSubstr("65536x32768, more than 300 Mpx"));
}

TEST(DecodeWebp, LargeImagesAreReduced) {
  DecodeLimits limits;
  limits.max_whole_pixels = 256;
  const Image image = Gradient(50, 32);
  for (const std::string& webp : {Lossless(image), Lossy(image)}) {
    const Image reduced = MustDecode(webp, limits);
    EXPECT_EQ(reduced.width, 16);
    ASSERT_EQ(reduced.height, 16);
    CenterShrink shrink(50, 32, DecodedForm(), 256, /*rows_in_order=*/true);
    for (int y = 0; y < 32; ++y) shrink.AddRow(y, &image.pixels[size_t{50} * 3 * y]);
    EXPECT_LE(Worst(reduced, shrink.Finish()), 10);
  }
}

TEST(DecodeWebp, LargeImagesAreReducedToTheirAspect) {
  DecodeLimits limits;
  limits.max_whole_pixels = 64;
  const absl::StatusOr<Image> reduced = DecodeWebp(Lossless(Gradient(50, 32)), limits, {/*alpha=*/false, {2, 1}});
  ASSERT_TRUE(reduced.ok()) << reduced.status();
  EXPECT_EQ(reduced->width, 10);
  EXPECT_EQ(reduced->height, 5);
}

TEST(DecodeWebp, KeepsAlphaOnRequest) {
  const DecodedForm form = {/*alpha=*/true, {}};
  absl::StatusOr<Image> image = DecodeWebp(Lossless(Solid(2, 1, 9, 8, 7)), DecodeLimits(), form);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixels, (std::vector<uint8_t>{9, 8, 7, 255, 9, 8, 7, 255}));
  // The canvas of an animation is transparent where its first frame does not cover it.
  image = DecodeWebp(Animation(4, 2, Frame(2, 0, 2, 2, Payload(Lossless(Solid(2, 2, 9, 8, 7))))), DecodeLimits(), form);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixels, (std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0, 0, 9, 8, 7, 255, 9, 8, 7, 255,
                                                 0, 0, 0, 0, 0, 0, 0, 0, 9, 8, 7, 255, 9, 8, 7, 255}));
}

TEST(DecodeWebp, RandomDamageNeverCrashes) {
  DecodeLimits limits;
  limits.max_pixels = 1 << 16;
  const std::string frame = Frame(2, 2, 6, 4, Payload(Lossless(Gradient(6, 4))));
  std::mt19937 random(1);
  int decoded = 0;
  constexpr int kTries = 2000;
  for (const std::string& webp : {Lossy(Gradient(24, 16)), Animation(8, 8, frame + frame)}) {
    for (int i = 0; i < kTries; ++i) {
      std::string damaged = webp;
      for (int flips = 1 + random() % 3; flips > 0; --flips) {
        damaged[12 + random() % (damaged.size() - 12)] = static_cast<char>(random());
      }
      limits.max_whole_pixels = i % 2 == 0 ? 10 : 1 << 16;
      const absl::StatusOr<Image> image = DecodeWebp(damaged, limits);
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
