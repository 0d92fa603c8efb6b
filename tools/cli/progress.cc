#include "tools/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sg::cli {
namespace {

constexpr char kClearToEnd[] = "\x1b[K";
constexpr char kReset[] = "\x1b[0m";

double SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool IsDumbTerminal() {
  const char* term = std::getenv("TERM");
  return term == nullptr || *term == '\0' || absl::string_view(term) == "dumb";
}

bool IsContinuationByte(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Counts UTF-8 characters, and assumes that each is one column wide.
size_t Width(absl::string_view text) {
  size_t width = 0;
  for (char c : text) width += IsContinuationByte(c) ? 0 : 1;
  return width;
}

absl::string_view CutTo(absl::string_view text, size_t width) {
  size_t end = 0;
  for (; end < text.size(); ++end) {
    if (!IsContinuationByte(text[end]) && width-- == 0) break;
  }
  return text.substr(0, end);
}

}  // namespace

std::string FormatDuration(double seconds) {
  if (!(seconds >= 0 && seconds < 1e15)) return "--";
  const int64_t s = std::llround(seconds);
  if (s < 60) return absl::StrFormat("%ds", s);
  if (s < 3600) return absl::StrFormat("%dm %02ds", s / 60, s % 60);
  if (s < 86400) return absl::StrFormat("%dh %02dm", s / 3600, s / 60 % 60);
  return absl::StrFormat("%dd %02dh", s / 86400, s / 3600 % 24);
}

std::string FormatBytes(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes);
  const char* units = "KMGTPE";
  value /= 1024;
  // From 1023.95 on, the number would be printed as 1024.0.
  for (; value >= 1023.95 && units[1] != '\0'; ++units) value /= 1024;
  return absl::StrFormat("%.1f %ciB", value, *units);
}

std::string FormatRate(double per_second, absl::string_view unit) {
  if (!(per_second > 0) || std::isinf(per_second)) return absl::StrCat("-- ", unit, "/s");
  if (per_second < 0.1) return absl::StrFormat("%.1f s/%s", 1 / per_second, unit);
  if (per_second < 10) return absl::StrFormat("%.2f %s/s", per_second, unit);
  if (per_second < 100) return absl::StrFormat("%.1f %s/s", per_second, unit);
  return absl::StrFormat("%.0f %s/s", per_second, unit);
}

bool WantsColor(FILE* out) {
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(fileno(out)) == 1 && !IsDumbTerminal() && (no_color == nullptr || *no_color == '\0');
}

ProgressLine::Options ProgressLine::OptionsFor(FILE* out) {
  Options options;
  options.out = out;
  options.live = isatty(fileno(out)) == 1;
  options.escapes = !IsDumbTerminal();
  options.color = WantsColor(out);
  winsize size = {};
  if (options.live && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 1) options.columns = size.ws_col;
  return options;
}

ProgressLine::ProgressLine(Options options)
    : options_(std::move(options)), last_shown_(-std::numeric_limits<double>::infinity()) {
  if (!options_.now) options_.now = SteadySeconds;
}

void ProgressLine::Update(absl::string_view text) {
  latest_ = std::string(text);
  latest_shown_ = false;
  const double now = options_.now();
  if (now - last_shown_ < (options_.live ? options_.live_interval : options_.plain_interval)) return;
  last_shown_ = now;
  Show(latest_);
}

void ProgressLine::Show(const std::string& text) {
  latest_shown_ = true;
  if (!options_.live) {
    std::fprintf(options_.out, "%s\n", text.c_str());
  } else {
    // One column stays free. A full line would wrap, and the carriage return would then not reach its start.
    const std::string cut(CutTo(text, static_cast<size_t>(options_.columns) - 1));
    const size_t width = Width(cut);
    std::fprintf(options_.out, "\r%s", cut.c_str());
    if (options_.escapes) {
      std::fputs(kClearToEnd, options_.out);
    } else if (width < shown_width_) {
      std::fprintf(options_.out, "%s", std::string(shown_width_ - width, ' ').c_str());
    }
    shown_width_ = width;
  }
  std::fflush(options_.out);
}

void ProgressLine::ClearLine() {
  if (shown_width_ == 0) return;
  if (options_.escapes) {
    std::fprintf(options_.out, "\r%s", kClearToEnd);
  } else {
    std::fprintf(options_.out, "\r%s\r", std::string(shown_width_, ' ').c_str());
  }
  shown_width_ = 0;
}

void ProgressLine::Log(absl::string_view text, Tone tone) {
  const bool redraw = shown_width_ > 0;
  ClearLine();
  const char* color = tone == Tone::kWarning ? "\x1b[33m" : tone == Tone::kError ? "\x1b[31m" : "";
  const bool colored = options_.color && *color != '\0';
  const std::string line = colored ? absl::StrCat(color, text, kReset) : std::string(text);
  std::fprintf(options_.out, "%s\n", line.c_str());
  if (redraw) Show(latest_);
  std::fflush(options_.out);
}

void ProgressLine::Finish() {
  if (!latest_shown_) Show(latest_);
  if (shown_width_ > 0) std::fputc('\n', options_.out);
  shown_width_ = 0;
  std::fflush(options_.out);
}

}  // namespace sg::cli
