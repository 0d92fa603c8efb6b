// Random on every device: equal counters give equal numbers.
#include <vector>

#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

std::vector<double> Draw(Device device, RandomArgs args, int64_t count) {
  KernelRun run(device, Precision::kAsGiven);
  args.y = run.Output({count}, DType::kF32);
  run.backend().Random(args);
  run.CheckUntouched();
  return run.Read(args.y).values;
}

RandomArgs Args(Distribution distribution, uint64_t seed, uint64_t stream, uint64_t offset) {
  return {{}, distribution, seed, stream, offset};
}

// All words of key and counter are non-zero, to detect truncation to 32 bits.
const RandomArgs kCounters[] = {
    Args(Distribution::kUniform, 0, 0, 0),
    Args(Distribution::kUniform, 1, 2, 3),
    Args(Distribution::kUniform, 0x123456789abcdef0u, 0xfedcba9876543210u, 0x100000000u - 3),
    Args(Distribution::kUniform, 1ull << 40, 1ull << 41, 1ull << 42),
};

TEST(RandomSuite, UniformBitsAreEqual) {
  for (const RandomArgs& counter : kCounters) {
    for (int64_t count : {1, 2, 3, 4, 5, 63, 1000, 40001}) {
      SCOPED_TRACE(::testing::Message() << "seed " << counter.seed << " count " << count);
      ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
        RandomArgs args = counter;
        args.y = run.Output({count}, DType::kF32);
        run.backend().Random(args);
      });
    }
  }
}

// The angle of Box-Muller reaches 2 pi, where floats are 4.8e-7 apart. Fusing its multiplication and addition can
// change it by one such step, and the result by that times the radius, which is at most sqrt(2 ln 2^33) = 6.8.
constexpr double kNormalTolerance = 4e-6;

TEST(RandomSuite, NormalsAgree) {
  for (RandomArgs counter : kCounters) {
    counter.distribution = Distribution::kNormal;
    for (int64_t count : {1, 2, 3, 5, 63, 40001}) {
      SCOPED_TRACE(::testing::Message() << "seed " << counter.seed << " count " << count);
      const std::vector<double> want = Draw(Device::Ref(), counter, count);
      for (Device device : AvailableDevices()) {
        SCOPED_TRACE(::testing::Message() << "device " << device);
        const std::vector<double> got = Draw(device, counter, count);
        for (int64_t i = 0; i < count; ++i) ASSERT_NEAR(got[i], want[i], kNormalTolerance) << "number " << i;
      }
    }
  }
}

TEST(RandomSuite, OffsetSkipsBlocksOfFour) {
  for (Device device : AvailableDevices()) {
    SCOPED_TRACE(::testing::Message() << "device " << device);
    for (Distribution distribution : {Distribution::kUniform, Distribution::kNormal}) {
      const std::vector<double> all = Draw(device, Args(distribution, 7, 8, 100), 259);
      for (uint64_t skipped : {1, 2, 13}) {
        const std::vector<double> tail = Draw(device, Args(distribution, 7, 8, 100 + skipped), 259 - 4 * skipped);
        EXPECT_EQ(tail, std::vector<double>(all.begin() + 4 * skipped, all.end())) << skipped << " blocks";
      }
    }
  }
}

TEST(RandomSuite, SeedsStreamsAndOffsetsDiffer) {
  for (Device device : AvailableDevices()) {
    const std::vector<double> base = Draw(device, Args(Distribution::kUniform, 1, 1, 1), 64);
    for (const RandomArgs& other :
         {Args(Distribution::kUniform, 2, 1, 1), Args(Distribution::kUniform, 1, 2, 1),
          Args(Distribution::kUniform, 1, 1, 1000), Args(Distribution::kUniform, 1ull << 32 | 1, 1, 1),
          Args(Distribution::kUniform, 1, 1ull << 32 | 1, 1), Args(Distribution::kUniform, 1, 1, 1ull << 32 | 1)}) {
      const std::vector<double> numbers = Draw(device, other, 64);
      int equal = 0;
      for (int i = 0; i < 64; ++i) equal += numbers[i] == base[i];
      EXPECT_LE(equal, 1) << "device " << device << " seed " << other.seed << " stream " << other.stream << " offset "
                          << other.offset;
    }
  }
}

TEST(RandomSuite, MomentsAndRange) {
  constexpr int64_t kCount = 100000;
  for (Device device : AvailableDevices()) {
    SCOPED_TRACE(::testing::Message() << "device " << device);
    double sum = 0;
    for (double u : Draw(device, Args(Distribution::kUniform, 3, 0, 0), kCount)) {
      ASSERT_GT(u, 0);
      ASSERT_LE(u, 1);
      sum += u;
    }
    EXPECT_NEAR(sum / kCount, 0.5, 0.005);  // 5 standard errors
    double mean = 0, square = 0, fourth = 0;
    for (double z : Draw(device, Args(Distribution::kNormal, 3, 0, 0), kCount)) {
      mean += z / kCount;
      square += z * z / kCount;
      fourth += z * z * z * z / kCount;
    }
    EXPECT_NEAR(mean, 0, 0.016);
    EXPECT_NEAR(square, 1, 0.023);
    EXPECT_NEAR(fourth, 3, 0.16);
  }
}

}  // namespace
}  // namespace sg::testing
