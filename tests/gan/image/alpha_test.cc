#include "gan/image/alpha.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

TEST(CompositeOnWhite, InPlaceAndRounded) {
  std::vector<uint8_t> pixels = {10, 20, 30, 255, 10, 20, 30, 0, 100, 0, 255, 128};
  CompositeOnWhite(pixels.data(), 3, pixels.data());
  pixels.resize(9);
  // 100 * 128 / 255 + 255 * 127 / 255 = 177.2
  EXPECT_THAT(pixels, ElementsAre(10, 20, 30, 255, 255, 255, 177, 127, 255));
}

TEST(AddOpaqueAlpha, KeepsTheColors) {
  EXPECT_THAT(AddOpaqueAlpha({2, 1, 3, {1, 2, 3, 4, 5, 6}}).pixels, ElementsAre(1, 2, 3, 255, 4, 5, 6, 255));
}

// The expected bytes are Pillow's, of convert("RGBa") and convert("RGBA").
TEST(PremultiplyAlpha, ThereAndBackAsInPillow) {
  std::vector<uint8_t> pixels = {10, 20, 30, 255, 10, 20, 30, 0, 200, 100, 3, 128, 255, 1, 128, 7};
  PremultiplyAlpha(4, 4, pixels.data());
  EXPECT_THAT(pixels, ElementsAre(10, 20, 30, 255, 0, 0, 0, 0, 100, 50, 2, 128, 7, 0, 4, 7));
  UnpremultiplyAlpha(4, 4, pixels.data());
  EXPECT_THAT(pixels, ElementsAre(10, 20, 30, 255, 0, 0, 0, 0, 199, 99, 3, 128, 255, 0, 145, 7));
}

TEST(PremultiplyAlpha, OfGray) {
  std::vector<uint8_t> pixels = {200, 128, 30, 0};
  PremultiplyAlpha(2, 2, pixels.data());
  EXPECT_THAT(pixels, ElementsAre(100, 128, 0, 0));
  pixels[0] = 150;  // above its alpha, as a filter may leave it
  UnpremultiplyAlpha(2, 2, pixels.data());
  EXPECT_THAT(pixels, ElementsAre(255, 128, 0, 0));
}

}  // namespace
}  // namespace sg::gan
