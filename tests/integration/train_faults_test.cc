// train, as a process whose disk or memory fails. strace makes system calls fail, prlimit limits the memory.
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/io/safetensors_reader.h"
#include "gan/train/run_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"

namespace sg::integration {
namespace {

using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TrainFaultsTest : public SmallTraining {
 protected:
  // Whether strace is installed and may trace here, which a container may forbid.
  static bool CanTrace() { return std::system("strace -o /dev/null true > /dev/null 2>&1") == 0; }

  // Trains with injected faults, such as "fsync:error=EIO:when=3".
  Outcome TrainWith(const std::string& fault, const std::vector<std::string>& arguments) {
    const std::string call = fault.substr(0, fault.find(':'));
    return RunToolUnder({"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=" + fault},
                        "train", arguments, folder_.path());
  }

  // Every checkpoint of the run is complete, and an undisturbed training goes on from it.
  void ExpectUsable(const std::string& run, int kimg) {
    ASSERT_THAT(gan::ListCheckpoints(run), Not(IsEmpty()));
    for (const std::string& checkpoint : gan::ListCheckpoints(run)) {
      const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(checkpoint);
      ASSERT_TRUE(file.ok()) << file.status();
      EXPECT_TRUE(file->Verify().ok()) << checkpoint;
    }
    const Outcome resumed = RunTool("train", {"--resume=" + run, absl::StrCat("--kimg=", kimg)}, folder_.path());
    EXPECT_EQ(resumed.exit_code, 0) << resumed;
    for (const auto& entry : std::filesystem::directory_iterator(run)) {
      EXPECT_THAT(entry.path().string(), Not(HasSubstr(".tmp.")));
    }
  }
};

// A run with a checkpoint goes on for two thousand images, while one call, each third, or all from some call on fail.
TEST_F(TrainFaultsTest, SystemCallsThatFail) {
  if (!CanTrace()) GTEST_SKIP() << "strace is not installed, or may not trace";
  int runs = 0, failed = 0, warned = 0;
  for (const char* call : {"fsync", "rename", "pwrite64", "unlink"}) {
    for (const char* when : {"3", "2+3", "4+"}) {
      const std::string fault = absl::StrCat(call, ":error=", runs % 2 == 0 ? "ENOSPC" : "EIO", ":when=", when);
      SCOPED_TRACE(fault);
      const std::string outdir = absl::StrCat("runs", runs++);
      ASSERT_EQ(RunTool("train", StartArguments(1, outdir), folder_.path()).exit_code, 0);
      const Outcome outcome = TrainWith(fault, {"--resume=latest", "--outdir=" + outdir, "--kimg=3"});
      EXPECT_EQ(outcome.signal, 0) << outcome;
      EXPECT_THAT(outcome.exit_code, AnyOf(Eq(0), Eq(1))) << outcome;
      if (outcome.exit_code != 0) {
        ++failed;
        EXPECT_THAT(outcome.err, HasSubstr("train: ")) << outcome;
      } else if (testing::Matches(HasSubstr("warning: "))(outcome.out + outcome.err)) {
        ++warned;
      }
      ExpectUsable(RunFolder(outdir), 4);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(failed, 1);
  EXPECT_GT(warned, 1);
}

TEST_F(TrainFaultsTest, AStateThatCannotBeWrittenAtTheEndIsTheExitStatus) {
  if (!CanTrace()) GTEST_SKIP() << "strace is not installed, or may not trace";
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  const std::string state = ReadFile(Checkpoint(RunFolder(), 1));
  const Outcome outcome = TrainWith("rename:error=ENOSPC:when=3+", {"--resume=latest", "--outdir=runs", "--kimg=3"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("network-snapshot-000003.safetensors: cannot rename the finished temporary file"));
  EXPECT_TRUE(ReadFile(Checkpoint(RunFolder(), 1)) == state);
  ExpectUsable(RunFolder(), 3);
}

TEST_F(TrainFaultsTest, InterruptedCallsAreNotNoticed) {
  if (!CanTrace()) GTEST_SKIP() << "strace is not installed, or may not trace";
  ASSERT_EQ(RunTool("train", StartArguments(2, "whole"), folder_.path()).exit_code, 0);
  for (const char* call : {"fsync", "rename", "pwrite64", "flock", "unlink"}) {
    const std::string outdir = absl::StrCat("runs-", call);
    ASSERT_EQ(RunTool("train", StartArguments(1, outdir), folder_.path()).exit_code, 0);
    const Outcome outcome =
        TrainWith(absl::StrCat(call, ":error=EINTR:when=2+2"), {"--resume=latest", "--outdir=" + outdir, "--kimg=2"});
    EXPECT_EQ(outcome.exit_code, 0) << call << ": " << outcome;
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("warning"))) << call;
    EXPECT_TRUE(ReadFile(Checkpoint(RunFolder(outdir), 2)) == ReadFile(Checkpoint(RunFolder("whole"), 2))) << call;
  }
}

// With ever more memory, from too little to load the libraries to enough. In between, oneDNN 2.6.3 crashes where it
// gets no memory; everything else ends in good order.
TEST_F(TrainFaultsTest, MemoryThatRunsOut) {
  if (std::system("prlimit --as=1000000000 true") != 0) GTEST_SKIP() << "prlimit is not installed";
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  const std::string state = ReadFile(Checkpoint(RunFolder(), 1));
  int enough = 0;
  for (int64_t mib = 16; mib < 4096 && enough == 0; mib += 8) {
    SCOPED_TRACE(absl::StrCat(mib, " MiB"));
    const Outcome outcome = RunToolUnder({"prlimit", absl::StrCat("--as=", mib << 20)}, "train",
                                         {"--resume=latest", "--outdir=runs", "--kimg=2"}, folder_.path());
    if (outcome.exit_code == 0) ++enough;
    EXPECT_THAT(outcome.signal, AnyOf(Eq(0), Eq(SIGSEGV))) << outcome;
    EXPECT_TRUE(ReadFile(Checkpoint(RunFolder(), 1)) == state);
  }
  EXPECT_EQ(enough, 1);
}

}  // namespace
}  // namespace sg::integration
