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

}  // namespace
}  // namespace sg::cli
