#include "gan/data/epoch_order.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(EpochOrder, IsAPermutationOfItsOwn) {
  const std::vector<int64_t> order = EpochOrder(7, 0, 1000);
  std::vector<int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (int64_t i = 0; i < 1000; ++i) EXPECT_EQ(sorted[i], i);
  EXPECT_EQ(EpochOrder(7, 0, 1000), order);
  EXPECT_NE(EpochOrder(7, 1, 1000), order);
  EXPECT_NE(EpochOrder(8, 0, 1000), order);
  EXPECT_THAT(EpochOrder(7, 0, 1), ElementsAre(0));
  EXPECT_THAT(EpochOrder(7, 0, 0), IsEmpty());
}

// A checkpoint stores only a position, so the order must never change.
TEST(EpochOrder, StaysAsItIs) {
  EXPECT_THAT(EpochOrder(0, 0, 8), ElementsAre(0, 2, 5, 6, 3, 7, 4, 1));
  EXPECT_THAT(EpochOrder(123456789012345, 3, 8), ElementsAre(3, 2, 0, 1, 7, 5, 6, 4));
}

TEST(EpochOrder, AllPermutationsAreEquallyLikely) {
  constexpr int kEpochs = 24000;
  std::vector<int> counts(256, 0);
  for (int64_t epoch = 0; epoch < kEpochs; ++epoch) {
    const std::vector<int64_t> order = EpochOrder(1, epoch, 4);
    ++counts[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]];
  }
  double chi_squared = 0;
  int seen = 0;
  for (int count : counts) {
    if (count == 0) continue;
    ++seen;
    chi_squared += (count - 1000.0) * (count - 1000.0) / 1000.0;
  }
  EXPECT_EQ(seen, 24);
  EXPECT_LT(chi_squared, 49.7);  // 23 degrees of freedom, p = 0.001
}

}  // namespace
}  // namespace sg::gan
