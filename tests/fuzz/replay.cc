// Runs a fuzz target on every file of its corpus. An input fails the test if it crashes, takes more than one second of
// processor time, or raises the peak of resident memory by more than 256 MiB. Each input has its own process, because a
// crash must not keep the others from running.
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace sg::fuzz {
namespace {

constexpr double kMaxSeconds = 1;
constexpr int64_t kMaxBytes = int64_t{256} << 20;
// Ends an input that hangs.
constexpr unsigned kDeadlineSeconds = 60;

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<uint8_t> Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// A child's peak begins with the memory of its parent, so it is compared with that of a child that does nothing.
int64_t PeakBytes(const rusage& usage) { return int64_t{usage.ru_maxrss} * 1024; }

// Runs the target in a child. Returns the status of waitpid.
int RunInChild(const std::vector<uint8_t>* input, rusage* usage) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(kDeadlineSeconds);
    if (input != nullptr) LLVMFuzzerTestOneInput(input->data(), input->size());
    std::exit(0);  // not _exit: LeakSanitizer looks for leaks at exit
  }
  int status = -1;
  if (child < 0 || wait4(child, &status, 0, usage) != child) return -1;
  return status;
}

TEST(Replay, EveryInputKeepsTheBounds) {
  const char* const folder = std::getenv("SG_CORPUS");
  ASSERT_NE(folder, nullptr) << "SG_CORPUS must name the folder of the inputs";
  const std::vector<std::string> paths = FilesIn(folder);
  ASSERT_FALSE(paths.empty()) << folder << " has no inputs";

  rusage idle = {};
  ASSERT_EQ(RunInChild(nullptr, &idle), 0);
  for (const std::string& path : paths) {
    const std::vector<uint8_t> input = Read(path);
    rusage usage = {};
    const int status = RunInChild(&input, &usage);
    EXPECT_FALSE(WIFSIGNALED(status)) << path << " ended the process with signal " << WTERMSIG(status);
    EXPECT_EQ(status, 0) << path;
    EXPECT_LE(Seconds(usage.ru_utime) + Seconds(usage.ru_stime), kMaxSeconds) << path;
    EXPECT_LE(PeakBytes(usage) - PeakBytes(idle), kMaxBytes) << path;
  }
}

}  // namespace
}  // namespace sg::fuzz
