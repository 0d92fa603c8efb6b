#include "gan/data/convert/dataset_writer.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/fault_injection.h"
#include "engine/io/zip_archive.h"
#include "gan/data/labels.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PictureLabel Class(int number) {
  PictureLabel label;
  label.class_number = number;
  return label;
}

class DatasetWriterTest : public ::testing::Test {
 protected:
  absl::Status WriteSet(const std::string& name, const std::vector<std::string>& images,
                        const std::vector<PictureLabel>& labels, bool finish = true) {
    absl::StatusOr<std::unique_ptr<DatasetWriter>> writer = DatasetWriter::Open(dir_.File(name), !labels.empty());
    if (!writer.ok()) return writer.status();
    for (size_t i = 0; i < images.size(); ++i) {
      const absl::Status added = (*writer)->Add(images[i], labels.empty() ? PictureLabel() : labels[i]);
      if (!added.ok()) return added;
    }
    return finish ? (*writer)->Finish() : absl::OkStatus();
  }

  nn::ScratchDir dir_;
};

TEST_F(DatasetWriterTest, AnArchiveHasNvidiasNamesAndLabels) {
  ASSERT_TRUE(WriteSet("a.zip", {"one", "two"}, {Class(6), Class(0)}).ok());
  const auto zip = io::ZipArchive::Open(dir_.File("a.zip"));
  ASSERT_TRUE(zip.ok()) << zip.status();
  ASSERT_EQ((*zip)->entries().size(), 3u);
  EXPECT_EQ((*zip)->entries()[0].name, "00000/img00000000.png");
  EXPECT_EQ(*(*zip)->Read(0, 100), "one");
  EXPECT_EQ((*zip)->entries()[1].name, "00000/img00000001.png");
  EXPECT_EQ((*zip)->entries()[2].name, "dataset.json");
  EXPECT_EQ(*(*zip)->Read(2, 1000), "{\"labels\": [[\"00000/img00000000.png\", 6], [\"00000/img00000001.png\", 0]]}\n");
  EXPECT_THAT(dir_.Names(), ElementsAre("a.zip"));
}

TEST_F(DatasetWriterTest, AFolderHasAThousandImagesInEachFolder) {
  ASSERT_TRUE(WriteSet("set", std::vector<std::string>(1001, "x"), {}).ok());
  EXPECT_EQ(dir_.Read("set/00000/img00000999.png"), "x");
  EXPECT_EQ(dir_.Read("set/00001/img00001000.png"), "x");
  EXPECT_EQ(dir_.Read("set/dataset.json"), "{\"labels\": null}\n");
  EXPECT_THAT(dir_.Names(), ElementsAre("set"));
}

TEST_F(DatasetWriterTest, NamesOfClassesComeBack) {
  const std::vector<std::string> names = {"cat \"1\"", "d\xc3\xb6g", "\xff"};
  absl::StatusOr<std::unique_ptr<DatasetWriter>> writer = DatasetWriter::Open(dir_.File("set"), /*labels=*/true);
  (*writer)->SetClassNames(names);
  ASSERT_TRUE((*writer)->Add("x", Class(1)).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  const absl::StatusOr<Labels> labels = LabelsFromJson(dir_.Read("set/dataset.json"), {"00000/img00000000.png"});
  ASSERT_TRUE(labels.ok()) << labels.status();
  EXPECT_THAT(labels->class_names(), ElementsAre(names[0], names[1])) << "those of the classes that there are";
}

TEST_F(DatasetWriterTest, FloatsOfLabelsKeepTheirBits) {
  PictureLabel label;
  label.numbers = {0.1f, -3, 1e-30f, 16777216};
  ASSERT_TRUE(WriteSet("set", {"x"}, {label}).ok());
  EXPECT_EQ(dir_.Read("set/dataset.json"),
            "{\"labels\": [[\"00000/img00000000.png\", [0.100000001, -3, 1e-30, 16777216]]]}\n");
}

TEST_F(DatasetWriterTest, WithoutFinishNothingIsLeft) {
  dir_.Write("old.zip", "old");
  for (const char* name : {"a.zip", "set", "old.zip"}) {
    ASSERT_TRUE(WriteSet(name, {"one"}, {}, /*finish=*/false).ok());
    EXPECT_THAT(dir_.Names(), ElementsAre("old.zip"));
    EXPECT_EQ(dir_.Read("old.zip"), "old");
  }
}

TEST_F(DatasetWriterTest, AnErrorLeavesNothing) {
  for (const char* name : {"a.zip", "set"}) {
    int64_t failed = 0;
    for (int64_t call = 1; call < 40; ++call) {
      io::FaultPlan plan;
      plan.calls = {io::SystemCall::kWrite, io::SystemCall::kSync, io::SystemCall::kOpen};
      plan.error = ENOSPC;
      plan.first = call;
      bool ok = false;
      {
        const io::FaultInjection faults(plan);
        ok = WriteSet(name, {"one", "two"}, {}).ok();
        if (faults.faults() == 0) call = 40;
      }
      // Once the new name is there, only the sync of the folder above can fail.
      if (ok || std::filesystem::exists(dir_.File(name))) {
        std::filesystem::remove_all(dir_.File(name));
        continue;
      }
      ++failed;
      EXPECT_THAT(dir_.Names(), IsEmpty()) << name << ", call " << call;
    }
    EXPECT_GE(failed, 4) << name;
  }
}

TEST_F(DatasetWriterTest, RefusesAPlaceThatIsTaken) {
  std::filesystem::create_directory(dir_.File("full"));
  dir_.Write("full/file", "");
  const auto said = [&](const std::string& name) { return std::string(WriteSet(name, {"x"}, {}).message()); };
  EXPECT_THAT(said("full"), HasSubstr("is not empty; give a folder that does not exist"));
  dir_.Write("file", "");
  EXPECT_THAT(said("file"), HasSubstr("must end in .zip"));
  std::filesystem::create_directory(dir_.File("empty"));
  std::filesystem::create_directory_symlink("empty", dir_.File("link"));
  EXPECT_THAT(said("link"), HasSubstr("is a link"));
  EXPECT_TRUE(WriteSet("empty/", {"x"}, {}).ok());
  EXPECT_TRUE(WriteSet("new/folders/set", {"x"}, {}).ok());
  EXPECT_EQ(dir_.Read("empty/00000/img00000000.png"), "x");
}

}  // namespace
}  // namespace sg::gan
