// The progress of a long command: one live line on a terminal, plain lines in a file or a pipe.
#ifndef TOOLS_CLI_PROGRESS_H_
#define TOOLS_CLI_PROGRESS_H_

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"

namespace sg::cli {

// "42s", "3m 07s", "1h 05m", "2d 03h"; "--" for a number that is negative, infinite or NaN.
std::string FormatDuration(double seconds);

// "512 B", "1.2 GiB".
std::string FormatBytes(uint64_t bytes);

// "3.21 img/s"; "12.5 s/img" below one per ten seconds; "-- img/s" for a rate that is not a positive finite number.
std::string FormatRate(double per_second, absl::string_view unit);

// Whether to color text on `out`: it is a terminal that is not "dumb", and NO_COLOR is unset or empty.
bool WantsColor(FILE* out);

enum class Tone { kPlain, kWarning, kError };

// Writes to stderr by default, which keeps stdout for data. Not thread-safe.
//
//   ProgressLine progress;
//   progress.Update("kimg 48.0/25000 | 3.21 img/s | ETA 2d 03h");  // as often as you like
//   progress.Log("saved runs/00003/model.safetensors");            // a line that stays
//   progress.Finish();
class ProgressLine {
 public:
  struct Options {
    FILE* out = stderr;
    bool live = false;                                // rewrite one line in place
    bool escapes = true;                              // use the escape sequence "clear to end of line", not blanks
    bool color = false;                               // of the warnings and errors of Log
    int columns = 80;                                 // a live line is cut to columns - 1 characters
    double live_interval = 0.1, plain_interval = 10;  // least seconds between two updates that are shown
    std::function<double()> now;                      // seconds; a steady clock by default
  };
  static Options OptionsFor(FILE* out);  // from the terminal and the environment

  ProgressLine() : ProgressLine(OptionsFor(stderr)) {}
  explicit ProgressLine(Options options);
  ~ProgressLine() { Finish(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Update(absl::string_view text);                         // one line, no line break in it
  void Log(absl::string_view text, Tone tone = Tone::kPlain);  // always shown immediately
  void Finish();  // shows the last update if it is not shown yet, and ends its line

 private:
  void Show(const std::string& text);
  void ClearLine();

  Options options_;
  std::string latest_;
  bool latest_shown_ = true;
  size_t shown_width_ = 0;  // columns of the live line on the screen
  double last_shown_;
};

}  // namespace sg::cli

#endif  // TOOLS_CLI_PROGRESS_H_
