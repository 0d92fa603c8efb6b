// The progress of a command that makes a known number of things. What takes less than a second shows nothing.
//
//   WorkProgress progress("image", images.size());
//   for (...) progress.Add(1);   // "12/64 images | 3.21 image/s | ETA 16s"
#ifndef TOOLS_CLI_WORK_PROGRESS_H_
#define TOOLS_CLI_WORK_PROGRESS_H_

#include <cstdint>
#include <string>
#include <utility>

#include "tools/cli/progress.h"

namespace sg::cli {

class WorkProgress {
 public:
  // `unit` in the singular. `options.now` measures the time.
  WorkProgress(std::string unit, int64_t total)
      : WorkProgress(std::move(unit), total, ProgressLine::OptionsFor(stderr)) {}
  WorkProgress(std::string unit, int64_t total, const ProgressLine::Options& options);

  // `count` more are done. `detail`, if any, ends the line.
  void Add(int64_t count, const std::string& detail = "");

 private:
  std::string unit_;
  int64_t total_, done_ = 0;
  std::function<double()> now_;
  double start_;
  ProgressLine line_;
};

}  // namespace sg::cli

#endif  // TOOLS_CLI_WORK_PROGRESS_H_
