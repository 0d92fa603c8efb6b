// Finds the name that the user probably meant.
#ifndef TOOLS_CLI_SUGGEST_H_
#define TOOLS_CLI_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sg::cli {

// Number of inserted, deleted, replaced characters and swapped neighbors that turn `a` into `b` (optimal string
// alignment).
int EditDistance(absl::string_view a, absl::string_view b);

// The only candidate that starts with `name`, else the closest with at most a third of the letters wrong, else the
// longest that `name` starts with. The first of several that are equally close; "" if there is none.
//
//   ClosestName("bacth", {"batch", "beta"}) == "batch"
//   ClosestName("resolution", {"res", "batch"}) == "res"
std::string ClosestName(absl::string_view name, const std::vector<std::string>& candidates);

}  // namespace sg::cli

#endif  // TOOLS_CLI_SUGGEST_H_
