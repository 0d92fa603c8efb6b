// Runs with FAKE_CUDA_ULPS=2.
#include "tests/fake_cuda/stand_in/device_math.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <set>

#include "gtest/gtest.h"

namespace {

int64_t Bits(float x) {
  int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

TEST(DeviceMath, IsOffByUpToTwoUnitsAndRepeatsItself) {
  std::set<int64_t> off;
  for (float x = -5; x < 5; x += 0.01f) {
    const float exact = static_cast<float>(std::pow(2.718281828459045235, static_cast<double>(x)));
    off.insert(Bits(expf(x)) - Bits(exact));
    EXPECT_EQ(Bits(expf(x)), Bits(expf(x)));
  }
  EXPECT_GE(*off.begin(), -3) << "pow may be off by one";
  EXPECT_LE(*off.rbegin(), 3);
  EXPECT_GE(off.size(), 5u);
}

TEST(DeviceMath, TheFunctionsOfKernelsAreThese) {
  int off[3] = {};
  for (int i = 0; i < 100; ++i) {
    volatile float x = 0.007f * static_cast<float>(i + 1);  // The compiler would compute what it knows itself.
    const double exact = x;
    EXPECT_EQ(std::exp(x), expf(x));
    off[0] += logf(x) != static_cast<float>(__builtin_log(exact));
    off[1] += log1pf(x) != static_cast<float>(__builtin_log1p(exact));
    off[2] += tanhf(x) != static_cast<float>(__builtin_tanh(exact));
  }
  for (int functions_off : off) {
    EXPECT_GT(functions_off, 50);
    EXPECT_LT(functions_off, 95);
  }
}

TEST(DeviceMath, KnownValuesAreExact) {
  volatile float zero = 0, one = 1;
  EXPECT_EQ(expf(zero), 1);
  EXPECT_EQ(tanhf(zero), 0);
  EXPECT_EQ(logf(one), 0);
}

}  // namespace
