#include "tests/integration/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "gtest/gtest.h"

namespace sg::integration {
namespace {

constexpr std::chrono::milliseconds kPoll(2);
constexpr std::chrono::seconds kPatience(60);

std::string ToolPath(const std::string& tool) {
  const char* runfiles = std::getenv("TEST_SRCDIR");
  SG_CHECK(runfiles != nullptr) << "[Process] TEST_SRCDIR is not set: run this with bazel test";
  return absl::StrCat(runfiles, "/stylegan2/tools/", tool);
}

std::string TakeFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  unlink(path.c_str());
  return bytes;
}

}  // namespace

std::ostream& operator<<(std::ostream& os, const Outcome& outcome) {
  return os << "exit code " << outcome.exit_code << ", signal " << outcome.signal << "\nstdout:\n"
            << outcome.out << "\nstderr:\n"
            << outcome.err;
}

Process::Process(const std::string& tool, const std::vector<std::string>& arguments, const std::string& folder,
                 Output output, const std::vector<std::string>& wrapper) {
  static std::atomic<int> count{0};
  const int number = count.fetch_add(1);
  out_path_ = absl::StrCat(::testing::TempDir(), "/process", getpid(), ".", number, ".out");
  err_path_ = absl::StrCat(::testing::TempDir(), "/process", getpid(), ".", number, ".err");
  const std::string program = ToolPath(tool);
  std::vector<char*> argv;
  for (const std::string& word : wrapper) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(const_cast<char*>(program.c_str()));
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_ = fork();
  SG_CHECK(pid_ >= 0) << "[Process] fork failed";
  if (pid_ > 0) return;
  setenv("OMP_NUM_THREADS", "1", 1);
  unsetenv("BUILD_WORKING_DIRECTORY");
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  if (output == Output::kFiles) {
    dup2(open(out_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    dup2(open(err_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
  } else if (int ends[2]; output == Output::kBroken && pipe(ends) == 0) {
    for (int stream : {STDOUT_FILENO, STDERR_FILENO}) dup2(ends[1], stream);
    for (int end : ends) close(end);
  } else {
    for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(stream);
  }
  if (chdir(folder.c_str()) == 0) execvp(argv[0], argv.data());
  _exit(127);
}

Process::~Process() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  Wait();
}

void Process::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

bool Process::Ended() {
  if (pid_ < 0) return true;
  if (wait4(pid_, &status_, WNOHANG, &usage_) == 0) return false;
  pid_ = -1;
  return true;
}

bool Process::WaitUntil(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    const bool ended = Ended();
    if (condition()) return true;
    if (ended) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return false;
}

Outcome Process::Wait() {
  while (pid_ > 0 && wait4(pid_, &status_, 0, &usage_) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  Outcome outcome;
  if (WIFEXITED(status_)) outcome.exit_code = WEXITSTATUS(status_);
  if (WIFSIGNALED(status_)) outcome.signal = WTERMSIG(status_);
  outcome.max_resident_kib = usage_.ru_maxrss;
  outcome.out = TakeFile(out_path_);
  outcome.err = TakeFile(err_path_);
  return outcome;
}

Outcome RunTool(const std::string& tool, const std::vector<std::string>& arguments, const std::string& folder) {
  return Process(tool, arguments, folder).Wait();
}

Outcome RunToolUnder(const std::vector<std::string>& wrapper, const std::string& tool,
                     const std::vector<std::string>& arguments, const std::string& folder) {
  return Process(tool, arguments, folder, Output::kFiles, wrapper).Wait();
}

}  // namespace sg::integration
