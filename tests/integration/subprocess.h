// Runs the tools as a user does: as processes, judged by exit status, output and files.
//
//   Outcome outcome = RunTool("train", {"--dry-run"}, folder.path());
//   EXPECT_EQ(outcome.exit_code, 0) << outcome;
#ifndef TESTS_INTEGRATION_SUBPROCESS_H_
#define TESTS_INTEGRATION_SUBPROCESS_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace sg::integration {

struct Outcome {
  int exit_code = -1;  // -1 if a signal ended the process
  int signal = 0;
  std::string out, err;
  int64_t max_resident_kib = 0;  // of the process, at its peak
};
// Prints the details needed to understand a failure.
std::ostream& operator<<(std::ostream& os, const Outcome& outcome);

enum class Output {
  kFiles,   // beside the folder; Wait returns what is in them
  kBroken,  // a pipe without a reader, as of a `tee` that has ended
  kClosed,  // no open descriptor at all
};

// A running tool of //tools, started in `folder` with one compute thread. `wrapper` is the command that runs it, such
// as {"prlimit", "--as=100000000"}; none: it runs by itself.
class Process {
 public:
  Process(const std::string& tool, const std::vector<std::string>& arguments, const std::string& folder,
          Output output = Output::kFiles, const std::vector<std::string>& wrapper = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  // kills the process if it still runs

  pid_t pid() const { return pid_; }  // -1 once it has ended and been waited for
  void Signal(int signal);
  // Waits until `condition` holds and returns true. Returns false if the process ends first, or after a minute.
  bool WaitUntil(const std::function<bool()>& condition);
  Outcome Wait();

 private:
  bool Ended();

  std::string out_path_, err_path_;
  pid_t pid_ = -1;
  int status_ = 0;
  rusage usage_ = {};
};

Outcome RunTool(const std::string& tool, const std::vector<std::string>& arguments, const std::string& folder);
Outcome RunToolUnder(const std::vector<std::string>& wrapper, const std::string& tool,
                     const std::vector<std::string>& arguments, const std::string& folder);

}  // namespace sg::integration

#endif  // TESTS_INTEGRATION_SUBPROCESS_H_
