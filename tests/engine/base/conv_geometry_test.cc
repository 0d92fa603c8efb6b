#include "engine/base/conv_geometry.h"

#include <cstdint>
#include <sstream>

#include "engine/base/shape.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

// Counts the positions of a window one by one. The formula must agree.
int64_t CountWindows(int64_t length, int64_t kernel, int64_t stride, int64_t pad) {
  int64_t n = 0;
  for (int64_t start = -pad; start + kernel <= length + pad; start += stride) ++n;
  return n;
}

TEST(ConvGeometry, OutputLengthCountsWindows) {
  for (int64_t length = 1; length <= 9; ++length) {
    for (int64_t kernel = 1; kernel <= 4; ++kernel) {
      for (int64_t stride = 1; stride <= 3; ++stride) {
        for (int64_t pad = 0; pad <= 2; ++pad) {
          if (length + 2 * pad < kernel) continue;
          const ConvGeometry g{stride, 1, pad, 0, 1};
          const Shape y = Conv2dOutputShape("Conv2d", {2, length, 5, 3}, {7, kernel, 2, 3}, g);
          ASSERT_EQ(y, Shape({2, CountWindows(length, kernel, stride, pad), 4, 7}))
              << "length " << length << " kernel " << kernel << " " << g;
        }
      }
    }
  }
}

TEST(ConvGeometry, HeightAndWidthAreIndependent) {
  EXPECT_EQ(Conv2dOutputShape("Conv2d", {1, 8, 8, 3}, {4, 1, 3, 3}, {1, 2, 0, 1, 1}), Shape({1, 8, 4, 4}));
}

TEST(ConvGeometry, Groups) {
  ConvGeometry g = ConvGeometry::Padded(1);
  g.groups = 2;
  EXPECT_EQ(Conv2dOutputShape("Conv2d", {1, 8, 8, 6}, {4, 3, 3, 3}, g), Shape({1, 8, 8, 4}));
}

TEST(ConvGeometry, EqualityComparesEveryField) {
  const ConvGeometry base{2, 3, 4, 5, 6};
  EXPECT_TRUE(base == (ConvGeometry{2, 3, 4, 5, 6}));
  EXPECT_FALSE(base == (ConvGeometry{1, 3, 4, 5, 6}));
  EXPECT_FALSE(base == (ConvGeometry{2, 1, 4, 5, 6}));
  EXPECT_FALSE(base == (ConvGeometry{2, 3, 1, 5, 6}));
  EXPECT_FALSE(base == (ConvGeometry{2, 3, 4, 1, 6}));
  EXPECT_FALSE(base == (ConvGeometry{2, 3, 4, 5, 1}));
}

TEST(ConvGeometry, Prints) {
  std::ostringstream os;
  os << ConvGeometry{2, 3, 4, 5, 6};
  EXPECT_EQ(os.str(), "stride 2x3 pad 4x5 groups 6");
}

TEST(ConvGeometryDeathTest, NamesTheOperands) {
  const Shape x = {8, 64, 64, 16};
  EXPECT_DEATH(Conv2dOutputShape("Conv2d", {8, 64, 64}, {4, 3, 3, 16}, {}), "\\[Conv2d\\] input must be \\[N,H,W,C\\]");
  EXPECT_DEATH(Conv2dOutputShape("Conv2d", x, {4, 3, 3}, {}), "\\[Conv2d\\] weight must be \\[O,kH,kW,I\\]");
  EXPECT_DEATH(Conv2dOutputShape("Conv2dInputGrad", x, {64, 3, 3, 32}, {}),
               "\\[Conv2dInputGrad\\] weight \\[64,3,3,32\\].*expects 32 input channels, input "
               "\\[8,64,64,16\\] has 16");
  EXPECT_DEATH(Conv2dOutputShape("Conv2d", x, {3, 3, 3, 8}, {1, 1, 0, 0, 2}), "3 output channels do not divide into 2");
  EXPECT_DEATH(Conv2dOutputShape("Conv2d", x, {4, 3, 3, 16}, {0, 1, 0, 0, 1}), "impossible geometry: stride 0x1");
  EXPECT_DEATH(Conv2dOutputShape("Conv2d", {1, 2, 2, 1}, {1, 3, 3, 1}, {}), "larger than the padded input");
}

}  // namespace
}  // namespace sg
