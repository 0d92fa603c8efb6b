#include "tools/cli/work_progress.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sg::cli {
namespace {

constexpr double kQuiet = 1;  // seconds

double SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

WorkProgress::WorkProgress(std::string unit, int64_t total, const ProgressLine::Options& options)
    : unit_(std::move(unit)),
      total_(total),
      now_(options.now ? options.now : SteadySeconds),
      start_(now_()),
      line_(options) {}

void WorkProgress::Add(int64_t count, const std::string& detail) {
  done_ += count;
  const double seconds = now_() - start_;
  if (seconds < kQuiet || done_ <= 0) return;
  const double rate = static_cast<double>(done_) / seconds;
  line_.Update(absl::StrCat(done_, "/", total_, " ", unit_, "s | ", FormatRate(rate, unit_), " | ETA ",
                            FormatDuration(static_cast<double>(total_ - done_) / rate), detail.empty() ? "" : " | ",
                            detail));
}

}  // namespace sg::cli
