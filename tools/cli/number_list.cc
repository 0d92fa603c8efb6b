#include "tools/cli/number_list.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "tools/cli/typographic_dash.h"

namespace sg::cli {
namespace {

using absl::string_view;

template <typename... Parts>
absl::Status Invalid(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

std::string Quoted(string_view text) { return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text), "\""); }

bool IsDigits(string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
}

absl::StatusOr<int64_t> ParseNumber(string_view digits, const NumberListLimits& limits) {
  int64_t value;
  if (!absl::SimpleAtoi(digits, &value) || value < limits.min || value > limits.max) {
    return Invalid(digits.substr(0, 40), " is not between ", limits.min, " and ", limits.max);
  }
  return value;
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> ParseNumberList(string_view text, const NumberListLimits& limits) {
  SG_CHECK(limits.min >= 0) << "[ParseNumberList] min is " << limits.min << "; a dash means a range";
  if (absl::StripAsciiWhitespace(text).empty()) return Invalid("the list is empty; write numbers like 0,1,4-6");

  std::vector<int64_t> numbers;
  for (string_view part : absl::StrSplit(text, ',')) {
    part = absl::StripAsciiWhitespace(part);
    if (part.empty())
      return Invalid("nothing between two commas, or a comma at an end, in ", Quoted(text.substr(0, 80)));
    const size_t dash = part.find('-');
    const string_view first = absl::StripAsciiWhitespace(part.substr(0, dash));
    const string_view last = dash == string_view::npos ? first : absl::StripAsciiWhitespace(part.substr(dash + 1));
    if (!IsDigits(first) || !IsDigits(last)) {
      const std::string shown(part.substr(0, 80)), plain = WithPlainDashes(shown);
      return Invalid(Quoted(shown), " is not a whole number or a range like 4-6",
                     plain == shown ? "" : absl::StrCat("; ", DashAdvice(absl::CHexEscape(plain))));
    }
    const absl::StatusOr<int64_t> low = ParseNumber(first, limits);
    if (!low.ok()) return low.status();
    const absl::StatusOr<int64_t> high = ParseNumber(last, limits);
    if (!high.ok()) return high.status();
    if (*low > *high) return Invalid("the range ", *low, "-", *high, " runs backwards; write ", *high, "-", *low);

    // Not *high - *low + 1, which overflows for the range of all numbers.
    if (*high - *low >= limits.count - static_cast<int64_t>(numbers.size())) {
      return Invalid("more than ", limits.count, " numbers; ", Quoted(part), " goes beyond");
    }
    for (int64_t n = *low; n < *high; ++n) numbers.push_back(n);
    numbers.push_back(*high);
  }
  return numbers;
}

}  // namespace sg::cli
