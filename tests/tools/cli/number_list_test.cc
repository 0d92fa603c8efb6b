#include "tools/cli/number_list.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::cli {
namespace {

using ::testing::ElementsAre;

std::vector<int64_t> Numbers(absl::string_view text, const NumberListLimits& limits = {}) {
  const auto numbers = ParseNumberList(text, limits);
  EXPECT_TRUE(numbers.ok()) << numbers.status();
  return numbers.ok() ? *numbers : std::vector<int64_t>();
}

std::string Error(absl::string_view text, const NumberListLimits& limits = {}) {
  const auto numbers = ParseNumberList(text, limits);
  EXPECT_EQ(numbers.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(numbers.status().message());
}

TEST(NumberListTest, NumbersAndRanges) {
  EXPECT_THAT(Numbers("0,1,4-6"), ElementsAre(0, 1, 4, 5, 6));
  EXPECT_THAT(Numbers("85"), ElementsAre(85));
  EXPECT_THAT(Numbers("7-7"), ElementsAre(7));
  EXPECT_THAT(Numbers("6,1-2,6"), ElementsAre(6, 1, 2, 6));
  EXPECT_THAT(Numbers(" 1 , 3 - 4 "), ElementsAre(1, 3, 4));
  EXPECT_THAT(Numbers("007"), ElementsAre(7));
}

TEST(NumberListTest, LimitsAreInclusive) {
  const NumberListLimits limits = {2, 5, 4};
  EXPECT_THAT(Numbers("2-5", limits), ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(Error("1", limits), "1 is not between 2 and 5");
  EXPECT_EQ(Error("2-6", limits), "6 is not between 2 and 5");
  EXPECT_EQ(Error("2-5,2", limits), "more than 4 numbers; \"2\" goes beyond");
  EXPECT_EQ(Error("2,2-5", limits), "more than 4 numbers; \"2-5\" goes beyond");
}

TEST(NumberListTest, HugeRangesAreRefusedBeforeTheyAreBuilt) {
  const int64_t max = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Error("0-9223372036854775807"), "more than 1000000 numbers; \"0-9223372036854775807\" goes beyond");
  EXPECT_THAT(Numbers("9223372036854775806-9223372036854775807"), ElementsAre(max - 1, max));
  EXPECT_EQ(Error("9223372036854775808"), "9223372036854775808 is not between 0 and 9223372036854775807");
}

TEST(NumberListTest, ErrorsSayWhatIsWrong) {
  EXPECT_EQ(Error(""), "the list is empty; write numbers like 0,1,4-6");
  EXPECT_EQ(Error("  "), "the list is empty; write numbers like 0,1,4-6");
  EXPECT_EQ(Error("1,,2"), "nothing between two commas, or a comma at an end, in \"1,,2\"");
  EXPECT_EQ(Error("1,"), "nothing between two commas, or a comma at an end, in \"1,\"");
  EXPECT_EQ(Error("6-4"), "the range 6-4 runs backwards; write 4-6");
  for (const char* text : {"x", "-1", "1-", "1-2-3", "1.5", "0x10", "+1", "1 2", "1;2", "\x1b[2J"}) {
    EXPECT_THAT(Error(text), ::testing::EndsWith("is not a whole number or a range like 4-6")) << text;
  }
}

TEST(ParseNumberList, ADashOfADocumentIsNamed) {
  EXPECT_EQ(
      ParseNumberList("1,0\u201363").status().message(),
      "\"0\u201363\" is not a whole number or a range like 4-6; it has a dash that is not the one of the keyboard, "
      "as copied text often has: type 0-63");
}

}  // namespace
}  // namespace sg::cli
