#include "gan/train/checkpoint_copy.h"

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
  ASSERT_TRUE(SaveCheckpoint(trainer_, run_).ok());
  const std::string saved = FileBytes(run_.CheckpointPath(0));
  std::filesystem::remove(run_.CheckpointPath(0));
  Take();
  Step(1);
  EXPECT_FALSE(copy_.empty());
  EXPECT_EQ(copy_.steps(), 3);
  EXPECT_EQ(copy_.path(), run_.CheckpointPath(0));
  EXPECT_THAT(ListCheckpoints(run_.path()), IsEmpty()) << "nothing is written before it is needed";
  ASSERT_TRUE(copy_.Write().ok());
  EXPECT_THAT(ListCheckpoints(run_.path()), ElementsAre(run_.CheckpointPath(0)));
  EXPECT_TRUE(FileBytes(run_.CheckpointPath(0)) == saved) << "the same as SaveCheckpoint";
}

TEST_F(CheckpointCopyTest, LeavesACheckpointThatIsAsLate) {
  Step(2);
  Take();
  Step(1);
  ASSERT_TRUE(SaveCheckpoint(trainer_, run_).ok());  // like a request to save between two ticks
  const std::string saved = FileBytes(run_.CheckpointPath(0));
  ASSERT_TRUE(copy_.Write().ok());
  EXPECT_TRUE(FileBytes(run_.CheckpointPath(0)) == saved);
}

TEST_F(CheckpointCopyTest, ReplacesAnEarlierOrADamagedCheckpointOfItsNumber) {
  Step(1);
  ASSERT_TRUE(SaveCheckpoint(trainer_, run_).ok());
  Step(1);
  Take();
  ASSERT_TRUE(copy_.Write().ok());
  const std::string written = FileBytes(run_.CheckpointPath(0));
  EXPECT_TRUE(written == *SerializeCheckpoint(trainer_));

  std::string damaged = written;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  std::ofstream(run_.CheckpointPath(0), std::ios::binary | std::ios::trunc) << damaged;
  ASSERT_TRUE(copy_.Write().ok());
  EXPECT_TRUE(FileBytes(run_.CheckpointPath(0)) == written);
}

TEST_F(CheckpointCopyTest, ADiskErrorComesThrough) {
  Take();
  std::filesystem::remove_all(run_.path());
  EXPECT_THAT(std::string(copy_.Write().message()), HasSubstr(run_.CheckpointPath(0)));
}

}  // namespace
}  // namespace sg::gan
