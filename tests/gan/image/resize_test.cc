#include "gan/image/resize.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "tests/gan/image/lanczos_golden.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

// The input of tests/golden/lanczos.py.
Image GoldenInput(const LanczosGolden& golden) {
  Image image{golden.width, golden.height, golden.channels, {}};
  uint32_t state = 1;
  for (int i = 0; i < golden.width * golden.height * golden.channels; ++i) {
    state = state * 1664525 + 1013904223;
    const uint8_t value = state >> 24;
    image.pixels.push_back(i % 4 == 0 ? (value & 1 ? 255 : 0) : value);
  }
  return image;
}

uint64_t Fnv1a(const std::vector<uint8_t>& bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

TEST(ResizeLanczos, SameBytesAsPillow) {
  for (const LanczosGolden& golden : LanczosGoldens()) {
    const Image out = ResizeLanczos(GoldenInput(golden), golden.out_width, golden.out_height);
    EXPECT_EQ(out.width, golden.out_width);
    EXPECT_EQ(out.height, golden.out_height);
    EXPECT_EQ(out.channels, golden.channels);
    if (!golden.pixels.empty()) {
      EXPECT_EQ(out.pixels, golden.pixels);
    }
    EXPECT_EQ(Fnv1a(out.pixels), golden.fnv1a) << golden.width << "x" << golden.height << "x" << golden.channels
                                               << " to " << golden.out_width << "x" << golden.out_height;
  }
}

// The expected bytes are Pillow's, of images of the modes RGBA and LA.
TEST(ResizeLanczos, TransparentPixelsDoNotColorTheirNeighbors) {
  Image rgba{4, 3, 4, {}};
  for (int i = 0; i < 48; ++i) rgba.pixels.push_back(static_cast<uint8_t>(i * 37 + 11));
  EXPECT_EQ(ResizeLanczos(rgba, 2, 2).pixels,
            (std::vector<uint8_t>{90, 86, 133, 115, 99, 124, 132, 123, 122, 117, 143, 119, 112, 139, 149, 166}));
  const Image gray{4, 3, 2, {rgba.pixels.begin(), rgba.pixels.begin() + 24}};
  EXPECT_EQ(ResizeLanczos(gray, 2, 2).pixels, (std::vector<uint8_t>{99, 120, 162, 130, 136, 151, 143, 103}));
}

TEST(CenterCrop, MiddleOfEitherSide) {
  EXPECT_EQ(CenterCrop(Image{4, 1, 1, {1, 2, 3, 4}}, Aspect()).pixels, (std::vector<uint8_t>{2}));
  EXPECT_EQ(CenterCrop(Image{2, 5, 1, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}, Aspect()).pixels,
            (std::vector<uint8_t>{2, 3, 4, 5}));
  const Image square = Gradient(3, 3);
  EXPECT_EQ(CenterCrop(square, Aspect()).pixels, square.pixels);
  const Image wide = Gradient(5, 3);
  const Image cropped = CenterCrop(wide, Aspect());
  EXPECT_EQ(cropped.width, 3);
  EXPECT_EQ(cropped.pixels[0], wide.pixels[3]);
}

TEST(CenterCrop, AnyAspect) {
  const Image wide = Gradient(8, 4);
  const Image tall = CenterCrop(wide, {3, 4});
  EXPECT_EQ(tall.width, 3);
  EXPECT_EQ(tall.height, 4);
  EXPECT_EQ(tall.pixels[0], wide.pixels[3 * 2]);
  const Image flat = CenterCrop(wide, {4, 1});
  EXPECT_EQ(flat.width, 8);
  EXPECT_EQ(flat.height, 2);
  EXPECT_EQ(flat.pixels[0], wide.pixels[3 * 8]);
  EXPECT_EQ(CenterCrop(Gradient(1000, 3), {1, 1000}).width, 1) << "a part is never empty";
}

TEST(MirrorHorizontally, SwapsPixelsNotChannels) {
  const Image mirrored = MirrorHorizontally(Image{2, 2, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}});
  EXPECT_EQ(mirrored.pixels, (std::vector<uint8_t>{4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9}));
}

}  // namespace
}  // namespace sg::gan
