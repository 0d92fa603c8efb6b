#include "gan/data/source_labels.h"

#include <filesystem>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

class SourceLabelsTest : public ::testing::Test {
 protected:
  SourceLabelsTest() {
    for (const char* name : {"x", "y"}) {
      std::filesystem::create_directory(folder_.File(name));
      folder_.Write(std::string(name) + "/1.png", "1");
    }
  }
  absl::StatusOr<Labels> Read(LabelOrigin origin) {
    ImageSourceOptions options;
    options.path = folder_.path();
    return ReadLabels(**ImageSource::Open(options), "set", origin);
  }

  nn::ScratchDir folder_;
};

TEST_F(SourceLabelsTest, TakesTheFileOrTheFolders) {
  EXPECT_EQ(Read(LabelOrigin::kFolders)->dim(), 2);
  EXPECT_EQ(Read(LabelOrigin::kFileOrFolders)->dim(), 2);
  EXPECT_TRUE(absl::IsNotFound(Read(LabelOrigin::kFile).status()));
  folder_.Write("dataset.json", R"({"labels": [["x/1.png", 5], ["y/1.png", 0]]})");
  EXPECT_EQ(Read(LabelOrigin::kFile)->dim(), 6);
  EXPECT_EQ(Read(LabelOrigin::kFile)->ClassOf(0), 5);
  EXPECT_EQ(Read(LabelOrigin::kFileOrFolders)->dim(), 6);
  EXPECT_EQ(Read(LabelOrigin::kFolders)->dim(), 2);
}

TEST_F(SourceLabelsTest, NullLabelsAreNoneOnlyForTheFile) {
  folder_.Write("dataset.json", R"({"labels": null})");
  EXPECT_TRUE(absl::IsNotFound(Read(LabelOrigin::kFile).status()));
  const absl::Status status = Read(LabelOrigin::kFileOrFolders).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "set: dataset.json: it has no labels");
}

TEST_F(SourceLabelsTest, ErrorsBeginWithThePath) {
  folder_.Write("0.png", "no folder");
  EXPECT_THAT(std::string(Read(LabelOrigin::kFileOrFolders).status().message()),
              HasSubstr("set: no labels: there is no dataset.json, and 0.png lies in no folder"));
  EXPECT_THAT(std::string(Read(LabelOrigin::kFolders).status().message()),
              HasSubstr("set: no labels: 0.png lies in no folder"));
  folder_.Write("dataset.json", "[]");
  EXPECT_THAT(std::string(Read(LabelOrigin::kFile).status().message()), HasSubstr("set: dataset.json: "));
}

}  // namespace
}  // namespace sg::gan
