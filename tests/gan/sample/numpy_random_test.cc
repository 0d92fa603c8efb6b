#include "gan/sample/numpy_random.h"

#include "engine/io/crc32c.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

// By NumPy 1.24.2: r = np.random.RandomState(seed).randn(513); r[[0, 1, 2, 511, 512]] and CRC-32C of r.tobytes().
struct Expected {
  uint32_t seed;
  double values[5];
  uint32_t crc;
};

TEST(NumpyRandomState, RandNIsNumpysBitForBit) {
  const Expected expected[] = {
      {0u,
       {0x1.c398ef3e5cfa5p+0, 0x1.99c2cfacc8953p-2, 0x1.f51d25222c9abp-1, 0x1.5ffda5225543bp+0, -0x1.550bd2afd55bep+0},
       0xb560572au},
      {1u,
       {0x1.9fd5190657c50p+0, -0x1.393822fb7d9adp-1, -0x1.0e6c872548fd2p-1, 0x1.9330767b9b1e3p-3, 0x1.5be469828271cp-3},
       0x1a902d51u},
      {85u,
       {0x1.6a30b5fa763c9p-3, 0x1.305a3f4656769p+1, 0x1.ff59e9bcf90d7p-1, 0x1.a4c2684dba1fbp-1, -0x1.236f0de6771a4p-1},
       0x34dde526u},
      {12345u,
       {-0x1.a33dc4f5d203dp-3, 0x1.ea701f566080fp-2, -0x1.09f3df0ae3d0ep-1, -0x1.741316978fcf6p-1,
        0x1.38be68cdceb61p+0},
       0x889c05deu},
      {2147483648u,
       {0x1.461e9b1db9e84p-2, -0x1.620d341998be7p-2, 0x1.cdf64e98a6ca1p-3, -0x1.4e014f44d1c4bp-2, 0x1.5d712cb3ef61ap-1},
       0xc3e98343u},
      {4294967295u,
       {0x1.4bfc38c486d8ap-1, 0x1.56b192e507eeep-1, -0x1.149e836f192fdp+0, -0x1.4e87dae580c92p-3, 0x1.62078a1f2924fp-2},
       0xd2f0eb73u},
  };
  for (const Expected& e : expected) {
    const std::vector<double> r = NumpyRandomState(e.seed).RandN(513);
    EXPECT_THAT((std::vector<double>{r[0], r[1], r[2], r[511], r[512]}), testing::ElementsAreArray(e.values)) << e.seed;
    EXPECT_EQ(io::Crc32c(r.data(), r.size() * sizeof(double)), e.crc) << e.seed;
  }
}

TEST(NumpyRandomState, TheSpareNumberOutlivesTheCall) {
  NumpyRandomState whole(85), parts(85);
  const std::vector<double> r = whole.RandN(7);
  std::vector<double> joined = parts.RandN(3);  // leaves the second number of a pair unused
  joined.push_back(parts.RandN());
  for (double value : parts.RandN(3)) joined.push_back(value);
  EXPECT_EQ(joined, r);
  EXPECT_TRUE(parts.RandN(0).empty());
  EXPECT_EQ(parts.RandN(), whole.RandN());
}

}  // namespace
}  // namespace sg::gan
