// Parses lists of whole numbers: "0,1,4-6".
#ifndef TOOLS_CLI_NUMBER_LIST_H_
#define TOOLS_CLI_NUMBER_LIST_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sg::cli {

struct NumberListLimits {
  int64_t min = 0;  // at least 0, because a dash makes a range
  int64_t max = std::numeric_limits<int64_t>::max();
  int64_t count = 1000000;  // numbers in all
};

// Numbers and ranges, both ends included, separated by commas. There may be blanks around them. Keeps their order and
// repetitions. Never allocates more than `count` numbers. InvalidArgument with one sentence that quotes the part at
// fault.
//
//   ParseNumberList("0,1,4-6") -> {0, 1, 4, 5, 6}
absl::StatusOr<std::vector<int64_t>> ParseNumberList(absl::string_view text, const NumberListLimits& limits = {});

}  // namespace sg::cli

#endif  // TOOLS_CLI_NUMBER_LIST_H_
