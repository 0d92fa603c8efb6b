#include "gan/data/file_names.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/io/printable.h"

namespace sg::gan {
namespace {

// The second line lists rarer names of the same JPEG and PNG files.
constexpr absl::string_view kImageExtensions[] = {".png", ".jpg",  ".jpeg", ".webp",  //
                                                  ".jpe", ".jfif", ".jif",  ".jfi",  ".pjpeg", ".pjp", ".apng"};

constexpr size_t kMaxExtensionBytes = 12;  // a longer one is rather a part of the name
constexpr size_t kMaxListed = 8;

}  // namespace

bool HasImageName(absl::string_view path) {
  return std::any_of(std::begin(kImageExtensions), std::end(kImageExtensions),
                     [&](absl::string_view extension) { return absl::EndsWithIgnoreCase(path, extension); });
}

void ExtensionCount::Add(absl::string_view path) {
  ++files_;
  const absl::string_view name = path.substr(path.find_last_of("/\\") + 1);
  const size_t dot = name.rfind('.');
  const bool has_extension = dot != absl::string_view::npos && dot > 0 && name.size() - dot <= kMaxExtensionBytes;
  ++counts_[has_extension ? absl::AsciiStrToLower(name.substr(dot)) : "without extension"];
}

std::string ExtensionCount::Text() const {
  std::vector<std::pair<std::string, int64_t>> sorted(counts_.begin(), counts_.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  int64_t rest = files_;
  for (size_t i = 0; i < sorted.size() && i < kMaxListed; ++i) {
    parts.push_back(absl::StrCat(io::Printable(sorted[i].first), " ", sorted[i].second));
    rest -= sorted[i].second;
  }
  if (rest > 0) parts.push_back(absl::StrCat("others ", rest));
  return absl::StrJoin(parts, ", ");
}

}  // namespace sg::gan
