#include "engine/io/system_calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "engine/io/fault_injection.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using nn::ScratchDir;

TEST(SystemCalls, DoWhatTheirNamesSay) {
  const ScratchDir dir;
  const std::string path = dir.File("a"), folder = dir.File("folder");
  const int fd = sys::Open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(sys::Write(fd, "0123456789", 10), 10);
  EXPECT_EQ(sys::PWrite(fd, "xy", 2, 3), 2);
  char read[4] = {};
  EXPECT_EQ(sys::PRead(fd, read, 3, 2), 3);
  EXPECT_STREQ(read, "2xy");
  EXPECT_EQ(sys::FTruncate(fd, 4), 0);
  EXPECT_EQ(sys::FSync(fd), 0);
  struct stat info;
  EXPECT_EQ(sys::FStat(fd, &info), 0);
  EXPECT_EQ(info.st_size, 4);
  EXPECT_EQ(sys::FLock(fd, LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(sys::Close(fd), 0);
  EXPECT_EQ(sys::MakeDir(folder, 0700), 0);
  EXPECT_EQ(sys::Stat(folder, &info), 0);
  EXPECT_TRUE(S_ISDIR(info.st_mode));
  EXPECT_EQ(sys::Rename(path, dir.File("b")), 0);
  EXPECT_EQ(dir.Read("b"), "012x");
  std::string resolved;
  EXPECT_EQ(sys::RealPath(folder + "/../b", &resolved), 0);
  EXPECT_EQ(resolved.substr(resolved.size() - 2), "/b");
  EXPECT_EQ(sys::Unlink(dir.File("b")), 0);
  EXPECT_EQ(dir.Names(), std::vector<std::string>{"folder"});
}

TEST(SystemCalls, ErrorsAreThoseOfTheSystem) {
  const ScratchDir dir;
  const std::string missing = dir.File("missing"), text = dir.Write("text", "");
  struct stat info;
  std::string resolved;
  const auto fails = [](int result, int error) { return result == -1 && errno == error; };
  EXPECT_TRUE(fails(sys::Open(missing, O_RDONLY), ENOENT));
  EXPECT_TRUE(fails(sys::Stat(missing, &info), ENOENT));
  EXPECT_TRUE(fails(sys::FStat(-1, &info), EBADF));
  EXPECT_TRUE(fails(static_cast<int>(sys::PRead(-1, &info, 1, 0)), EBADF));
  EXPECT_TRUE(fails(static_cast<int>(sys::Write(-1, "", 0)), EBADF));
  EXPECT_TRUE(fails(static_cast<int>(sys::PWrite(-1, "", 0, 0)), EBADF));
  EXPECT_TRUE(fails(sys::FTruncate(-1, 0), EBADF));
  EXPECT_TRUE(fails(sys::FSync(-1), EBADF));
  EXPECT_TRUE(fails(sys::Close(-1), EBADF));
  EXPECT_TRUE(fails(sys::Rename(missing, text), ENOENT));
  EXPECT_TRUE(fails(sys::Unlink(missing), ENOENT));
  EXPECT_TRUE(fails(sys::MakeDir(text, 0700), EEXIST));
  EXPECT_TRUE(fails(sys::FLock(-1, LOCK_EX), EBADF));
  EXPECT_TRUE(fails(sys::RealPath(missing, &resolved), ENOENT));
}

TEST(SystemCalls, ReadDirEndsWithNull) {
  const ScratchDir dir;
  dir.Write("a", "");
  DIR* const directory = opendir(dir.path().c_str());
  ASSERT_NE(directory, nullptr);
  std::vector<std::string> names;
  dirent* entry = nullptr;
  while (sys::ReadDir(directory, &entry) == 0 && entry != nullptr) names.emplace_back(entry->d_name);
  EXPECT_EQ(entry, nullptr);
  closedir(directory);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{".", "..", "a"}));
}

TEST(SystemCalls, InterruptedCallsAreRepeated) {
  const ScratchDir dir;
  FaultPlan plan;
  plan.error = EINTR;
  plan.every = 2;
  const FaultInjection faults(plan);
  const int fd = sys::Open(dir.File("a"), O_RDWR | O_CREAT, 0600);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(sys::Write(fd, "abc", 3), 3);
  EXPECT_EQ(sys::FSync(fd), 0);
  EXPECT_EQ(faults.faults(), 3);
  EXPECT_EQ(sys::Close(fd), 0) << "interrupted, and closed nevertheless";
  EXPECT_EQ(faults.faults(), 4);
  EXPECT_EQ(sys::FSync(fd), -1);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace sg::io
