#include "engine/base/philox.h"

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace sg {
namespace {

void ExpectBlock(const PhiloxBlock& block, uint32_t v0, uint32_t v1, uint32_t v2, uint32_t v3) {
  EXPECT_EQ(block.v[0], v0);
  EXPECT_EQ(block.v[1], v1);
  EXPECT_EQ(block.v[2], v2);
  EXPECT_EQ(block.v[3], v3);
}

// philox4x32-10 of Random123's kat_vectors: counter words are offset, then stream, low word first; key words are the
// seed.
TEST(Philox, KnownAnswers) {
  ExpectBlock(PhiloxAt(0, 0, 0), 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
  ExpectBlock(PhiloxAt(~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}), 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
  ExpectBlock(PhiloxAt(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88), 0xd16cfe09, 0x94fdcceb, 0x5001e420,
              0x24126ea1);
}

TEST(Philox, EveryArgumentCounts) {
  std::set<uint32_t> first;
  for (uint64_t high = 0; high < 2; ++high) {
    for (uint64_t low = 1; low <= 3; ++low) {
      const uint64_t n = high << 32 | low;
      first.insert({PhiloxAt(n, 0, 0).v[0], PhiloxAt(0, n, 0).v[0], PhiloxAt(0, 0, n).v[0]});
    }
  }
  EXPECT_EQ(first.size(), 18u);
}

TEST(Philox, UniformIsAboveZeroAndAtMostOne) {
  EXPECT_GT(UniformFromBits(0), 0.0f);
  EXPECT_EQ(UniformFromBits(0xffffffffu), 1.0f);
  EXPECT_NEAR(UniformFromBits(0x80000000u), 0.5f, 1e-7f);
}

TEST(Philox, NormalsOfTheExtremesAreFinite) {
  for (uint32_t x : {0u, 1u, 0xffffffffu}) {
    for (uint32_t y : {0u, 0x40000000u, 0xffffffffu}) {
      float first, second;
      NormalPairFromBits(x, y, &first, &second);
      EXPECT_TRUE(std::isfinite(first) && std::isfinite(second)) << x << " " << y;
    }
  }
}

TEST(Philox, NormalIsBoxMuller) {
  float first, second;
  NormalPairFromBits(0x12345678u, 0x20000000u, &first, &second);  // an angle of an eighth of a turn
  const double radius = std::sqrt(-2 * std::log(0x12345678u / 4294967296.0));
  EXPECT_NEAR(first, radius * std::sqrt(0.5), 1e-5);
  EXPECT_NEAR(second, radius * std::sqrt(0.5), 1e-5);
}

// The bounds are six standard errors of each statistic.
TEST(Philox, Moments) {
  constexpr int kBlocks = 1 << 16;
  constexpr double kCount = 4.0 * kBlocks;
  double uniform_sum = 0, uniform_square = 0, sum = 0, square = 0, cube = 0, fourth = 0, product = 0;
  for (int i = 0; i < kBlocks; ++i) {
    const PhiloxBlock block = PhiloxAt(1234, 5, i);
    float n[4];
    NormalPairFromBits(block.v[0], block.v[1], &n[0], &n[1]);
    NormalPairFromBits(block.v[2], block.v[3], &n[2], &n[3]);
    for (int k = 0; k < 4; ++k) {
      const double u = UniformFromBits(block.v[k]), z = n[k];
      uniform_sum += u;
      uniform_square += u * u;
      sum += z;
      square += z * z;
      cube += z * z * z;
      fourth += z * z * z * z;
      product += z * n[(k + 1) % 4];
    }
  }
  EXPECT_NEAR(uniform_sum / kCount, 1.0 / 2, 6 * std::sqrt(1.0 / 12 / kCount));
  EXPECT_NEAR(uniform_square / kCount, 1.0 / 3, 6 * std::sqrt(4.0 / 45 / kCount));
  EXPECT_NEAR(sum / kCount, 0.0, 6 * std::sqrt(1 / kCount));
  EXPECT_NEAR(square / kCount, 1.0, 6 * std::sqrt(2 / kCount));
  EXPECT_NEAR(cube / kCount, 0.0, 6 * std::sqrt(15 / kCount));
  EXPECT_NEAR(fourth / kCount, 3.0, 6 * std::sqrt(96 / kCount));
  EXPECT_NEAR(product / kCount, 0.0, 6 * std::sqrt(1 / kCount));
}

}  // namespace
}  // namespace sg
