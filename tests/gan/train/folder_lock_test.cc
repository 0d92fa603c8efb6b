#include "gan/train/folder_lock.h"

#include <chrono>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

using std::chrono::milliseconds;

class FolderLockTest : public ::testing::Test {
 protected:
  FolderLockTest() {
    waiting_.on_wait = [this](absl::string_view sentence) { told_.emplace_back(sentence); };
  }

  nn::ScratchDir folder_;
  LockWaiting waiting_;
  std::vector<std::string> told_;
};

TEST_F(FolderLockTest, AFreeFolderIsLockedAtOnce) {
  waiting_.patience = milliseconds(0);
  EXPECT_TRUE(WaitForFolder(folder_.path(), waiting_).ok());
  EXPECT_TRUE(LockFolder(folder_.path()).ok()) << "free again";
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(FolderLockTest, OneThatIsHeldIsRefusedWithTheHolder) {
  const absl::StatusOr<io::ScopedFd> held = LockFolder(folder_.path());
  ASSERT_TRUE(held.ok()) << held.status();
  const absl::Status second = LockFolder(folder_.path()).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.message()), MatchesRegex(".*: (process [0-9]+|another process) is training there"));
}

TEST_F(FolderLockTest, WaitsUntilItIsFreeAndTellsWhy) {
  absl::StatusOr<io::ScopedFd> held = LockFolder(folder_.path());
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(900));
    held->Reset();
  });
  EXPECT_TRUE(WaitForFolder(folder_.path(), waiting_).ok());
  other.join();
  EXPECT_THAT(told_, ElementsAre(MatchesRegex("waiting for .*, which (process [0-9]+|another process) has locked")));
}

TEST_F(FolderLockTest, ARequestToStopEndsTheWaiting) {
  const absl::StatusOr<io::ScopedFd> held = LockFolder(folder_.path());
  int asked = 0;
  waiting_.stop_requested = [&asked] { return ++asked == 3; };
  EXPECT_EQ(WaitForFolder(folder_.path(), waiting_).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(asked, 3);
}

TEST_F(FolderLockTest, PatienceEnds) {
  const absl::StatusOr<io::ScopedFd> held = LockFolder(folder_.path());
  waiting_.patience = milliseconds(100);
  const absl::Status status = WaitForFolder(folder_.path(), waiting_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(" has had it locked for 0 seconds; end that process"));
}

TEST_F(FolderLockTest, AFolderThatIsNotThereIsAnError) {
  EXPECT_EQ(LockFolder(folder_.File("missing")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(WaitForFolder(folder_.File("missing"), waiting_).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sg::gan
