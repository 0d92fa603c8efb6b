#include "gan/image/center_shrink.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

// A picture whose pixel (x, y) is (x + 10 y, 0, 255).
std::vector<uint8_t> Row(int width, int y) {
  std::vector<uint8_t> row;
  for (int x = 0; x < width; ++x) row.insert(row.end(), {static_cast<uint8_t>(x + 10 * y), 0, 255});
  return row;
}

TEST(CenterShrinkBlock, SmallestThatFits) {
  EXPECT_EQ(CenterShrinkBlock({9000, 9000}, int64_t{64} << 20), 2);
  EXPECT_EQ(CenterShrinkBlock({17320, 17320}, int64_t{64} << 20), 3);
  EXPECT_EQ(CenterShrinkBlock({100, 100}, int64_t{64} << 20), 1);
  EXPECT_EQ(CenterShrinkBlock({12000, 4000}, int64_t{10} << 20), 3);
  EXPECT_EQ(CenterShrinkBlock({8, 8}, 16), 2);
  EXPECT_EQ(CenterShrinkBlock({8, 8}, 15), 3);
  EXPECT_EQ(CenterShrinkBlock({5, 5}, 1), 3);
  EXPECT_EQ(CenterShrinkBlock({1, 1}, 1), 1);
  EXPECT_EQ(CenterShrinkBlock({10000, 10000}, 1), 16);
}

TEST(CenterShrink, AveragesBlocksOfTheCenter) {
  for (bool in_order : {true, false}) {
    CenterShrink shrink(7, 5, DecodedForm(), /*max_pixels=*/4, in_order);
    for (int y = 0; y < 5; ++y) shrink.AddRow(y, Row(7, y).data());
    const Image image = shrink.Finish();
    EXPECT_EQ(image.width, 2);
    EXPECT_EQ(image.height, 2);
    EXPECT_EQ(image.channels, 3);
    // The square has the columns 1 to 4 and the rows 0 to 3. (1 + 2 + 11 + 12) / 4 = 6.5, rounded up.
    EXPECT_THAT(image.pixels, ElementsAre(7, 0, 255, 9, 0, 255, 27, 0, 255, 29, 0, 255));
  }
}

TEST(CenterShrink, PixelsInAnyOrder) {
  CenterShrink expected(9, 9, DecodedForm(), /*max_pixels=*/9, /*rows_in_order=*/true);
  CenterShrink shrink(9, 9, DecodedForm(), /*max_pixels=*/9, /*rows_in_order=*/false);
  for (int y = 0; y < 9; ++y) expected.AddRow(y, Row(9, y).data());
  for (int y = 8; y >= 0; --y) {
    const std::vector<uint8_t> row = Row(9, y);
    for (int start = 0; start < 4; ++start) {
      std::vector<uint8_t> some;
      for (int x = start; x < 9; x += 4) some.insert(some.end(), row.begin() + x * 3, row.begin() + x * 3 + 3);
      shrink.AddPixels(y, start, 4, static_cast<int64_t>(some.size() / 3), some.data());
    }
  }
  EXPECT_EQ(shrink.Finish().pixels, expected.Finish().pixels);
}

TEST(CenterShrink, OfAnyAspectAndWithAlpha) {
  CenterShrink shrink(4, 6, {/*alpha=*/true, {2, 1}}, /*max_pixels=*/2, /*rows_in_order=*/true);
  for (int y = 0; y < 6; ++y) {
    std::vector<uint8_t> row;
    for (int x = 0; x < 4; ++x) row.insert(row.end(), {static_cast<uint8_t>(10 * y), 0, 0, static_cast<uint8_t>(x)});
    shrink.AddRow(y, row.data());
  }
  // The rows 2 and 3, in two blocks.
  const Image image = shrink.Finish();
  EXPECT_EQ(image.width, 2);
  EXPECT_EQ(image.height, 1);
  EXPECT_THAT(image.pixels, ElementsAre(25, 0, 0, 1, 25, 0, 0, 3));
}

TEST(CenterShrink, SumsDoNotOverflow) {
  CenterShrink shrink(16, 16, DecodedForm(), /*max_pixels=*/1, /*rows_in_order=*/true);
  const std::vector<uint8_t> white(16 * 3, 255);
  for (int y = 0; y < 16; ++y) shrink.AddRow(y, white.data());
  EXPECT_THAT(shrink.Finish().pixels, ElementsAre(255, 255, 255));
}

}  // namespace
}  // namespace sg::gan
