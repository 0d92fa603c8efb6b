// The tools as a user meets them: started as processes, judged by exit status, output and files.
//
//   Outcome outcome = RunTool("train", {"--dry-run"}, folder.path());
//   EXPECT_EQ(outcome.exit_code, 0) << outcome;
#ifndef TESTS_INTEGRATION_SUBPROCESS_H_
#define TESTS_INTEGRATION_SUBPROCESS_H_

#include <sys/types.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace sg::integration {

struct Outcome {
  int exit_code = -1;  // -1 where a signal ended it
  int signal = 0;
  std::string out, err;
};
// What is needed to understand a failure.
std::ostream& operator<<(std::ostream& os, const Outcome& outcome);

// A running tool of //tools, in `folder`. One computing thread. Output goes to files beside the folder.
class Process {
 public:
  Process(const std::string& tool, const std::vector<std::string>& arguments, const std::string& folder);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  // kills it if it still runs

  void Signal(int signal);
  // Until `condition` holds: true. False when the process has ended or a minute has passed without.
  bool WaitUntil(const std::function<bool()>& condition);
  Outcome Wait();

 private:
  bool Ended();

  std::string out_path_, err_path_;
  pid_t pid_ = -1;
  int status_ = 0;
};

Outcome RunTool(const std::string& tool, const std::vector<std::string>& arguments, const std::string& folder);

}  // namespace sg::integration

#endif  // TESTS_INTEGRATION_SUBPROCESS_H_
