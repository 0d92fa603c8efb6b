#include "gan/image/channels.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

// The expected bytes are Pillow's, of convert("L").
TEST(ToGray, LumaAsInPillow) {
  const Image gray = ToGray({4, 1, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 13, 200, 77}});
  EXPECT_EQ(gray.channels, 1);
  EXPECT_THAT(gray.pixels, ElementsAre(76, 150, 29, 130));
}

TEST(ToGray, KeepsAlphaAndGray) {
  const Image gray = ToGray({2, 1, 4, {7, 7, 7, 9, 255, 255, 255, 0}});
  EXPECT_EQ(gray.channels, 2);
  EXPECT_THAT(gray.pixels, ElementsAre(7, 9, 255, 0));
}

TEST(WithChannels, ConvertsBetweenAllNumbers) {
  const auto pixels = [](const Image& image, int channels) {
    const Image out = WithChannels(image, channels);
    EXPECT_EQ(out.channels, channels);
    return out.pixels;
  };
  const Image gray{2, 1, 1, {5, 6}}, gray_alpha{1, 1, 2, {5, 7}}, rgb{1, 1, 3, {255, 0, 0}},
      rgba{1, 1, 4, {255, 0, 0, 9}};
  EXPECT_THAT(pixels(gray, 1), ElementsAre(5, 6));
  EXPECT_THAT(pixels(gray, 2), ElementsAre(5, 255, 6, 255));
  EXPECT_THAT(pixels(gray, 3), ElementsAre(5, 5, 5, 6, 6, 6));
  EXPECT_THAT(pixels(gray, 4), ElementsAre(5, 5, 5, 255, 6, 6, 6, 255));
  EXPECT_THAT(pixels(gray_alpha, 1), ElementsAre(5));
  EXPECT_THAT(pixels(gray_alpha, 4), ElementsAre(5, 5, 5, 7));
  EXPECT_THAT(pixels(rgb, 1), ElementsAre(76));
  EXPECT_THAT(pixels(rgb, 2), ElementsAre(76, 255));
  EXPECT_THAT(pixels(rgb, 4), ElementsAre(255, 0, 0, 255));
  EXPECT_THAT(pixels(rgba, 1), ElementsAre(76));
  EXPECT_THAT(pixels(rgba, 2), ElementsAre(76, 9));
  EXPECT_THAT(pixels(rgba, 3), ElementsAre(255, 0, 0));
}

}  // namespace
}  // namespace sg::gan
