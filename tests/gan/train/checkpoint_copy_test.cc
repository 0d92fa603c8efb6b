#include "gan/train/checkpoint_copy.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "gan/train/snapshot.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CheckpointCopyTest : public ::testing::Test {
 protected:
  CheckpointCopyTest() : run_(*RunDirectory::Create(folder_.path(), "run")), trainer_(SmallConfig(), Device::Cpu()) {}

  void Step(int steps) {
    for (int i = 0; i < steps; ++i) trainer_.Step(SmallBatch(SmallConfig(), trainer_.steps()));
  }
  void Take() {
    const absl::Status taken = copy_.Take(trainer_, run_);
    ASSERT_TRUE(taken.ok()) << taken;
  }

  nn::ScratchDir folder_;
  RunDirectory run_;
  Trainer trainer_;
  CheckpointCopy copy_;
};

TEST_F(CheckpointCopyTest, WritesTheStateOfThenWhateverHasChanged) {
  EXPECT_TRUE(copy_.empty());
  Step(3);
  const std::string path = CheckpointPath(trainer_, run_);
  ASSERT_TRUE(SaveCheckpoint(trainer_, path).ok());
  const std::string saved = FileBytes(path);
  std::filesystem::remove(path);
  Take();
  Step(1);
  EXPECT_FALSE(copy_.empty());
  EXPECT_EQ(copy_.steps(), 3);
  EXPECT_EQ(copy_.path(), path);
  EXPECT_THAT(ListCheckpoints(run_.path()), IsEmpty()) << "nothing is written before it is needed";
  ASSERT_TRUE(copy_.Write().ok());
  EXPECT_THAT(ListCheckpoints(run_.path()), ElementsAre(path));
  EXPECT_TRUE(FileBytes(path) == saved) << "the same as SaveCheckpoint";
}

TEST_F(CheckpointCopyTest, LeavesTheCheckpointOfItsState) {
  Step(2);
  Take();
  ASSERT_TRUE(SaveCheckpoint(trainer_, copy_.path()).ok());
  const auto then = std::filesystem::file_time_type() + std::chrono::hours(1);
  std::filesystem::last_write_time(copy_.path(), then);
  ASSERT_TRUE(copy_.Write().ok());
  EXPECT_EQ(std::filesystem::last_write_time(copy_.path()), then);
}

TEST_F(CheckpointCopyTest, ReplacesAnEarlierOrADamagedCheckpointOfItsName) {
  Step(1);
  const std::string earlier = CheckpointPath(trainer_, run_);
  ASSERT_TRUE(SaveCheckpoint(trainer_, earlier).ok());
  Step(1);
  Take();
  std::filesystem::rename(earlier, copy_.path());
  ASSERT_TRUE(copy_.Write().ok());
  const std::string written = FileBytes(copy_.path());
  EXPECT_TRUE(written == *SerializeCheckpoint(trainer_));

  std::string damaged = written;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  std::ofstream(copy_.path(), std::ios::binary | std::ios::trunc) << damaged;
  ASSERT_TRUE(copy_.Write().ok());
  EXPECT_TRUE(FileBytes(copy_.path()) == written);
}

TEST_F(CheckpointCopyTest, ARunThatHasTakenTheNameIsLeftAlone) {
  Step(1);
  Take();
  std::filesystem::rename(run_.path(), folder_.File("elsewhere"));
  std::filesystem::create_directory(run_.path());
  const absl::Status written = copy_.Write();
  EXPECT_EQ(written.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(written.message()), HasSubstr(copy_.path() + ": not written: "));
  EXPECT_TRUE(std::filesystem::is_empty(run_.path()));
}

TEST_F(CheckpointCopyTest, ADiskErrorComesThrough) {
  Take();
  std::filesystem::remove_all(run_.path());
  EXPECT_THAT(std::string(copy_.Write().message()), HasSubstr(copy_.path()));
}

}  // namespace
}  // namespace sg::gan
