#include "tools/train_reporter.h"

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/device.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nn/state/checkpoint.h"
#include "tests/support/scratch_dir.h"
#include "tools/run_name.h"

namespace sg::cli {
namespace {

// A note about a checkpoint quotes its metadata.
TEST(TrainReporter, ALineDoesNotCommandTheTerminal) {
  const nn::ScratchDir folder;
  const absl::StatusOr<gan::RunDirectory> run = gan::RunDirectory::Create(folder.path(), "run");
  ASSERT_TRUE(run.ok()) << run.status();
  testing::internal::CaptureStderr();
  TrainReporter reporter(*run);
  reporter.Log("written on \"\x1b[2J\"\nstep 7");
  reporter.Finish();
  const std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_EQ(shown.find("\x1b[2J"), std::string::npos) << shown;
  EXPECT_EQ(folder.Read("00000-run/log.txt"), "written on \"\\x1b[2J\"\\x0astep 7\n");
}

// Writes a checkpoint with one number.
void Save(const gan::RunDirectory& run, const std::string& number, float value) {
  const Tensor tensor = Tensor::FromHost<float>({1}, std::vector<float>{value}, Device::Cpu());
  EXPECT_TRUE(nn::SaveTensors(run.CheckpointPath(number), {{"a", tensor}}, {}).ok());
}

TEST(TrainReporter, OnlyAFiniteCheckpointIsTheLastGoodOne) {
  const nn::ScratchDir folder;
  const absl::StatusOr<gan::RunDirectory> run = gan::RunDirectory::Create(folder.path(), "run");
  ASSERT_TRUE(run.ok()) << run.status();
  const auto end = [&] {
    TrainReporter reporter(*run);
    reporter.LogEnd(gan::TrainEnd::kDiverged, gan::TrainConfig());
    const std::string log = folder.Read("00000-run/log.txt");
    std::filesystem::remove(run->File("log.txt"));
    return log;
  };
  Save(*run, "000003", NAN);
  EXPECT_THAT(end(), testing::HasSubstr("in a new run: there is no earlier checkpoint"));
  for (const char* number : {"000000", "000001", "000002"}) Save(*run, number, 1);
  const std::string log = end();
  EXPECT_THAT(log, testing::HasSubstr("damaged or not finite: " + run->CheckpointPath("000003") + "\n"));
  EXPECT_THAT(log, testing::HasSubstr("The last good checkpoint is " + run->CheckpointPath("000002") + ". "));
  EXPECT_THAT(log,
              testing::HasSubstr("If that diverges at once: " + ResumeCommand(run->CheckpointPath("000001")) + "\n"));
}

// "0.0/0.02" would not tell how far it is.
TEST(TrainReporter, AShortRunIsSeenMoving) {
  const nn::ScratchDir folder;
  const absl::StatusOr<gan::RunDirectory> run = gan::RunDirectory::Create(folder.path(), "run");
  ASSERT_TRUE(run.ok()) << run.status();
  TrainReporter reporter(*run);
  const gan::TrainHooks hooks = reporter.Hooks();
  gan::TrainProgress progress;
  for (const auto& [kimg, total] : {std::pair<double, double>{0.004, 0.02}, {0.25, 4}, {0.25, 25000}}) {
    progress.kimg = kimg;
    progress.total_kimg = total;
    hooks.on_tick(progress);
  }
  reporter.Finish();
  const std::string log = folder.Read("00000-run/log.txt");
  EXPECT_THAT(log, testing::HasSubstr("kimg 0.004/0.02 |"));
  EXPECT_THAT(log, testing::HasSubstr("kimg 0.25/4 |"));
  EXPECT_THAT(log, testing::HasSubstr("kimg 0.2/25000 |"));
}

}  // namespace
}  // namespace sg::cli
