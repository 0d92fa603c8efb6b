#include "gan/data/image_source.h"

#include <string>
#include <vector>

#include "engine/io/input_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

std::string Error(const std::string& path) { return std::string(ImageSource::Open(path).status().message()); }

std::vector<std::string> Names(const ImageSource& source) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < source.size(); ++i) names.push_back(source.name(i));
  return names;
}

TEST(ImageSource, Folder) {
  TempFolder folder;
  for (const char* name : {"b.PNG", "a/c.jpeg", "d.Jpg", "notes.txt", "a/list.json", ".e.png", "f.png.bak"}) {
    folder.Write(name, name);
  }
  auto source = ImageSource::Open(folder.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT(Names(**source), ElementsAre("a/c.jpeg", "b.PNG", "d.Jpg"));
  EXPECT_EQ((*source)->other_files(), 3);
  EXPECT_EQ(*(*source)->Read(0), "a/c.jpeg");
}

TEST(ImageSource, ZipIsSortedAndHiddenEntriesAreLeftOut) {
  TempFolder folder;
  const std::string path = folder.path() + "/a.zip";
  WriteZip(path, {{"z.png", "z"},
                  {"folder/", ""},
                  {"folder/a.jpg", "a"},
                  {"__MACOSX/folder/._a.jpg", "resource fork"},
                  {"dataset.json", "{}"},
                  {"../up.png", "up"}});
  auto source = ImageSource::Open(path);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT(Names(**source), ElementsAre("../up.png", "folder/a.jpg", "z.png"));
  EXPECT_EQ((*source)->other_files(), 1);
  EXPECT_EQ(*(*source)->Read(0), "up");
  EXPECT_EQ(*(*source)->Read(2), "z");
}

TEST(ImageSource, NamesAreFitForATerminal) {
  TempFolder folder;
  folder.Write("red\x1b[31m\n.png", "x");
  auto source = ImageSource::Open(folder.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->name(0), "red\\x1b[31m\\x0a.png");
  EXPECT_EQ(*(*source)->Read(0), "x");
}

TEST(ImageSource, ReadErrorsStartWithTheName) {
  TempFolder folder;
  const std::string path = folder.Write("a/long.png", "12345");
  auto source = ImageSource::Open(folder.path(), 4);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->Read(0).status().message(), "a/long.png: is 5 bytes, more than 4");
  ASSERT_EQ(remove(path.c_str()), 0);
  EXPECT_EQ((*source)->Read(0).status().message(), "a/long.png: cannot open: No such file or directory");
}

TEST(ImageSource, OpenErrors) {
  TempFolder folder;
  EXPECT_EQ(Error(folder.path() + "/none"), folder.path() + "/none does not exist");
  EXPECT_EQ(Error(folder.path()), "no PNG or JPEG images under " + folder.path() + " (0 other files)");
  const std::string text = folder.Write("notes.txt", "hello");
  EXPECT_EQ(Error(folder.path()), "no PNG or JPEG images under " + folder.path() + " (1 other file)");
  folder.Write("more.txt", "hello");
  EXPECT_EQ(Error(folder.path()), "no PNG or JPEG images under " + folder.path() + " (2 other files)");
  EXPECT_EQ(Error(text), text + " is neither a folder nor a zip archive");
  EXPECT_EQ(Error(text + "/below"), text + "/below does not exist");
  EXPECT_EQ(Error("/dev/null"), "/dev/null is neither a folder nor a zip archive");
}

TEST(ImageSource, ZipWithOneNameTwice) {
  TempFolder folder;
  const std::string path = folder.path() + "/a.zip";
  WriteZip(path, {{"one.png", "1"}, {"two.png", "2"}});
  std::string bytes = *io::ReadFile(path, 1 << 20);
  for (size_t at; (at = bytes.find("two.png")) != std::string::npos;) bytes.replace(at, 3, "one");
  folder.Write("a.zip", bytes);
  EXPECT_THAT(Error(path), EndsWith("/a.zip is damaged: two of its entries have the same name"));
}

// More entries than the classic directory can count: zip64, which FFHQ needs.
TEST(ImageSource, Zip64) {
  TempFolder folder;
  const std::string path = folder.path() + "/a.zip";
  std::vector<ZipItem> items;
  for (int i = 0; i < 70001; ++i) items.push_back({std::to_string(100000 + i) + ".png", std::to_string(i)});
  WriteZip(path, items);
  auto source = ImageSource::Open(path);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->size(), 70001);
  EXPECT_EQ((*source)->name(70000), "170000.png");
  EXPECT_EQ(*(*source)->Read(70000), "70000");
}

}  // namespace
}  // namespace sg::gan
