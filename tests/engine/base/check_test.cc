#include "engine/base/check.h"

#include "gtest/gtest.h"

namespace sg {
namespace {

TEST(CheckDeathTest, SaysPlaceConditionAndMessage) {
  const int channels = 3;
  EXPECT_DEATH(SG_CHECK(channels == 4) << "[Conv2d] expects 4 channels, got " << channels,
               "check_test.cc:[0-9]+: check failed: channels == 4: \\[Conv2d\\] expects 4 channels, got 3");
}

TEST(CheckDeathTest, NeedsNoMessage) { EXPECT_DEATH(SG_CHECK(false), "check failed: false"); }

TEST(Check, MessageIsNotEvaluatedWhereTheConditionHolds) {
  int evaluations = 0;
  SG_CHECK(true) << ++evaluations;
  EXPECT_EQ(evaluations, 0);
}

TEST(Check, ConditionIsEvaluatedOnce) {
  int evaluations = 0;
  SG_CHECK(++evaluations > 0);
  EXPECT_EQ(evaluations, 1);
}

TEST(Check, IsOneStatement) {
  bool otherwise = false;
  if (false)
    SG_CHECK(false) << "not reached";
  else
    otherwise = true;
  EXPECT_TRUE(otherwise);
}

}  // namespace
}  // namespace sg
