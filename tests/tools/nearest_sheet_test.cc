#include "tools/nearest_sheet.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::cli {
namespace {

using ::testing::HasSubstr;

NearestSheet Sheet() {
  NearestSheet sheet;
  sheet.kimg = 12.5;
  sheet.columns = 4;
  sheet.gap = 8;
  sheet.tile_width = 32;
  sheet.tile_height = 16;
  sheet.pictures = 144;
  sheet.images = 4096;
  sheet.of = 70000;
  sheet.protocol = "pixels at 16x16";
  sheet.median_ratio = 0.93;
  sheet.close_ratio = 0.4;
  sheet.suspicious = 2;
  sheet.pairs = {{17, 0.25, "a \xe2\x80\xa8 \"b\".png"}, {3, 0.5, "c.png"}};
  return sheet;
}

TEST(NearestSheet, ItsTextSaysEverything) {
  const NearestSheet sheet = Sheet();
  const auto read = ReadNearestSheet({{"other", "text"}, NearestText(sheet)});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(NearestText(*read), NearestText(sheet));
  EXPECT_EQ(read->kimg, 12.5);
  EXPECT_EQ(read->tile_height, 16);
  EXPECT_EQ(read->of, 70000);
  ASSERT_EQ(read->pairs.size(), 2u);
  EXPECT_EQ(read->pairs[0].seed, 17);
  EXPECT_EQ(read->pairs[0].name, sheet.pairs[0].name);
}

TEST(NearestSheet, OtherTextsAreRefused) {
  const auto [keyword, text] = NearestText(Sheet());
  EXPECT_FALSE(ReadNearestSheet({}).has_value());
  EXPECT_FALSE(ReadNearestSheet({{"software", text}}).has_value());
  EXPECT_FALSE(ReadNearestSheet({{keyword, std::string(100000, '[')}}).has_value());
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(ReadNearestSheet({{keyword, text.substr(0, length)}}).has_value());
  }
  const auto with = [&, text = text, keyword = keyword](const std::string& from, const std::string& to) {
    std::string changed = text;
    const size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return ReadNearestSheet({{keyword, changed.replace(at, from.size(), to)}}).has_value();
  };
  EXPECT_TRUE(with("\"gap\":8", "\"gap\":9"));
  EXPECT_FALSE(with("\"gap\":8", "\"gap\":-1"));
  EXPECT_FALSE(with("\"gap\":8", "\"gap\":1e9"));
  EXPECT_FALSE(with("\"gap\":8", "\"gap\":null"));
  EXPECT_FALSE(with("\"tile_width\":32", "\"tile_width\":0"));
  EXPECT_FALSE(with("\"columns\":4", "\"columns\":\"4\""));
  EXPECT_FALSE(with("\"seed\":17", "\"seed\":[]"));
  EXPECT_FALSE(with("\"name\":\"c.png\"", "\"name\":1"));
  EXPECT_FALSE(with("\"protocol\":\"pixels at 16x16\"", "\"protocol\":{}"));
}

TEST(NearestSheet, ASentenceForTheLog) {
  EXPECT_EQ(NearestSentence(Sheet()).substr(0, 97),
            "nearest of 4096 of 70000 training images, by pixels at 16x16: at 0.93 (median) and 0.25 (least: s");
  EXPECT_THAT(NearestSentence(Sheet()), HasSubstr("2 of 144 pictures"));
  NearestSheet all = Sheet();
  all.of = all.images;
  EXPECT_THAT(NearestSentence(all), HasSubstr("nearest of 4096 training images"));
}

}  // namespace
}  // namespace sg::cli
