#include "tools/cli/class_list.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sg::cli {

std::string ListClasses(const std::vector<std::string>& names) {
  constexpr size_t kMaxListed = 20;
  std::string list;
  for (size_t i = 0; i < std::min(kMaxListed, names.size()); ++i) {
    absl::StrAppend(&list, i == 0 ? "" : ", ", i, " ", names[i]);
  }
  if (names.size() > kMaxListed) absl::StrAppend(&list, ", ... (", names.size(), " classes)");
  return list;
}

}  // namespace sg::cli
