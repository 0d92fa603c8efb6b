#include "gan/data/image_source.h"

#include <string>
#include <vector>

#include "gan/image/encode_png.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_zip.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::StatusOr<std::unique_ptr<ImageSource>> Open(const std::string& path) {
  ImageSourceOptions options;
  options.path = path;
  return ImageSource::Open(options);
}

std::string Error(const std::string& path) { return std::string(Open(path).status().message()); }

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
  auto source = Open(folder.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT(Names(**source), ElementsAre("a/c.jpeg", "b.PNG", "d.Jpg"));
  EXPECT_THAT((*source)->notes(), ElementsAre("3 images; 3 other files left out: .bak 1, .json 1, .txt 1"));
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
  auto source = Open(path);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT(Names(**source), ElementsAre("../up.png", "folder/a.jpg", "z.png"));
  EXPECT_THAT((*source)->notes(), ElementsAre("3 images; 1 other file left out: .json 1"));
  EXPECT_EQ(*(*source)->Read(0), "up");
  EXPECT_EQ(*(*source)->Read(2), "z");
}

TEST(ImageSource, NamesAreFitForATerminal) {
  TempFolder folder;
  folder.Write("red\x1b[31m\n.png", "x");
  auto source = Open(folder.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->name(0), "red\\x1b[31m\\x0a.png");
  EXPECT_EQ(*(*source)->Read(0), "x");
}

TEST(ImageSource, ReadErrorsStartWithTheName) {
  TempFolder folder;
  const std::string path = folder.Write("a/long.png", "12345");
  ImageSourceOptions options;
  options.path = folder.path();
  options.max_file_bytes = 4;
  auto source = ImageSource::Open(options);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->Read(0).status().message(), "a/long.png: is 5 bytes, more than 4");
  ASSERT_EQ(remove(path.c_str()), 0);
  EXPECT_EQ((*source)->Read(0).status().message(), "a/long.png: cannot open: No such file or directory");
}

TEST(ImageSource, OpenErrors) {
  TempFolder folder;
  EXPECT_EQ(Error(folder.path() + "/none"), folder.path() + "/none does not exist");
  EXPECT_EQ(Error(folder.path()), "no PNG, JPEG or WebP images under " + folder.path() + " (0 other files)");
  const std::string text = folder.Write("notes.txt", "hello");
  EXPECT_EQ(Error(folder.path()), "no PNG, JPEG or WebP images under " + folder.path() + " (1 other file: .txt 1)");
  folder.Write("more.txt", "hello");
  EXPECT_EQ(Error(folder.path()), "no PNG, JPEG or WebP images under " + folder.path() + " (2 other files: .txt 2)");
  EXPECT_EQ(Error(text), text + " is neither a folder nor a zip archive");
  EXPECT_EQ(Error(text + "/below"), text + "/below does not exist");
  EXPECT_EQ(Error(""), "no path of a folder or zip archive is given");
  EXPECT_EQ(Error("https://x.org/a.zip"), "https://x.org/a.zip is a URL: download it, and give the file or the folder");
  EXPECT_EQ(Error("/x/s3:/bucket"), "/x/s3:/bucket is a URL: download it, and give the file or the folder");
  EXPECT_EQ(Error("/dev/null"), "/dev/null is neither a folder nor a zip archive");
}

TEST(ImageSource, OtherFilesAreNamed) {
  TempFolder folder;
  const std::string gzip = folder.Write("a.zip", "\x1f\x8b\x08");
  EXPECT_EQ(Error(gzip), gzip + " is a gzip archive, which is not read: unpack it and give the folder");
  const std::string jpeg = folder.Write("b.zip", MakeJpeg(Gradient(8, 8)));
  EXPECT_EQ(Error(jpeg), jpeg + " is one image: give the folder with all of them");
  const std::string torch = folder.path() + "/model.pt";
  WriteZip(torch, {{"archive/data.pkl", "pickle"}, {"archive/data/0", "weights"}});
  EXPECT_EQ(Error(torch), torch + " is a PyTorch file, not a set of images");
}

TEST(ImageSource, TrainingRunsAreLeftOut) {
  TempFolder folder;
  for (const char* name : {"a.png", "run/training_options.json", "run/reals.png", "out/b.png"}) folder.Write(name, "x");
  ImageSourceOptions options;
  options.path = folder.path();
  options.leave_out = {folder.path() + "/out"};
  auto source = ImageSource::Open(options);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT(Names(**source), ElementsAre("a.png"));
  EXPECT_THAT((*source)->notes(), ElementsAre("2 folders of training runs left out"));
}

TEST(ImageSource, PicturesOfThisProgramAreLeftOutOfAFolder) {
  const std::string own = *EncodePng({2, 2, 3, std::vector<uint8_t>(12)}, {{"software", "stylegan2.cpp generate"}});
  TempFolder folder;
  folder.Write("a.png", "x");
  folder.Write("seed0000.png", own);
  folder.Write("deep/grid.PNG", own);
  folder.Write("b.jpg", own);  // no PNG by its name
  auto source = Open(folder.path());
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT(Names(**source), ElementsAre("a.png", "b.jpg"));
  EXPECT_THAT((*source)->notes(), ElementsAre("2 pictures of this program (--own-pictures takes them) left out"));
  ImageSourceOptions all;
  all.path = folder.path();
  all.own_pictures = true;
  source = ImageSource::Open(all);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT(Names(**source), ElementsAre("a.png", "b.jpg", "deep/grid.PNG", "seed0000.png"));
  EXPECT_THAT((*source)->notes(), IsEmpty());
  EXPECT_EQ(Error(folder.path() + "/deep"), "no PNG, JPEG or WebP images under " + folder.path() +
                                                "/deep (0 other files; 1 picture of this program (--own-pictures takes "
                                                "it) left out)");
}

TEST(ImageSource, WhatAZipLeavesOutIsReported) {
  TempFolder folder;
  std::vector<io::RawZipEntry> entries;
  const auto add = [&](const std::string& name, const std::string& data, uint32_t mode = 0100644) {
    entries.emplace_back();
    entries.back().name = name;
    entries.back().data = data;
    entries.back().mode = mode;
  };
  add("one.png", "old");
  add("one.png", "new");
  add("link.png", "one.png", 0120777);
  add("broken.png", "../../etc/passwd", 0120777);
  add("run/training_options.json", "{}");
  add("run/fakes.png", "fake");
  add("notes", "text");
  auto source = Open(folder.Write("a.zip", io::MakeRawZip(entries)));
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT(Names(**source), ElementsAre("link.png", "one.png"));
  EXPECT_EQ(*(*source)->Read(0), "new");
  EXPECT_EQ(*(*source)->Read(1), "new");
  EXPECT_THAT((*source)->notes(),
              ElementsAre("2 images; 1 other file left out: without extension 1", "1 folder of training runs left out",
                          "1 link that leads to no file of the archive left out",
                          "1 name occurs more than once in the archive: the last file of each name counts"));
}

// More entries than the classic directory can count: zip64, which FFHQ needs.
TEST(ImageSource, Zip64) {
  TempFolder folder;
  const std::string path = folder.path() + "/a.zip";
  std::vector<ZipItem> items;
  for (int i = 0; i < 70001; ++i) items.push_back({std::to_string(100000 + i) + ".png", std::to_string(i)});
  WriteZip(path, items);
  auto source = Open(path);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->size(), 70001);
  EXPECT_EQ((*source)->name(70000), "170000.png");
  EXPECT_EQ(*(*source)->Read(70000), "70000");
}

}  // namespace
}  // namespace sg::gan
