#include "gan/image/aspect.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

std::string Part(int width, int height, const Aspect& aspect) {
  const PartSize part = LargestPart(width, height, aspect);
  return absl::StrCat(part.width, "x", part.height);
}

TEST(LargestPart, TouchesTwoSides) {
  EXPECT_EQ(Part(50, 30, {1, 1}), "30x30");
  EXPECT_EQ(Part(30, 50, {1, 1}), "30x30");
  EXPECT_EQ(Part(1000, 1000, {16, 9}), "1000x563");
  EXPECT_EQ(Part(1000, 1000, {9, 16}), "563x1000");
  EXPECT_EQ(Part(512, 384, {4, 3}), "512x384");
  EXPECT_EQ(Part(1000000, 1000000, {16, 3}), "1000000x187500");
}

TEST(LargestPart, IsNeverEmpty) {
  EXPECT_EQ(Part(1, 1, {16, 3}), "1x1");
  EXPECT_EQ(Part(1, 1000, {16, 3}), "1x1");
}

TEST(Aspect, Transposed) { EXPECT_EQ(Part(100, 100, Aspect{2, 1}.Transposed()), "50x100"); }

}  // namespace
}  // namespace sg::gan
