#include "engine/io/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace {

// The system calls that can fail while a file is written. While armed, they are counted and recorded, and the call of
// the chosen number fails. The definitions below take precedence over those of libc.
struct FaultPlan {
  bool armed = false;
  int fail_at = 0;  // 1 for the first call; 0: none
  int error = 0;
  size_t max_write = SIZE_MAX;  // makes write() and pwrite() write less than requested
  int calls = 0;
  std::string trace;
  // Systems on which files need a name, or cannot be given one later.
  int error_of_nameless = 0, error_of_link = 0;

  bool Fails(const char* name) {
    if (!armed) return false;
    ++calls;
    trace += (calls > 1 ? " " : "") + std::string(name);
    if (calls != fail_at) return false;
    errno = error;
    return true;
  }
};
FaultPlan plan;

}  // namespace

extern "C" ssize_t write(int fd, const void* data, size_t size) {
  if (plan.Fails("write")) return -1;
  return syscall(SYS_write, fd, data, plan.armed ? std::min(size, plan.max_write) : size);
}
extern "C" ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  if (plan.Fails("pwrite")) return -1;
  return syscall(SYS_pwrite64, fd, data, plan.armed ? std::min(size, plan.max_write) : size, offset);
}
extern "C" int open(const char* path, int flags, ...) {
  if ((flags & O_TMPFILE) == O_TMPFILE && plan.error_of_nameless != 0) {
    errno = plan.error_of_nameless;
    return -1;
  }
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
extern "C" int linkat(int from_fd, const char* from, int to_fd, const char* to, int flags) noexcept {
  if (plan.error_of_link != 0) {
    errno = plan.error_of_link;
    return -1;
  }
  return static_cast<int>(syscall(SYS_linkat, from_fd, from, to_fd, to, flags));
}
extern "C" int fsync(int fd) { return plan.Fails("fsync") ? -1 : static_cast<int>(syscall(SYS_fsync, fd)); }
extern "C" int rename(const char* from, const char* to) noexcept {
  return plan.Fails("rename") ? -1 : static_cast<int>(syscall(SYS_rename, from, to));
}

namespace sg::io {
namespace {

using nn::ScratchDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

absl::Status Save(const std::string& path) {
  absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(path);
  if (!file.ok()) return file.status();
  absl::Status status = file->Append("???? new");
  if (status.ok()) status = file->Append(" bytes");
  if (status.ok()) status = file->Overwrite(0, "some");
  return status.ok() ? file->Commit() : status;
}

absl::Status SaveWith(FaultPlan faults, const std::string& path) {
  plan = std::move(faults);
  plan.armed = true;
  absl::Status status = Save(path);
  plan.armed = false;
  return status;
}

FaultPlan FailAt(int call, int error) {
  FaultPlan faults;
  faults.fail_at = call;
  faults.error = error;
  return faults;
}

TEST(AtomicFile, WritesAndReplaces) {
  ScratchDir dir;
  ASSERT_TRUE(WriteFileAtomically(dir.File("a"), "one").ok());
  EXPECT_EQ(dir.Read("a"), "one");
  ASSERT_TRUE(WriteFileAtomically(dir.File("a"), "").ok());
  EXPECT_EQ(dir.Read("a"), "");
  ASSERT_TRUE(Save(dir.File("a")).ok());
  EXPECT_EQ(dir.Read("a"), "some new bytes");
  EXPECT_THAT(dir.Names(), ElementsAre("a"));
}

TEST(AtomicFile, SyncsTheFileBeforeTheRenameAndTheDirectoryAfterIt) {
  ScratchDir dir;
  ASSERT_TRUE(SaveWith({}, dir.File("a")).ok());
  EXPECT_EQ(plan.trace, "write write pwrite fsync rename fsync");
}

TEST(AtomicFile, EveryFailureBeforeTheRenameLeavesTheOldFile) {
  for (int error : {ENOSPC, EIO, EDQUOT}) {
    for (int call = 1; call <= 5; ++call) {
      ScratchDir dir;
      const std::string path = dir.Write("a", "old");
      const absl::Status status = SaveWith(FailAt(call, error), path);
      EXPECT_THAT(std::string(status.message()), StartsWith(path + ": cannot ")) << call;
      EXPECT_THAT(std::string(status.message()), HasSubstr(strerror(error))) << call;
      EXPECT_EQ(dir.Read("a"), "old") << call;
      EXPECT_THAT(dir.Names(), ElementsAre("a")) << call;
    }
  }
}

TEST(AtomicFile, FailureToSyncTheDirectoryIsReported) {
  ScratchDir dir;
  const std::string path = dir.Write("a", "old");
  EXPECT_THAT(std::string(SaveWith(FailAt(6, EIO), path).message()), HasSubstr("cannot sync its directory"));
  EXPECT_EQ(dir.Read("a"), "some new bytes");
  EXPECT_TRUE(SaveWith(FailAt(6, EINVAL), path).ok());  // a file system without that operation
}

TEST(AtomicFile, InterruptedCallsAreRepeated) {
  for (int call : {1, 2, 3, 4, 6}) {
    ScratchDir dir;
    EXPECT_TRUE(SaveWith(FailAt(call, EINTR), dir.File("a")).ok()) << call;
    EXPECT_EQ(dir.Read("a"), "some new bytes") << call;
  }
}

TEST(AtomicFile, ShortWritesAreContinued) {
  ScratchDir dir;
  FaultPlan faults;
  faults.max_write = 3;
  EXPECT_TRUE(SaveWith(faults, dir.File("a")).ok());
  EXPECT_EQ(dir.Read("a"), "some new bytes");
}

TEST(AtomicFile, AnErrorStays) {
  ScratchDir dir;
  absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(dir.File("a"));
  ASSERT_TRUE(file.ok());
  plan = FailAt(1, ENOSPC);
  plan.armed = true;
  const absl::Status first = file->Append("x");
  plan.armed = false;
  EXPECT_FALSE(first.ok());
  EXPECT_EQ(file->Append("x"), first);
  EXPECT_EQ(file->Overwrite(0, ""), first);
  EXPECT_EQ(file->Commit(), first);
  EXPECT_THAT(dir.Names(), IsEmpty());
}

TEST(AtomicFile, FileSizeLimitLeavesTheOldFile) {
  ScratchDir dir;
  const std::string path = dir.Write("a", "old");
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit tiny = {4096, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tiny), 0);
  const absl::Status status = WriteFileAtomically(path, std::string(100000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  signal(SIGXFSZ, old_handler);
  EXPECT_EQ(status.message(), path + ": cannot write: File too large");
  EXPECT_EQ(dir.Read("a"), "old");
  EXPECT_THAT(dir.Names(), ElementsAre("a"));
}

TEST(AtomicFile, WithoutCommitNothingRemains) {
  ScratchDir dir;
  const std::string path = dir.Write("a", "old");
  {
    absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(path);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Append("new").ok());
    EXPECT_EQ(file->size(), 3);
    EXPECT_THAT(dir.Names(), ElementsAre("a"));
    const AtomicFileWriter moved = *std::move(file);
  }
  EXPECT_EQ(dir.Read("a"), "old");
  EXPECT_THAT(dir.Names(), ElementsAre("a"));
}

TEST(AtomicFile, WithoutNamelessFilesTheTemporaryOneHasAName) {
  for (int error : {EOPNOTSUPP, EISDIR}) {
    ScratchDir dir;
    const std::string path = dir.Write("a", "old");
    plan = FaultPlan();
    plan.error_of_nameless = error;
    {
      absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(path);
      ASSERT_TRUE(file.ok());
      ASSERT_EQ(dir.Names().size(), 2u);
      EXPECT_THAT(dir.Names()[1], StartsWith("a.tmp."));
      EXPECT_EQ(TargetOfTemporary(dir.Names()[1]), "a");
      const AtomicFileWriter moved = *std::move(file);
      EXPECT_EQ(dir.Names().size(), 2u);
    }
    EXPECT_EQ(dir.Read("a"), "old");
    EXPECT_THAT(dir.Names(), ElementsAre("a"));
    EXPECT_TRUE(Save(path).ok());
    EXPECT_EQ(dir.Read("a"), "some new bytes");
    EXPECT_THAT(dir.Names(), ElementsAre("a"));
    plan = FaultPlan();
  }
}

TEST(AtomicFile, WithoutLinksTheNamelessFileIsCopied) {
  ScratchDir dir;
  const std::string path = dir.Write("a", "old");
  const std::string bytes((size_t{1} << 20) + 12345, 'x');
  plan = FaultPlan();
  plan.error_of_link = EACCES;
  EXPECT_TRUE(WriteFileAtomically(path, bytes).ok());
  EXPECT_EQ(dir.Read("a"), bytes);
  // write write pwrite fsync; of the copy: write fsync
  for (int call = 5; call <= 7; ++call) {
    FaultPlan faults = FailAt(call, ENOSPC);
    faults.error_of_link = EACCES;
    EXPECT_THAT(std::string(SaveWith(std::move(faults), path).message()), StartsWith(path + ": cannot ")) << call;
    EXPECT_EQ(plan.trace, std::string("write write pwrite fsync write fsync rename").substr(0, plan.trace.size()));
    EXPECT_EQ(dir.Read("a"), bytes) << call;
    EXPECT_THAT(dir.Names(), ElementsAre("a")) << call;
  }
  plan = FaultPlan();
}

TEST(AtomicFile, TheModeFollowsTheUmask) {
  ScratchDir dir;
  const mode_t old = umask(027);
  EXPECT_TRUE(Save(dir.File("a")).ok());
  umask(old);
  EXPECT_EQ(std::filesystem::status(dir.File("a")).permissions(), std::filesystem::perms(0640));
}

TEST(AtomicFile, TwoWritersOfOnePathDoNotMix) {
  ScratchDir dir;
  absl::StatusOr<AtomicFileWriter> one = AtomicFileWriter::Open(dir.File("a"));
  absl::StatusOr<AtomicFileWriter> two = AtomicFileWriter::Open(dir.File("a"));
  ASSERT_TRUE(one.ok() && two.ok());
  ASSERT_TRUE(one->Append("one").ok() && two->Append("second").ok());
  ASSERT_TRUE(two->Commit().ok() && one->Commit().ok());
  EXPECT_EQ(dir.Read("a"), "one");
  EXPECT_THAT(dir.Names(), ElementsAre("a"));
}

TEST(AtomicFile, RefusesPathsThatCannotBeWritten) {
  ScratchDir dir;
  const std::string file = dir.Write("file", "old");
  EXPECT_EQ(WriteFileAtomically(file + "/a", "x").message(), file + "/a: cannot write: Not a directory");
  const std::string missing = dir.File("missing/a");
  EXPECT_EQ(WriteFileAtomically(missing, "x").message(), missing + ": cannot create: No such file or directory");
  EXPECT_EQ(WriteFileAtomically(dir.path(), "x").message(), dir.path() + ": cannot write: it is a directory");
  const std::string fifo = dir.File("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(WriteFileAtomically(fifo, "x").message(), fifo + ": cannot write: it is not a regular file");
  EXPECT_FALSE(WriteFileAtomically("", "x").ok());
  EXPECT_THAT(dir.Names(), ElementsAre("fifo", "file"));
}

TEST(AtomicFile, WritesThroughASymbolicLink) {
  ScratchDir dir;
  dir.Write("real", "old");
  ASSERT_EQ(symlink("real", dir.File("link").c_str()), 0);
  ASSERT_TRUE(WriteFileAtomically(dir.File("link"), "new").ok());
  EXPECT_EQ(dir.Read("real"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(dir.File("link")));
}

TEST(AtomicFile, TargetOfTemporaryKnowsItsOwnNames) {
  EXPECT_EQ(TargetOfTemporary("a.txt.tmp.123.0"), "a.txt");
  const std::string name = TemporaryName("a.txt");
  EXPECT_EQ(TargetOfTemporary(name), "a.txt");
  EXPECT_NE(TemporaryName("a.txt"), name);
  EXPECT_EQ(TargetOfTemporary("a.tmp.1.2.tmp.123.0"), "a.tmp.1.2");
  for (const char* other : {"a", "a.tmp", "a.tmp.", "a.tmp.1", "a.tmp.1.", "a.tmp..2", "a.tmp.1.2.3", "a.tmp.x.2",
                            "a.tmp.1.txt", "a.tmp.-1.2", ".tmp.1.2"}) {
    EXPECT_EQ(TargetOfTemporary(other), std::nullopt) << other;
  }
}

TEST(AtomicFileDeathTest, MisuseIsAProgrammersMistake) {
  ScratchDir dir;
  absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(dir.File("a"));
  ASSERT_TRUE(file.ok() && file->Append("abc").ok());
  EXPECT_DEATH((void)file->Overwrite(2, "xy"), "Overwrite of 2 bytes at 2 of the 3");
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_DEATH((void)file->Append("x"), "after Commit");
  EXPECT_DEATH((void)file->Commit(), "second Commit");
}

}  // namespace
}  // namespace sg::io
