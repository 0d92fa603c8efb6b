#include "tools/cli/suggest.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/match.h"

namespace sg::cli {
namespace {

constexpr size_t kShortestStart = 3;  // letters; shorter ones begin many words

}  // namespace

int EditDistance(absl::string_view a, absl::string_view b) {
  const size_t columns = b.size() + 1;
  std::vector<int> before(columns), last(columns), row(columns);
  for (size_t j = 0; j < columns; ++j) last[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j < columns; ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string ClosestName(absl::string_view name, const std::vector<std::string>& candidates) {
  // Such a name is longer than any flag, and the distance takes quadratic time.
  if (name.empty() || name.size() > 64) return "";
  const std::string* best = nullptr;
  int best_distance = std::max(1, static_cast<int>(name.size()) / 3) + 1;
  const std::string* by_prefix = nullptr;
  int prefixed = 0;
  const std::string* longest_start = nullptr;
  for (const std::string& candidate : candidates) {
    const int distance = EditDistance(name, candidate);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
    if (absl::StartsWith(candidate, name)) {
      by_prefix = &candidate;
      ++prefixed;
    }
    if (candidate.size() >= kShortestStart && absl::StartsWith(name, candidate) &&
        (longest_start == nullptr || candidate.size() > longest_start->size())) {
      longest_start = &candidate;
    }
  }
  if (prefixed == 1) return *by_prefix;
  if (best != nullptr) return *best;
  return longest_start == nullptr ? "" : *longest_start;
}

}  // namespace sg::cli
