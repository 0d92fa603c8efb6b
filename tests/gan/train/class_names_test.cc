#include "gan/train/class_names.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ClassNames, AreReadAsTheyWereWritten) {
  const std::vector<std::string> names = {"cat", "d\"o,g\n", "", "\xC3\xA9t\xC3\xA9"};
  Metadata metadata;
  AddClassNames(names, &metadata);
  EXPECT_EQ(ReadClassNames(metadata, 4), names);
}

TEST(ClassNames, AByteThatIsNoTextIsReplaced) {
  Metadata metadata;
  AddClassNames({"a\xff", "b"}, &metadata);
  EXPECT_THAT(ReadClassNames(metadata, 2), ElementsAre("a\xEF\xBF\xBD", "b"));
}

TEST(ClassNames, NoNamesAndTooManyAreNotStored) {
  Metadata metadata;
  AddClassNames({}, &metadata);
  AddClassNames({std::string(1 << 16, 'a')}, &metadata);
  EXPECT_THAT(metadata, IsEmpty());
}

TEST(ClassNames, AnythingElseInAFileIsPassedOver) {
  EXPECT_THAT(ReadClassNames({}, 2), IsEmpty());
  for (const char* text : {"", "[", "{}", "\"ab\"", "[1,2]", "[\"a\",null]", "[\"a\"]", "[\"a\",\"b\",\"c\"]"}) {
    EXPECT_THAT(ReadClassNames({{"data.classes", text}}, 2), IsEmpty()) << text;
  }
  EXPECT_THAT(ReadClassNames({{"data.classes", "[\"a\",\"" + std::string(1 << 16, 'b') + "\"]"}}, 2), IsEmpty());
  EXPECT_THAT(ReadClassNames({{"data.classes", std::string(1 << 15, '[')}}, 2), IsEmpty());
}

}  // namespace
}  // namespace sg::gan
