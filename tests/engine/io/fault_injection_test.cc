// The plan itself, and what the classes of engine/io make of every fault of every call.
#include "engine/io/fault_injection.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/io/atomic_file.h"
#include "engine/io/directory.h"
#include "engine/io/input_file.h"
#include "engine/io/npy.h"
#include "engine/io/output_file.h"
#include "engine/io/safetensors_reader.h"
#include "engine/io/safetensors_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using nn::ScratchDir;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kErrors[] = {ENOSPC, EIO, EDQUOT, EROFS};

FaultPlan FailAt(int64_t call, int error) {
  FaultPlan plan;
  plan.first = call;
  plan.error = error;
  return plan;
}

TEST(FaultInjection, ChoosesTheCallsOfItsPlan) {
  FaultPlan plan;
  plan.calls = {SystemCall::kStat};
  plan.error = EDQUOT;
  plan.first = 2;
  plan.every = 3;
  struct stat info;
  std::string outcomes;
  {
    const FaultInjection faults(plan);
    for (int i = 0; i < 9; ++i) {
      errno = 0;
      outcomes += sys::Stat("/", &info) == 0 ? '.' : errno == EDQUOT ? 'x' : '?';
      sys::Close(sys::Open("/", O_RDONLY));  // does not count
    }
    EXPECT_EQ(faults.calls(), 9);
    EXPECT_EQ(faults.faults(), 3);
  }
  EXPECT_EQ(outcomes, ".x..x..x.");
  EXPECT_EQ(sys::Stat("/", &info), 0) << "no faults after its end";
}

TEST(FaultInjection, OneFaultWithoutEvery) {
  const FaultInjection faults(FailAt(2, EIO));
  struct stat info;
  EXPECT_EQ(sys::Stat("/", &info), 0);
  EXPECT_EQ(sys::Stat("/", &info), -1);
  EXPECT_EQ(sys::Stat("/", &info), 0);
}

TEST(FaultInjectionDeathTest, Misuse) {
  EXPECT_DEATH(FaultInjection(FailAt(0, EIO)), "counted from 1");
  FaultPlan endless = FailAt(1, EINTR);
  endless.every = 1;
  EXPECT_DEATH({ const FaultInjection faults(endless); }, "never ends");
  const FaultInjection one(FailAt(1, EIO));
  EXPECT_DEATH({ const FaultInjection two(FailAt(1, EIO)); }, "there is one already");
}

absl::Status WriteTensors(const std::string& path, const std::vector<float>& values) {
  std::vector<SafetensorsEntry> entries;
  for (const char* name : {"a", "b", "c"}) {
    entries.push_back({name, "F32", {2, 3}, FromMemory(values.data(), static_cast<int64_t>(values.size()) * 4)});
  }
  return WriteSafetensors(path, std::move(entries), {{"key", "value"}});
}

std::vector<float> ReadTensors(const std::string& path) {
  const absl::StatusOr<SafetensorsReader> file = SafetensorsReader::Open(path);
  EXPECT_TRUE(file.ok()) << file.status();
  if (!file.ok()) return {};
  EXPECT_TRUE(file->Verify().ok());
  return file->ReadAsFloat("b").value_or(std::vector<float>());
}

const std::vector<float> kOld = {1, 2, 3, 4, 5, 6}, kNew = {7, 8, 9, 10, 11, 12};

// Calls work() with the n-th system call failing, for every n up to the last call that it makes.
template <typename Work>
void WithEveryCallFailing(int error, Work work) {
  for (int64_t n = 1;; ++n) {
    SCOPED_TRACE(absl::StrCat("call ", n, ": ", strerror(error)));
    ASSERT_LT(n, 1000);
    int64_t faults = 0;
    work(FailAt(n, error), &faults);
    if (faults == 0) {
      EXPECT_GT(n, 1);
      return;
    }
  }
}

TEST(FaultsInFiles, AnAtomicWriteKeepsTheOldFileOrHasTheNewOne) {
  for (const int error : kErrors) {
    WithEveryCallFailing(error, [&](const FaultPlan& plan, int64_t* count) {
      const ScratchDir dir;
      const std::string path = dir.File("state");
      ASSERT_TRUE(WriteTensors(path, kOld).ok());
      absl::Status status;
      {
        const FaultInjection faults(plan);
        status = WriteTensors(path, kNew);
        *count = faults.faults();
      }
      if (status.ok()) {
        EXPECT_EQ(ReadTensors(path), kNew);
      } else {
        EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(path), HasSubstr(strerror(error))));
        const bool in_place = absl::StrContains(status.message(), "written, but cannot sync its directory");
        EXPECT_EQ(ReadTensors(path), in_place ? kNew : kOld);
      }
      EXPECT_THAT(dir.Names(), ElementsAre("state")) << "no temporary file";
    });
  }
}

