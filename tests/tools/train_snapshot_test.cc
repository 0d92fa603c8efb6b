#include "tools/train_snapshot.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/image/encode_png.h"
#include "gan/train/snapshot.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/scratch_dir.h"

namespace sg::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class SnapshotWorkTest : public ::testing::Test {
 protected:
  void Open(int different_images) {
    for (int i = 0; i < 4; ++i) {
      const gan::Image image{8, 8, 3, std::vector<uint8_t>(8 * 8 * 3, static_cast<uint8_t>(i % different_images * 50))};
      images_.Write(absl::StrCat(i, ".png"), gan::EncodePng(image).value());
    }
    gan::DatasetOptions options;
    options.path = images_.path();
    options.spec = {8, 8, 3};
    data_ = *gan::Dataset::Open(options);
    work_.emplace(&trainer_, data_.get(), &run_, std::nullopt, &reporter_);
  }
  gan::TrainSnapshot Snapshot() { return {"", gan::DrawFakes(trainer_, {})}; }
  std::string Log() { return gan::FileBytes(run_.File("log.txt")); }

  nn::ScratchDir images_, runs_;
  const gan::RunDirectory run_ = *gan::RunDirectory::Create(runs_.path(), "run");
  gan::Trainer trainer_{gan::SmallConfig(), Device::Cpu()};
  TrainReporter reporter_{run_};
  std::unique_ptr<gan::Dataset> data_;
  std::optional<SnapshotWork> work_;
};

TEST_F(SnapshotWorkTest, WritesTheSheetAndTheReport) {
  Open(4);
  work_->Do(Snapshot());
  work_->Do(Snapshot());
  EXPECT_THAT(Log(), HasSubstr("nearest of 4 training images"));
  EXPECT_EQ(Count(Log(), "wrote "), 1) << "the same page again is no news: " << Log();
  EXPECT_THAT(Log(), Not(HasSubstr("warning")));
  EXPECT_TRUE(std::filesystem::exists(run_.File("fakes_nearest.png")));
  EXPECT_THAT(gan::FileBytes(run_.File(kReportName)), HasSubstr("\"state\":\"training\""));
  work_->WriteReport(report::RunState::kDiverged);
  EXPECT_THAT(gan::FileBytes(run_.File(kReportName)), HasSubstr("\"state\":\"diverged\""));
}

TEST_F(SnapshotWorkTest, WhatCannotBeDoneIsAWarningAndToldOnce) {
  Open(1);
  std::filesystem::create_directory(run_.File(kReportName));
  for (int i = 0; i < 3; ++i) work_->Do(Snapshot());
  EXPECT_EQ(Count(Log(), "warning: the nearest training images are not shown: "), 1) << Log();
  EXPECT_THAT(Log(), HasSubstr("of 4 of them no two differ"));
  EXPECT_EQ(Count(Log(), "warning: the report is not written: "), 1) << Log();
  std::filesystem::remove(run_.File(kReportName));
  work_->Do(Snapshot());
  EXPECT_TRUE(std::filesystem::is_regular_file(run_.File(kReportName)));
}

}  // namespace
}  // namespace sg::cli
