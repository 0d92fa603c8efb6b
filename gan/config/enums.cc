#include "gan/config/enums.h"

namespace sg::gan::internal {

std::string QuotedChoices(const std::vector<absl::string_view>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    const char* separator = i == 0 ? "" : i + 1 < names.size() ? ", " : " or ";
    absl::StrAppend(&text, separator, "\"", names[i], "\"");
  }
  return text;
}

}  // namespace sg::gan::internal
