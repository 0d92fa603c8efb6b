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

}  // namespace
}  // namespace sg::gan
