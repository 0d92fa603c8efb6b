#include "tools/cli/file_suffix.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"

namespace sg::cli {

absl::string_view FileSuffix(absl::string_view path) {
  constexpr size_t kShortest = 2, kLongest = 5;  // characters after the dot
  const absl::string_view name = path.substr(path.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  if (dot == absl::string_view::npos || dot == 0) return "";
  const absl::string_view after = name.substr(dot + 1);
  const bool version = !after.empty() && (after[0] == 'v' || after[0] == 'V') &&
                       std::all_of(after.begin() + 1, after.end(), absl::ascii_isdigit);
  if (after.size() < kShortest || after.size() > kLongest || version || !absl::ascii_isalpha(after[0]) ||
      !std::all_of(after.begin(), after.end(), absl::ascii_isalnum)) {
    return "";
  }
  std::error_code error;
  return std::filesystem::is_directory(std::string(path), error) ? "" : name.substr(dot);
}

}  // namespace sg::cli
