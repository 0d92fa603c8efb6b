#include "engine/backend/cuda/kernels/index_map.h"

#include <cstdint>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace sg::cuda {
namespace {

TEST(FastDivisorTest, DividesAsTheProcessorDoes) {
  std::mt19937 generator(1);
  const uint32_t largest = INT32_MAX;
  std::vector<uint32_t> divisors = {1, 2, 3, 5, 7, 10, 64, 641, 65535, 65536, 65537, 1u << 30, largest - 1, largest};
  for (int i = 0; i < 300; ++i) divisors.push_back(1 + generator() % largest);
  for (uint32_t d : divisors) {
    const FastDivisor divisor(d);
    std::vector<uint32_t> dividends = {0, 1, d - 1, d, largest - 1, largest};
    for (uint32_t multiple = 1; multiple < 8 && uint64_t{d} * multiple <= largest; ++multiple) {
      dividends.push_back(d * multiple);
      dividends.push_back(d * multiple - 1);
    }
    for (int i = 0; i < 100; ++i) dividends.push_back(generator() % largest);
    for (uint32_t n : dividends) ASSERT_EQ(divisor.Divide(n), n / d) << n << " / " << d;
  }
}

// The offsets of every element by the definition, for comparison.
void ExpectOffsets(const Shape& extent, const Strides& a, const Strides& b) {
  const IndexMap<2> map = MakeIndexMap<2>("Test", extent, {a, b});
  for (int64_t i = 0; i < extent.NumElements(); ++i) {
    int64_t rest = i, at_a = 0, at_b = 0;
    for (int d = extent.rank() - 1; d >= 0; --d) {
      at_a += rest % extent[d] * a[d];
      at_b += rest % extent[d] * b[d];
      rest /= extent[d];
    }
    const auto offsets = map.Map(i);
    ASSERT_EQ(offsets.at[0], at_a) << extent << " element " << i;
    ASSERT_EQ(offsets.at[1], at_b) << extent << " element " << i;
  }
}

TEST(IndexMapTest, FollowsStridesOfAnySign) {
  ExpectOffsets({}, {}, {});
  ExpectOffsets({1, 1, 1}, {5, 6, 7}, {});
  ExpectOffsets({2, 3, 4}, {12, 4, 1}, {12, 4, 1});
  ExpectOffsets({2, 3, 4}, {12, 4, 1}, {0, 4, 1});
  ExpectOffsets({2, 3, 4}, {12, 4, 1}, {1, 0, 0});
  ExpectOffsets({2, 3, 4}, {-12, 4, -1}, {1, 2, 6});
  ExpectOffsets({2, 1, 3, 1, 2, 5}, {30, 99, 10, 99, 5, 1}, {0, 0, 2, 0, 1, 0});
}

TEST(IndexMapTest, MergesWhatAllTensorsStepThroughEvenly) {
  const Shape shape = {8, 64, 64, 16};
  const Strides dense = RowMajorStrides(shape);
  const auto rank = [&](const Strides& other) { return MakeIndexMap<2>("Test", shape, {dense, other}).rank; };
  EXPECT_EQ(rank(dense), 1);
  EXPECT_EQ(rank(BroadcastStrides({16}, shape)), 2);
  EXPECT_EQ(rank(BroadcastStrides({8, 1, 1, 16}, shape)), 3);
  EXPECT_EQ(rank(BroadcastStrides({}, shape)), 1);
}

TEST(IndexMapDeathTest, RefusesWhatItCannotDivide) {
  const Shape shape = {65536, 65536};
  EXPECT_DEATH(MakeIndexMap<1>("Test", shape, {Strides{1, 65536}}), "more elements");
  EXPECT_EQ(MakeIndexMap<1>("Test", shape, {RowMajorStrides(shape)}).Map(int64_t{1} << 31).at[0], int64_t{1} << 31);
}

}  // namespace
}  // namespace sg::cuda
