#include "gan/image/decode_limits.h"

#include <limits>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

TEST(CheckImageSize, LimitIsInclusiveAndCannotOverflow) {
  EXPECT_TRUE(CheckImageSize(20000, 15000, DecodeLimits()).ok());
  EXPECT_EQ(CheckImageSize(20001, 15000, DecodeLimits()).message(),
            "image is 20001x15000, more than 300 Mpx (--max-mpx=300)");
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_FALSE(CheckImageSize(kMax, kMax, DecodeLimits()).ok());
  EXPECT_FALSE(CheckImageSize(0, 1, DecodeLimits()).ok());
  EXPECT_FALSE(CheckImageSize(1, -1, DecodeLimits()).ok());
}

TEST(CheckImageSize, NoSideIsOverlong) {
  EXPECT_TRUE(CheckImageSize(1000000, 300, DecodeLimits()).ok());
  EXPECT_TRUE(CheckImageSize(1, 1000000, DecodeLimits()).ok());
  EXPECT_EQ(CheckImageSize(1000001, 1, DecodeLimits()).message(),
            "image is 1000001x1, with a side of more than 1000000 pixels");
  EXPECT_FALSE(CheckImageSize(1, 290000000, DecodeLimits()).ok());
}

}  // namespace
}  // namespace sg::gan