TEST(FaultsInFiles, ReadingFailsOrIsRight) {
  const ScratchDir dir;
  const std::string tensors = dir.File("state"), array = dir.File("z.npy");
  ASSERT_TRUE(WriteTensors(tensors, kOld).ok());
  ASSERT_TRUE(WriteNpy(array, {6}, absl::MakeConstSpan(kOld)).ok());
  WithEveryCallFailing(EIO, [&](const FaultPlan& plan, int64_t* count) {
    const FaultInjection faults(plan);
    const absl::StatusOr<SafetensorsReader> file = SafetensorsReader::Open(tensors);
    const absl::StatusOr<std::vector<float>> values =
        file.ok() ? file->ReadAsFloat("c") : absl::StatusOr<std::vector<float>>(file.status());
    const absl::StatusOr<NpyArray> npy = ReadNpy(array, 100);
    *count = faults.faults();
    EXPECT_EQ(values.value_or(kOld), kOld);
    if (npy.ok()) {
      EXPECT_EQ(npy->values, std::vector<double>(kOld.begin(), kOld.end()));
    }
    for (const absl::Status& status : {values.status(), npy.status()}) {
      if (!status.ok()) {
        EXPECT_THAT(std::string(status.message()), HasSubstr("Input/output error"));
      }
    }
  });
}

TEST(FaultsInFiles, InterruptionsAndShortTransfersAreInvisible) {
  FaultPlan interrupted, one_byte;
  interrupted.error = EINTR;
  interrupted.every = 2;
  one_byte.max_bytes = 1;
  one_byte.every = 1;
  for (const FaultPlan& plan : {interrupted, one_byte}) {
    const ScratchDir dir;
    const FaultInjection faults(plan);
    ASSERT_TRUE(WriteTensors(dir.File("state"), kNew).ok());
    EXPECT_EQ(ReadTensors(dir.File("state")), kNew);
    ASSERT_TRUE(WriteNpy(dir.File("z.npy"), {6}, absl::MakeConstSpan(kNew)).ok());
    EXPECT_EQ(ReadNpy(dir.File("z.npy"), 100)->values.size(), 6u);
    absl::StatusOr<OutputFile> log = OutputFile::Open(dir.File("log"), OutputFile::Mode::kAppend);
    ASSERT_TRUE(log.ok() && log->Append("a line\n").ok() && log->Close().ok());
    EXPECT_EQ(*ReadFile(dir.File("log"), 100), "a line\n");
    ASSERT_TRUE(MakeDirectories(dir.File("x/y")).ok());
    ASSERT_TRUE(RenameFile(dir.File("log"), dir.File("x/log")).ok());
    ASSERT_TRUE(RemoveFile(dir.File("x/log")).ok());
    EXPECT_THAT(*NamesInDirectory(dir.path()), ElementsAre("state", "x", "z.npy"));
    const absl::StatusOr<ScopedFd> folder = OpenDirectory(dir.path());
    ASSERT_TRUE(folder.ok());
    EXPECT_TRUE(*LockDirectory(*folder, dir.path()));
    EXPECT_TRUE(SyncDirectory(*folder, "").ok());
    EXPECT_GT(faults.faults(), 20);
  }
}

TEST(FaultsInFiles, AListIsCompleteOrAnError) {
  const ScratchDir dir;
  for (int i = 0; i < 5; ++i) dir.Write(std::to_string(i), "");
  WithEveryCallFailing(EIO, [&](const FaultPlan& plan, int64_t* count) {
    const FaultInjection faults(plan);
    const absl::StatusOr<std::vector<std::string>> names = NamesInDirectory(dir.path());
    *count = faults.faults();
    if (names.ok()) {
      EXPECT_EQ(names->size(), 5u);
    } else {
      EXPECT_THAT(std::string(names.status().message()), HasSubstr(dir.path() + ": cannot "));
    }
  });
}

TEST(FaultsInFiles, AnOutputFileIsCutBackToWholePieces) {
  for (const int error : kErrors) {
    const ScratchDir dir;
    absl::StatusOr<OutputFile> file = OutputFile::Open(dir.File("trace"), OutputFile::Mode::kReplace);
    ASSERT_TRUE(file.ok() && file->Append("first\n").ok());
    {
      FaultPlan plan = FailAt(1, 0);
      plan.max_bytes = 3;  // The disk takes three bytes, and then it is full.
      FaultInjection short_write(plan);
      ASSERT_TRUE(file->Append("second\n").ok());
    }
    absl::Status status;
    {
      FaultPlan plan = FailAt(1, error);
      plan.calls = {SystemCall::kWrite};
      const FaultInjection faults(plan);
      status = file->Append("third\n");
    }
    EXPECT_THAT(std::string(status.message()), HasSubstr(strerror(error)));
    EXPECT_EQ(dir.Read("trace"), "first\nsecond\n");
  }
}

}  // namespace
}  // namespace sg::io
