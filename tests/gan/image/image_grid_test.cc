#include "gan/image/image_grid.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

TEST(MakeGrid, PlacesRowByRowAndFillsWithWhite) {
  const std::vector<Image> images = {{2, 1, 1, {1, 2}}, {2, 1, 1, {3, 4}}, {2, 1, 1, {5, 6}}};
  const Image grid = MakeGrid(images, 2);
  EXPECT_EQ(grid.width, 4);
  EXPECT_EQ(grid.height, 2);
  EXPECT_EQ(grid.channels, 1);
  EXPECT_EQ(grid.pixels, (std::vector<uint8_t>{1, 2, 3, 4, 5, 6, 255, 255}));
}

TEST(MakeGrid, Gap) {
  const std::vector<Image> images = {{1, 1, 1, {1}}, {1, 1, 1, {2}}, {1, 1, 1, {3}}};
  const Image grid = MakeGrid(images, 2, 1);
  EXPECT_EQ(grid.width, 3);
  EXPECT_EQ(grid.height, 3);
  EXPECT_EQ(grid.pixels, (std::vector<uint8_t>{1, 255, 2, 255, 255, 255, 3, 255, 255}));
}

TEST(MakeGrid, ColorImagesOfAnIncompleteRow) {
  std::vector<Image> images;
  for (int n = 0; n < 5; ++n) {
    Image image{2, 3, 3, {}};
    for (int i = 0; i < 18; ++i) image.pixels.push_back(static_cast<uint8_t>(20 * n + i));
    images.push_back(image);
  }
  const Image grid = MakeGrid(images, 3, 2);
  ASSERT_EQ(grid.width, 10);
  ASSERT_EQ(grid.height, 8);
  std::vector<uint8_t> expected(3 * 10 * 8, 255);
  for (int n = 0; n < 5; ++n) {
    for (int i = 0; i < 18; ++i) {
      const int y = n / 3 * 5 + i / 6, x = n % 3 * 4 + i / 3 % 2;
      expected[3 * (10 * y + x) + i % 3] = static_cast<uint8_t>(20 * n + i);
    }
  }
  EXPECT_EQ(grid.pixels, expected);
}

TEST(MakeGrid, NoWiderThanTheImages) { EXPECT_EQ(MakeGrid(std::vector<Image>{{2, 1, 1, {1, 2}}}, 8).width, 2); }

TEST(MakeGridDeathTest, SizesMustAgree) {
  const std::vector<Image> images = {{2, 1, 1, {1, 2}}, {1, 2, 1, {3, 4}}};
  EXPECT_DEATH(MakeGrid(images, 2), "image of 1x2x1 among images of 2x1x1");
}

TEST(CheckGrid, LimitsTheSheet) {
  EXPECT_TRUE(CheckGrid(64, {256, 256, 3}, 8).ok());
  EXPECT_TRUE(CheckGrid(1024, {1024, 1024, 3}, 32).ok());
  EXPECT_TRUE(CheckGrid(4, {8, 8, 3}, 1000000000).ok()) << "the grid is only as wide as there are images";
  EXPECT_EQ(
      CheckGrid(1025, {1024, 1024, 3}, 32).message(),
      "1025 images make a sheet of 32768x33792 pixels, which may have at most 1000000 a side and 1073741824 in all");
  EXPECT_FALSE(CheckGrid(100000, {64, 64, 3}, 100000).ok()) << "too wide";
  EXPECT_FALSE(CheckGrid(100000, {64, 64, 3}, 1).ok()) << "too high";
}

}  // namespace
}  // namespace sg::gan
