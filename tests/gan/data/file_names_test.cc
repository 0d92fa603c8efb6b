#include "gan/data/file_names.h"

#include <string>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

TEST(HasImageName, AnyCaseAndTheRarerNamesOfJpeg) {
  for (const char* name : {"a.png", "a.PNG", "x/a.Jpg", "a.jpeg", "a.jpe", "a.JFIF", "a.webp", "a.tar.png", "a.apng"}) {
    EXPECT_TRUE(HasImageName(name)) << name;
  }
  for (const char* name : {"a.gif", "a.png.bak", "apng", "png/a", "a.jp", ""}) EXPECT_FALSE(HasImageName(name)) << name;
}

TEST(ExtensionCount, MostFrequentFirst) {
  ExtensionCount count;
  EXPECT_EQ(count.Text(), "");
  for (const char* name : {"a.gif", "b.BMP", "x.y/c.bmp", "x.y/no", "x.y\\no", ".hidden", "a. The end of a sentence"}) {
    count.Add(name);
  }
  EXPECT_EQ(count.files(), 7);
  EXPECT_EQ(count.Text(), "without extension 4, .bmp 2, .gif 1");
}

TEST(ExtensionCount, HostileNamesMakeAShortHarmlessText) {
  ExtensionCount count;
  for (int i = 0; i < 1000; ++i) count.Add("a." + std::to_string(i));
  for (int i = 0; i < 2; ++i) count.Add("a.\x1b[31m");
  EXPECT_EQ(count.Text(), ".\\x1b[31m 2, .0 1, .1 1, .10 1, .100 1, .101 1, .102 1, .103 1, others 993");
}

}  // namespace
}  // namespace sg::gan
