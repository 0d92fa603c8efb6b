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

TEST(LockDirectory, OneDescriptorAtATime) {
  const ScratchDir dir;
  absl::StatusOr<ScopedFd> one = OpenDirectory(dir.path());
  const absl::StatusOr<ScopedFd> other = OpenDirectory(dir.path());
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_TRUE(*LockDirectory(*one, dir.path()));
  EXPECT_FALSE(*LockDirectory(*other, dir.path()));
  one->Reset();
  EXPECT_TRUE(*LockDirectory(*other, dir.path())) << "free again";
  EXPECT_EQ(LockDirectory(ScopedFd(), "runs").status().message(), "runs: cannot lock the folder: Bad file descriptor");
}

TEST(NamesInDirectory, AllOfThemSorted) {
  const ScratchDir dir;
  for (const char* name : {"b", ".hidden", "a"}) dir.Write(name, "");
  EXPECT_EQ(*NamesInDirectory(dir.path()), (std::vector<std::string>{".hidden", "a", "b"}));
  EXPECT_TRUE(absl::IsNotFound(NamesInDirectory(dir.File("missing")).status()));
  EXPECT_EQ(NamesInDirectory(dir.File("a")).status().message(),
            dir.File("a") + ": cannot open the folder: Not a directory");
}

TEST(MakeDirectories, MakesWhatIsMissing) {
  const ScratchDir dir;
  EXPECT_TRUE(MakeDirectory(dir.File("x")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(MakeDirectory(dir.File("x"))));
  for (const char* path : {"x", "x/y/z", "x/y/z/", "x//y/w"}) EXPECT_TRUE(MakeDirectories(dir.File(path)).ok()) << path;
  EXPECT_EQ(*NamesInDirectory(dir.File("x/y")), (std::vector<std::string>{"w", "z"}));
  const std::string file = dir.Write("file", "text");
  EXPECT_EQ(MakeDirectories(file).message(), file + ": cannot make the folder: Not a directory");
  EXPECT_EQ(MakeDirectories(file + "/a").message(), file + "/a: cannot make the folder: Not a directory");
  EXPECT_FALSE(MakeDirectories("").ok());
}

TEST(RenameAndRemove, Files) {
  const ScratchDir dir;
  const std::string a = dir.Write("a", "new"), b = dir.Write("b", "old");
  EXPECT_TRUE(RenameFile(a, b).ok());
  EXPECT_EQ(dir.Read("b"), "new");
  EXPECT_EQ(RenameFile(a, b), absl::NotFoundError(a + ": cannot rename it: No such file or directory"));
  EXPECT_TRUE(RemoveFile(b).ok());
  EXPECT_EQ(RemoveFile(b), absl::NotFoundError(b + ": cannot remove it: No such file or directory"));
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
