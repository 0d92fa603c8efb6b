#include "engine/base/parallel.h"

#include <vector>

#include "gtest/gtest.h"

namespace sg {
namespace {

TEST(ForEachInParallel, EachPieceOnce) {
  for (const int count : {0, 1, 2, 1000}) {
    for (const int threads : {0, 1, 3}) {
      std::vector<int> calls(count);
      ForEachInParallel(
          count, [&](int i) { ++calls[i]; }, threads);
      EXPECT_EQ(calls, std::vector<int>(count, 1));
    }
  }
}

}  // namespace
}  // namespace sg
