// train killed at any moment loses at most what came after its last checkpoint, and goes on bit for bit.
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "engine/io/safetensors_reader.h"
#include "gan/train/run_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"
#include "tests/support/nightly.h"

namespace sg::integration {
namespace {

constexpr double kEndless = 100000;  // kimg

// One run, killed again and again: while it writes checkpoints, pictures, statistics and options, while it cleans its
// folder, and while it starts.
TEST_F(SmallTraining, KilledAgainAndAgain) {
  options_["keep"] = 2;
  options_["tick_kimg"] = 0.2;  // a checkpoint every five steps
  WriteOptions();
  std::mt19937 random(1);
  const int kills = Nightly(12, 500);
  std::vector<std::string> arguments = StartArguments(kEndless);
  int64_t steps = 0;
  for (int i = 0; i < kills; ++i) {
    Process training("train", arguments, folder_.path());
    // The first has to get as far as a checkpoint; any later one may be killed before it has done anything.
    if (i == 0) {
      ASSERT_TRUE(training.WaitUntil([&] { return !gan::ListCheckpoints(RunFolder()).empty(); })) << training.Wait();
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 200000));
    training.Signal(SIGKILL);
    const Outcome killed = training.Wait();
    ASSERT_EQ(killed.signal, SIGKILL) << killed;
    const std::vector<std::string> checkpoints = gan::ListCheckpoints(RunFolder());
    ASSERT_FALSE(checkpoints.empty()) << "after kill " << i;
    for (const std::string& checkpoint : checkpoints) {
      const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(checkpoint);
      ASSERT_TRUE(file.ok() && file->Verify().ok()) << checkpoint << " is torn, after kill " << i;
    }
    const int64_t now = std::stoll(io::SafetensorsReader::Open(checkpoints[0])->metadata().at("steps"));
    ASSERT_GE(now, steps) << "a checkpoint was lost by kill " << i;
    steps = now;
    arguments = {"--resume=latest", "--outdir=runs", "--kimg=100000"};
  }

  // The end, and the same without any kill.
  const double kimg = (steps + 10) * 40 / 1000.0;
  const std::string end = "--kimg=" + std::to_string(kimg);
  const Outcome resumed = RunTool("train", {"--resume=latest", "--outdir=runs", end}, folder_.path());
  ASSERT_EQ(resumed.exit_code, 0) << resumed;
  const Outcome whole = RunTool("train", {"--options=options.json", "--outdir=whole", end}, folder_.path());
  ASSERT_EQ(whole.exit_code, 0) << whole;
  const std::string last = gan::ListCheckpoints(RunFolder())[0];
  const std::string name = std::filesystem::path(last).filename();
  EXPECT_TRUE(ReadFile(last) == ReadFile(RunFolder("whole") + "/" + name)) << name;
  for (const auto& entry : std::filesystem::directory_iterator(RunFolder())) {
    EXPECT_EQ(entry.path().string().find(".tmp."), std::string::npos) << entry.path();
  }
  RecordProperty("kills", kills);
}

}  // namespace
}  // namespace sg::integration
