#include "gan/train/metadata.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

TEST(MetadataTest, ReadsTextAndCounts) {
  const Metadata metadata = {{"format", "one"}, {"steps", "42"}, {"none", "0"}, {"empty", ""}};
  EXPECT_EQ(ReadText(metadata, "format").value(), "one");
  EXPECT_EQ(ReadText(metadata, "empty").value(), "");
  EXPECT_EQ(ReadCount(metadata, "steps").value(), 42);
  EXPECT_EQ(ReadCount(metadata, "none").value(), 0);
}

TEST(MetadataTest, MissingKeyIsNamed) {
  EXPECT_THAT(std::string(ReadText({}, "format").status().message()), HasSubstr("\"format\""));
  EXPECT_THAT(std::string(ReadCount({}, "steps").status().message()), HasSubstr("\"steps\""));
}

TEST(MetadataTest, CountsAreWholeAndNotNegative) {
  for (const char* text : {"", "-1", "1.5", "many", "12x", "99999999999999999999", "0x10", "1e3"}) {
    const absl::StatusOr<int64_t> count = ReadCount({{"steps", text}}, "steps");
    ASSERT_FALSE(count.ok()) << "\"" << text << "\" was read as " << *count;
    EXPECT_THAT(std::string(count.status().message()), HasSubstr("\"steps\" is not a count"));
  }
  EXPECT_EQ(ReadCount({{"steps", "9223372036854775807"}}, "steps").value(), 9223372036854775807);
  EXPECT_EQ(ReadCount({{"steps", "10"}}, "steps", 10).value(), 10);
  EXPECT_THAT(std::string(ReadCount({{"steps", "11"}}, "steps", 10).status().message()), HasSubstr("from 0 to 10"));
}

}  // namespace
}  // namespace sg::gan
