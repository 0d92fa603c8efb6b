#include "engine/io/lock_holder.h"

#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/io/directory.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

constexpr char kLocks[] =
    "1: FLOCK  ADVISORY  WRITE 13218 fe:00:10963034 0 EOF\n"
    "2: POSIX  ADVISORY  WRITE 77 fe:00:10986007 0 EOF\n"
    "3: FLOCK  ADVISORY  WRITE 14052 fe:00:10986007 0 EOF\n"
    "3: -> FLOCK  ADVISORY  WRITE 14099 fe:00:10986007 0 EOF\n"
    "4: FLOCK  ADVISORY  WRITE 0 08:11:5 0 EOF\n"
    "5: FLOCK  ADVISORY  READ 6";

TEST(LockHolder, IsReadFromTheKernelsList) {
  EXPECT_EQ(LockHolderIn(kLocks, makedev(0xfe, 0), 10986007), 14052);
  EXPECT_EQ(LockHolderIn(kLocks, makedev(0xfe, 0), 10963034), 13218);
}

TEST(LockHolder, IsUnknownWhereTheListDoesNotTell) {
  EXPECT_EQ(LockHolderIn(kLocks, makedev(0xfe, 1), 10986007), std::nullopt) << "another disk";
  EXPECT_EQ(LockHolderIn(kLocks, makedev(8, 0x11), 5), std::nullopt) << "a process of another container";
  EXPECT_EQ(LockHolderIn("", makedev(8, 1), 5), std::nullopt);
  EXPECT_EQ(LockHolder(ScopedFd()), std::nullopt);
}

TEST(LockHolder, IsThisProcessForItsOwnLock) {
  const nn::ScratchDir dir;
  const absl::StatusOr<ScopedFd> one = OpenDirectory(dir.path()), other = OpenDirectory(dir.path());
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_EQ(LockHolder(*other), std::nullopt);
  ASSERT_TRUE(*LockDirectory(*one, dir.path()));
  const std::optional<pid_t> holder = LockHolder(*other);
  // Some file systems show another device to the kernel than to us.
  EXPECT_EQ(holder.value_or(getpid()), getpid());
}

}  // namespace
}  // namespace sg::io
