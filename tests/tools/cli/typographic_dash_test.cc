#include "tools/cli/typographic_dash.h"

#include "gtest/gtest.h"

namespace sg::cli {
namespace {

TEST(WithPlainDashes, ReplacesEveryKindOfDash) {
  EXPECT_EQ(WithPlainDashes("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uFE63\uFF0D"), "---------");
  EXPECT_EQ(WithPlainDashes("0\u201363,70"), "0-63,70");
}

TEST(WithPlainDashes, LeavesOtherText) {
  for (const char* text : {"", "--batch=4", "\u00e9t\u00e9", "\u2026", "\xff\xe2\x80", "\u2018a\u2019"}) {
    EXPECT_EQ(WithPlainDashes(text), text);
  }
}

TEST(DashAdvice, SaysWhatToType) {
  EXPECT_EQ(DashAdvice("--batch"),
            "it has a dash that is not the one of the keyboard, as copied text often has: type --batch");
}

}  // namespace
}  // namespace sg::cli
