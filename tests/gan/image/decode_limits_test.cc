#include "gan/image/decode_limits.h"

#include <limits>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

TEST(CheckImageSize, LimitIsInclusiveAndCannotOverflow) {
  EXPECT_TRUE(CheckImageSize(8192, 8192, DecodeLimits()).ok());
  EXPECT_EQ(CheckImageSize(8193, 8192, DecodeLimits()).message(), "image is 8193x8192, more than 64 Mpx");
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_FALSE(CheckImageSize(kMax, kMax, DecodeLimits()).ok());
  EXPECT_FALSE(CheckImageSize(0, 1, DecodeLimits()).ok());
  EXPECT_FALSE(CheckImageSize(1, -1, DecodeLimits()).ok());
}

}  // namespace
}  // namespace sg::gan
