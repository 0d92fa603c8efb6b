// What a long command says while it runs: one live line on a terminal, plain lines in a file or a pipe.
#ifndef TOOLS_CLI_PROGRESS_H_
#define TOOLS_CLI_PROGRESS_H_

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"

namespace sg::cli {

// "42s", "3m 07s", "1h 05m", "2d 03h"; "--" for what is negative, infinite or not a number.
std::string FormatDuration(double seconds);

// "512 B", "1.2 GiB".
std::string FormatBytes(uint64_t bytes);

// "3.21 img/s", and below one per ten seconds the other way round: "12.5 s/img"; "-- img/s" where there is none yet.
std::string FormatRate(double per_second, absl::string_view unit);

// Whether colors are wanted on `out`: a terminal that is not "dumb", and NO_COLOR unset or empty.
bool WantsColor(FILE* out);

enum class Tone { kPlain, kWarning, kError };

// Writes to stderr by default, so that stdout stays data. Not for several threads.
//
//   ProgressLine progress;
//   progress.Update("kimg 48.0/25000 | 3.21 img/s | ETA 2d 03h");  // as often as you like
//   progress.Log("saved runs/00003/model.safetensors");            // a line that stays
//   progress.Finish();
class ProgressLine {
 public:
  struct Options {
    FILE* out = stderr;
    bool live = false;    // rewrite one line in place
    bool escapes = true;  // the terminal understands "clear to end of line"; else blanks do it
    bool color = false;   // warnings and errors of Log
    int columns = 80;     // a live line is cut to columns - 1 characters
    double live_interval = 0.1, plain_interval = 10;  // seconds between two updates that are shown
    std::function<double()> now;                      // seconds; a steady clock by default
  };
  static Options OptionsFor(FILE* out);  // from the terminal and the environment

  ProgressLine() : ProgressLine(OptionsFor(stderr)) {}
  explicit ProgressLine(Options options);
  ~ProgressLine() { Finish(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Update(absl::string_view text);                         // one line, no line break in it
  void Log(absl::string_view text, Tone tone = Tone::kPlain);  // always shown, at once
  void Finish();  // shows the last update if it was held back, and ends its line

 private:
  void Show(const std::string& text);
  void ClearLine();

  Options options_;
  std::string latest_;
  bool latest_shown_ = true;
  size_t shown_width_ = 0;  // columns of the live line that stands on the screen
  double last_shown_;
};

}  // namespace sg::cli

#endif  // TOOLS_CLI_PROGRESS_H_
