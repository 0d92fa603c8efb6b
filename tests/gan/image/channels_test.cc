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

}  // namespace
}  // namespace sg::gan
