#include "engine/io/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using nn::ScratchDir;

TEST(OpenDirectory, ADescriptorThatCanBeLockedAndSynced) {
  const ScratchDir dir;
  const absl::StatusOr<ScopedFd> one = OpenDirectory(dir.path()), other = OpenDirectory(dir.path());
  ASSERT_TRUE(one.ok() && other.ok()) << one.status() << other.status();
  EXPECT_EQ(flock(one->get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_NE(flock(other->get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(fcntl(one->get(), F_GETFD), FD_CLOEXEC);
  EXPECT_TRUE(SyncDirectory(*one, "not said").ok());
}

TEST(OpenDirectory, OnlyDirectories) {
  const ScratchDir dir;
  const std::string file = dir.Write("file", ""), missing = dir.File("missing");
  EXPECT_EQ(OpenDirectory(file).status().message(), file + ": cannot open the folder: Not a directory");
  EXPECT_EQ(OpenDirectory(missing).status().message(), missing + ": cannot open the folder: No such file or directory");
}

TEST(SyncDirectory, WhatCannotBeSynced) {
  EXPECT_EQ(SyncDirectory(ScopedFd(), "runs: cannot sync").message(), "runs: cannot sync: Bad file descriptor");
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const ScopedFd in(ends[0]), out(ends[1]);  // has no fsync, like a directory of some file systems
  EXPECT_TRUE(SyncDirectory(in, "a pipe").ok());
}

}  // namespace
}  // namespace sg::io
