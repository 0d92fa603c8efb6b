#include "gan/data/streams/file_stream.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FileStreamTest : public ::testing::Test {
 protected:
  FileStreamTest() {
    for (const char* folder : {"b", "a"}) std::filesystem::create_directory(folder_.File(folder));
    folder_.Write("b/1.png", "one");
    folder_.Write("a/2.jpg", "two");
    folder_.Write("a/3.webp", "");
  }
  absl::StatusOr<std::unique_ptr<PictureStream>> Open(StreamLabels labels) {
    ImageSourceOptions options;
    options.path = folder_.path();
    return OpenFiles(options, labels);
  }
  std::vector<Picture> All(PictureStream* stream) {
    std::vector<Picture> all;
    for (int64_t i = 0; i < stream->size(); ++i) all.push_back(*stream->Next());
    return all;
  }

  nn::ScratchDir folder_;
};

TEST_F(FileStreamTest, GivesTheFilesInTheOrderOfTheirPaths) {
  absl::StatusOr<std::unique_ptr<PictureStream>> stream = Open(StreamLabels::kFile);
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_FALSE((*stream)->has_labels());
  EXPECT_THAT((*stream)->notes(), ElementsAre(HasSubstr("the images lie in 2 folders, and --labels=folders")));
  const std::vector<Picture> all = All(stream->get());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "a/2.jpg");
  EXPECT_EQ(all[0].bytes, "two");
  EXPECT_EQ(all[1].name, "a/3.webp");
  EXPECT_EQ(all[1].status.message(), "file is empty");
  EXPECT_EQ(all[2].name, "b/1.png");
}

TEST_F(FileStreamTest, TakesLabelsFromFoldersOrTheFile) {
  absl::StatusOr<std::unique_ptr<PictureStream>> stream = Open(StreamLabels::kFolders);
  std::vector<Picture> all = All(stream->get());
  EXPECT_EQ(all[0].label.class_number, 0);
  EXPECT_EQ(all[2].label.class_number, 1);
  folder_.Write("dataset.json", R"({"labels": [["a/2.jpg", 7], ["a/3.webp", 0], ["b/1.png", 3]]})");
  stream = Open(StreamLabels::kFile);
  EXPECT_THAT((*stream)->notes(), ElementsAre(HasSubstr("1 other file")));
  all = All(stream->get());
  EXPECT_EQ(all[0].label.class_number, 7);
  EXPECT_EQ(all[2].label.class_number, 3);
  folder_.Write("dataset.json", R"({"labels": [["a/2.jpg", [7, 0.5]], ["a/3.webp", [1, 2]], ["b/1.png", [3, 4]]]})");
  stream = Open(StreamLabels::kFile);
  all = All(stream->get());
  EXPECT_EQ(all[0].label.class_number, -1);
  EXPECT_THAT(all[0].label.numbers, ElementsAre(7, 0.5));
  stream = Open(StreamLabels::kNone);
  EXPECT_TRUE(All(stream->get())[0].label.empty());
}

TEST_F(FileStreamTest, BadLabelsAreAnErrorAndNullOnesNone) {
  folder_.Write("dataset.json", R"({"labels": [["a/2.jpg", 7]]})");
  EXPECT_THAT(std::string(Open(StreamLabels::kFile).status().message()), HasSubstr("no label of a/3.webp"));
  folder_.Write("dataset.json", R"({"labels": null})");
  EXPECT_FALSE((*Open(StreamLabels::kFile))->has_labels());
}

TEST_F(FileStreamTest, AFileThatIsGoneIsABadPicture) {
  absl::StatusOr<std::unique_ptr<PictureStream>> stream = Open(StreamLabels::kNone);
  std::filesystem::remove(folder_.File("a/2.jpg"));
  const absl::StatusOr<Picture> picture = (*stream)->Next();
  ASSERT_TRUE(picture.ok());
  EXPECT_EQ(picture->name, "a/2.jpg");
  EXPECT_FALSE(picture->status.ok());
  EXPECT_THAT(std::string(picture->status.message()), ::testing::Not(HasSubstr("a/2.jpg: a/2.jpg")));
}

}  // namespace
}  // namespace sg::gan
