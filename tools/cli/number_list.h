// Lists of whole numbers as people write them: "0,1,4-6".
#ifndef TOOLS_CLI_NUMBER_LIST_H_
#define TOOLS_CLI_NUMBER_LIST_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sg::cli {

struct NumberListLimits {
  int64_t min = 0;  // not negative: a dash makes a range
  int64_t max = std::numeric_limits<int64_t>::max();
  int64_t count = 1000000;  // numbers in all
};

// Numbers and ranges (both ends included) between commas, in the order written, repetitions kept; blanks around them
// are skipped. InvalidArgument with a sentence that quotes the part at fault; never allocates more than `count`
// numbers.
//
//   ParseNumberList("0,1,4-6") -> {0, 1, 4, 5, 6}
absl::StatusOr<std::vector<int64_t>> ParseNumberList(absl::string_view text, const NumberListLimits& limits = {});

}  // namespace sg::cli

#endif  // TOOLS_CLI_NUMBER_LIST_H_
