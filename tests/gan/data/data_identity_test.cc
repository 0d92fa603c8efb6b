#include "gan/data/data_identity.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

DataIdentity Identify(const std::string& path, const Labels& labels = Labels()) {
  ImageSourceOptions options;
  options.path = path;
  const absl::StatusOr<std::unique_ptr<ImageSource>> source = ImageSource::Open(options);
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? IdentifyData(**source, labels) : DataIdentity();
}

class DataIdentityTest : public ::testing::Test {
 protected:
  DataIdentityTest() : before_(Write(folder_)) {}

  static DataIdentity Write(const TempFolder& folder) {
    folder.Write("set/a.png", "one");
    folder.Write("set/b/c.jpg", "two");
    folder.Write("set/d.webp", "three");
    return Identify(folder.path() + "/set");
  }
  DataIdentity Now() const { return Identify(folder_.path() + "/set"); }

  TempFolder folder_;
  const DataIdentity before_;
};

TEST_F(DataIdentityTest, TheSameImagesElsewhereAreTheSame) {
  EXPECT_EQ(before_.images, 3);
  EXPECT_EQ(before_.hash.size(), 8u);
  EXPECT_EQ(Now(), before_);
  const TempFolder elsewhere;
  EXPECT_EQ(Write(elsewhere), before_);
  elsewhere.Write("set/notes.txt", "no image");
  EXPECT_EQ(Identify(elsewhere.path() + "/set"), before_);
  for (const bool deflate : {false, true}) {
    const std::string zip = elsewhere.path() + "/set.zip";
    WriteZip(zip, {{"d.webp", "three", deflate}, {"a.png", "one", deflate}, {"b/c.jpg", "two", deflate}});
    EXPECT_EQ(Identify(zip), before_) << "an archive of the folder's contents";
  }
}

TEST_F(DataIdentityTest, OtherLabelsOfTheSameImages) {
  const auto labeled = [&](const Labels& labels) { return Identify(folder_.path() + "/set", labels); };
  EXPECT_EQ(before_.labels, "");
  const DataIdentity classes = labeled(Labels::OfClasses({0, 1, 1}, {"cat", "dog"}));
  EXPECT_EQ(classes.hash, before_.hash);
  EXPECT_EQ(classes.labels.size(), 8u);
  EXPECT_EQ(classes.class_names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(labeled(Labels::OfClasses({0, 1, 1})), classes);
  EXPECT_NE(labeled(Labels::OfClasses({1, 0, 1})), classes);
  const DataIdentity vectors = labeled(Labels::OfVectors(2, {1, 0, 0, 1, 0, 1}));
  EXPECT_NE(vectors, classes);
  EXPECT_NE(labeled(Labels::OfVectors(2, {1, 0, 0, 1, 0.5, 1})), vectors);
  EXPECT_NE(labeled(Labels::OfVectors(1, {1, 0, 0, 1, 0, 1})), vectors);
}

TEST_F(DataIdentityTest, OneMore) {
  folder_.Write("set/e.png", "four");
  EXPECT_NE(Now(), before_);
  EXPECT_EQ(Now().images, 4);
}

TEST_F(DataIdentityTest, OneFewer) {
  std::filesystem::remove(folder_.path() + "/set/a.png");
  EXPECT_NE(Now(), before_);
  EXPECT_EQ(Now().images, 2);
}

TEST_F(DataIdentityTest, AnotherName) {
  std::filesystem::rename(folder_.path() + "/set/a.png", folder_.path() + "/set/z.png");
  EXPECT_EQ(Now().images, 3);
  EXPECT_NE(Now().hash, before_.hash);
}

TEST_F(DataIdentityTest, AnotherSize) {
  folder_.Write("set/b/c.jpg", "two and more");
  EXPECT_NE(Now().hash, before_.hash);
}

TEST_F(DataIdentityTest, OtherBytesOfTheSameNumber) {
  folder_.Write("set/d.webp", "THREE");
  EXPECT_NE(Now().hash, before_.hash);
}

TEST_F(DataIdentityTest, AFileThatCannotBeRead) {
  std::filesystem::remove(folder_.path() + "/set/d.webp");
  std::filesystem::create_symlink("nowhere", folder_.path() + "/set/d.webp");
  EXPECT_EQ(Now().images, 3);
  EXPECT_NE(Now().hash, before_.hash);
  EXPECT_EQ(Now(), Now());
}

// Four files of 40 MiB, which are holes: every third one is read.
TEST_F(DataIdentityTest, OfALargeSetSomeImagesAreRead) {
  constexpr uintmax_t kBytes = uintmax_t{40} << 20;
  const auto resize = [&](const std::string& path) { std::filesystem::resize_file(path, kBytes); };
  std::vector<std::string> paths;
  for (const char* name : {"0.png", "1.png", "2.png", "3.png"}) {
    paths.push_back(folder_.Write(std::string("large/") + name, "x"));
    resize(paths.back());
  }
  const std::string large = folder_.path() + "/large";
  const DataIdentity before = Identify(large);
  EXPECT_EQ(before.images, 4);
  for (size_t i = 0; i < paths.size(); ++i) {
    folder_.Write("large/" + std::to_string(i) + ".png", "y");
    resize(paths[i]);
    EXPECT_EQ(Identify(large) == before, i % 3 != 0) << "file " << i;
    folder_.Write("large/" + std::to_string(i) + ".png", "x");
    resize(paths[i]);
  }
  EXPECT_EQ(Identify(large), before);
  std::filesystem::resize_file(paths[1], kBytes + 1);
  EXPECT_NE(Identify(large), before) << "every size counts";
}

}  // namespace
}  // namespace sg::gan
