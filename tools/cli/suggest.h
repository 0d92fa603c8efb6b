// The name that was probably meant.
#ifndef TOOLS_CLI_SUGGEST_H_
#define TOOLS_CLI_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sg::cli {

// Number of inserted, deleted, replaced characters and swapped neighbors that turn `a` into `b` (optimal string
// alignment).
int EditDistance(absl::string_view a, absl::string_view b);

// The closest of `candidates`: at most a third of the letters wrong, or the only one that starts with `name`. "" if
// none is close. Of equally close ones the first.
//
//   ClosestName("bacth", {"batch", "beta"}) == "batch"
std::string ClosestName(absl::string_view name, const std::vector<std::string>& candidates);

}  // namespace sg::cli

#endif  // TOOLS_CLI_SUGGEST_H_
