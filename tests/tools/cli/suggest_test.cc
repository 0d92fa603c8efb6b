#include "tools/cli/suggest.h"

#include <string>

#include "gtest/gtest.h"

namespace sg::cli {
namespace {

TEST(SuggestTest, EditDistance) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("abc", ""), 3);
  EXPECT_EQ(EditDistance("batch", "batch"), 0);
  EXPECT_EQ(EditDistance("bacth", "batch"), 1);  // a swap, not two replacements
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
  EXPECT_EQ(EditDistance("ca", "abc"), 3);  // optimal string alignment edits no part twice
}

TEST(SuggestTest, ClosestName) {
  EXPECT_EQ(ClosestName("bacth", {"beta", "batch", "batch_size"}), "batch");
  EXPECT_EQ(ClosestName("resol", {"resolution", "resume"}), "resolution");  // the only one with this beginning
  EXPECT_EQ(ClosestName("res", {"resolution", "resume"}), "");              // two begin so
  EXPECT_EQ(ClosestName("xyz", {"batch", "data"}), "");
  EXPECT_EQ(ClosestName("dat", {"date", "data"}), "date");                  // equally close: the first
  EXPECT_EQ(ClosestName("resolution", {"res", "resize", "batch"}), "res");  // begins with it
  EXPECT_EQ(ClosestName("trunc_cutoff", {"tru", "trunc"}), "trunc");
  EXPECT_EQ(ClosestName("", {"a"}), "");
  EXPECT_EQ(ClosestName(std::string(100000, 'a'), {"a"}), "");
}

}  // namespace
}  // namespace sg::cli
