// Lists of seeds, as in `generate --seeds`.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "tools/cli/number_list.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  for (const sg::cli::NumberListLimits& limits :
       {sg::cli::NumberListLimits(), sg::cli::NumberListLimits{0, 0xffffffff, 1000}}) {
    const absl::StatusOr<std::vector<int64_t>> numbers = sg::cli::ParseNumberList(text, limits);
    if (!numbers.ok()) continue;
    SG_CHECK(!numbers->empty() && static_cast<int64_t>(numbers->size()) <= limits.count)
        << "[fuzz] " << numbers->size() << " numbers";
    for (const int64_t n : *numbers) SG_CHECK(n >= limits.min && n <= limits.max) << "[fuzz] the number " << n;
  }
  return 0;
}
