#include "engine/base/shape.h"

#include <cstdint>
#include <sstream>
#include <vector>

#include "gtest/gtest.h"

namespace sg {
namespace {

TEST(Shape, ScalarHasOneElement) {
  const Shape scalar;
  EXPECT_EQ(scalar.rank(), 0);
  EXPECT_EQ(scalar.NumElements(), 1);
  EXPECT_EQ(ToString(scalar), "[]");
}

TEST(Shape, DimensionsCountFromBothEnds) {
  const Shape shape = {8, 64, 32, 16};
  EXPECT_EQ(shape.rank(), 4);
  EXPECT_EQ(shape.dim(0), 8);
  EXPECT_EQ(shape.dim(-1), 16);
  EXPECT_EQ(shape[-4], 8);
  EXPECT_EQ(shape.NumElements(), 8 * 64 * 32 * 16);
}

TEST(Shape, ZeroExtentHasNoElements) { EXPECT_EQ(Shape({3, 0, 5}).NumElements(), 0); }

TEST(Shape, CountsBeyond32Bits) { EXPECT_EQ(Shape({1 << 20, 1 << 20}).NumElements(), int64_t{1} << 40); }

TEST(Shape, FromIteratorsSetAndAppend) {
  const std::vector<int64_t> dims = {2, 3};
  Shape shape(dims.begin(), dims.end());
  EXPECT_EQ(shape, Shape({2, 3}));
  shape.set_dim(-1, 5);
  shape.Append(7);
  EXPECT_EQ(shape, Shape({2, 5, 7}));
}

TEST(Shape, EqualityComparesRankAndExtents) {
  EXPECT_NE(Shape({2, 3}), Shape({3, 2}));
  EXPECT_NE(Shape({2, 3}), Shape({2, 3, 1}));
  EXPECT_NE(Shape(), Shape({1}));
}

TEST(Shape, Prints) {
  std::ostringstream os;
  os << Shape({8, 64, 64, 16});
  EXPECT_EQ(os.str(), "[8,64,64,16]");
}

TEST(Shape, RowMajorStrides) {
  EXPECT_EQ(RowMajorStrides({2, 3, 4}), (Strides{12, 4, 1, 0, 0, 0}));
  EXPECT_EQ(RowMajorStrides({}), Strides{});
}

TEST(Shape, BroadcastFollowsNumPy) {
  Shape out;
  ASSERT_TRUE(BroadcastShapes({8, 1, 6, 1}, {7, 1, 5}, &out));
  EXPECT_EQ(out, Shape({8, 7, 6, 5}));
  ASSERT_TRUE(BroadcastShapes({}, {2, 3}, &out));
  EXPECT_EQ(out, Shape({2, 3}));
  ASSERT_TRUE(BroadcastShapes({1, 3}, {0, 3}, &out));
  EXPECT_EQ(out, Shape({0, 3}));
}

TEST(Shape, MisfitLeavesOutputAlone) {
  Shape out = {9};
  EXPECT_FALSE(BroadcastShapes({2, 3}, {2}, &out));
  EXPECT_EQ(out, Shape({9}));
}

TEST(Shape, IsBroadcastableToIsOneSided) {
  EXPECT_TRUE(IsBroadcastableTo({3}, {2, 3}));
  EXPECT_TRUE(IsBroadcastableTo({2, 1}, {2, 3}));
  EXPECT_FALSE(IsBroadcastableTo({2, 3}, {2, 1}));
  EXPECT_FALSE(IsBroadcastableTo({2, 3}, {3}));
}

TEST(Shape, BroadcastStridesAreZeroAlongRepeats) {
  EXPECT_EQ(BroadcastStrides({3, 1, 5}, {2, 3, 4, 5}), (Strides{0, 5, 0, 1, 0, 0}));
  EXPECT_EQ(BroadcastStrides({}, {2, 3}), Strides{});
}

TEST(ShapeDeathTest, NamesTheMistake) {
  EXPECT_DEATH(Shape({1, 1, 1, 1, 1, 1, 1}), "\\[Shape\\] more than 6 dimensions");
  EXPECT_DEATH(Shape({2, -1}), "\\[Shape\\] negative extent -1");
  EXPECT_DEATH(Shape({2, 3}).dim(2), "\\[Shape\\] no dimension 2 in \\[2,3\\]");
  EXPECT_DEATH(Shape({2, 3}).dim(-3), "\\[Shape\\] no dimension -3 in \\[2,3\\]");
  EXPECT_DEATH(BroadcastStrides({2}, {2, 3}), "\\[2\\] does not broadcast to \\[2,3\\]");
}

}  // namespace
}  // namespace sg
