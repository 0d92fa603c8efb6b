#include "engine/io/output_file.h"

#include <sys/resource.h>

#include <csignal>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using nn::ScratchDir;
using Mode = OutputFile::Mode;

// A limit of the size of files stands for a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit = {bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &old_); }

 private:
  rlimit old_;
};

std::string Written(const std::string& path, Mode mode, const std::string& bytes) {
  absl::StatusOr<OutputFile> file = OutputFile::Open(path, mode);
  if (!file.ok()) return std::string(file.status().message());
  absl::Status status = file->Append(bytes);
  if (status.ok()) status = file->Close();
  return std::string(status.message());
}

TEST(OutputFile, ReplacesOrAppends) {
  const ScratchDir dir;
  const std::string path = dir.File("log");
  EXPECT_EQ(Written(path, Mode::kAppend, "one\n"), "");
  EXPECT_EQ(Written(path, Mode::kAppend, "two\n"), "");
  EXPECT_EQ(dir.Read("log"), "one\ntwo\n");
  EXPECT_EQ(Written(path, Mode::kReplace, "three\n"), "");
  EXPECT_EQ(dir.Read("log"), "three\n");
}

TEST(OutputFile, IsReadableBeforeItIsClosed) {
  const ScratchDir dir;
  absl::StatusOr<OutputFile> file = OutputFile::Open(dir.File("log"), Mode::kReplace);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->path(), dir.File("log"));
  ASSERT_TRUE(file->Append("one\n").ok());
  EXPECT_EQ(dir.Read("log"), "one\n");
  ASSERT_TRUE(file->Close().ok());
  EXPECT_FALSE(file->is_open());
  EXPECT_TRUE(file->Close().ok());
}

TEST(OutputFile, AFullDiskCutsAReplacedFileBackToWholePieces) {
  const ScratchDir dir;
  absl::StatusOr<OutputFile> file = OutputFile::Open(dir.File("log"), Mode::kReplace);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Append("whole\n").ok());
  absl::Status status;
  {
    const FileSizeLimit limit(10);
    status = file->Append("too long\n");
  }
  EXPECT_EQ(status.message(), dir.File("log") + ": cannot write: File too large");
  EXPECT_EQ(dir.Read("log"), "whole\n");
  EXPECT_FALSE(file->is_open());
  EXPECT_EQ(file->Append("x"), status);
  EXPECT_EQ(file->Close(), status);
}

TEST(OutputFile, AFullDiskLeavesWhatOthersHaveAppended) {
  const ScratchDir dir;
  dir.Write("log", "theirs\n");
  const FileSizeLimit limit(10);
  EXPECT_EQ(Written(dir.File("log"), Mode::kAppend, "too long\n"), dir.File("log") + ": cannot write: File too large");
  EXPECT_EQ(dir.Read("log").substr(0, 7), "theirs\n");
}

TEST(OutputFile, OpenErrorsNameTheFile) {
  const ScratchDir dir;
  const std::string missing = dir.File("no/such/log");
  for (const Mode mode : {Mode::kReplace, Mode::kAppend}) {
    EXPECT_EQ(Written(missing, mode, ""), missing + ": cannot write: No such file or directory");
    EXPECT_EQ(Written(dir.path(), mode, ""), dir.path() + ": cannot write: Is a directory");
  }
}

TEST(OutputFileDeathTest, AppendAfterClose) {
  const ScratchDir dir;
  absl::StatusOr<OutputFile> file = OutputFile::Open(dir.File("log"), Mode::kReplace);
  ASSERT_TRUE(file.ok() && file->Close().ok());
  EXPECT_DEATH(file->Append("x").IgnoreError(), "\\[OutputFile\\] Append to .*/log after Close");
}

}  // namespace
}  // namespace sg::io
