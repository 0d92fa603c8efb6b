#include "gan/interop/host_tensor.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

TEST(HostTensor, TransposedMovesDimensions) {
  const HostTensor t = {{2, 3}, {1, 2, 3, 4, 5, 6}};
  const HostTensor turned = Transposed(t, {1, 0});
  EXPECT_EQ(turned.shape, Shape({3, 2}));
  EXPECT_THAT(turned.values, ElementsAre(1, 4, 2, 5, 3, 6));
  const HostTensor cube = {{2, 1, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7}};
  const HostTensor moved = Transposed(cube, {3, 0, 1, 2});
  EXPECT_EQ(moved.shape, Shape({2, 2, 1, 2}));
  EXPECT_THAT(moved.values, ElementsAre(0, 2, 4, 6, 1, 3, 5, 7));
  EXPECT_THAT(Transposed(moved, {1, 2, 3, 0}).values, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(HostTensor, FlippedReversesAxes) {
  const HostTensor t = {{2, 3}, {1, 2, 3, 4, 5, 6}};
  EXPECT_THAT(Flipped(t, {1}).values, ElementsAre(3, 2, 1, 6, 5, 4));
  EXPECT_THAT(Flipped(t, {0}).values, ElementsAre(4, 5, 6, 1, 2, 3));
  EXPECT_THAT(Flipped(t, {0, 1}).values, ElementsAre(6, 5, 4, 3, 2, 1));
}

TEST(HostTensor, PlusAndReshaped) {
  EXPECT_THAT(Plus({{2}, {1, 2}}, 1).values, ElementsAre(2, 3));
  const HostTensor scalar = Reshaped({{1}, {7}}, {});
  EXPECT_EQ(scalar.shape, Shape());
  EXPECT_THAT(scalar.values, ElementsAre(7));
  EXPECT_THAT(Transposed({{0, 3}, {}}, {1, 0}).values, ElementsAre());
}

}  // namespace
}  // namespace sg::gan
