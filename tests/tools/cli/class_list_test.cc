#include "tools/cli/class_list.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::cli {
namespace {

TEST(ListClasses, NamesEachWithItsNumber) { EXPECT_EQ(ListClasses({"cat", "dog"}), "0 cat, 1 dog"); }

TEST(ListClasses, ManyAreCutShort) {
  EXPECT_THAT(ListClasses(std::vector<std::string>(20, "x")), testing::EndsWith(", 19 x"));
  EXPECT_THAT(ListClasses(std::vector<std::string>(21, "x")), testing::EndsWith(", 19 x, ... (21 classes)"));
}

}  // namespace
}  // namespace sg::cli
