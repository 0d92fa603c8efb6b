#include "gan/train/metadata.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sg::gan {

absl::StatusOr<std::string> ReadText(const Metadata& metadata, const std::string& key) {
  const auto it = metadata.find(key);
  if (it == metadata.end()) return absl::FailedPreconditionError(absl::StrCat("its metadata lacks \"", key, "\""));
  return it->second;
}

absl::StatusOr<int64_t> ReadCount(const Metadata& metadata, const std::string& key, int64_t max) {
  const absl::StatusOr<std::string> text = ReadText(metadata, key);
  if (!text.ok()) return text.status();
  int64_t count;
  if (!absl::SimpleAtoi(*text, &count) || count < 0 || count > max) {
    return absl::FailedPreconditionError(absl::StrCat("its metadata \"", key, "\" is not a count from 0 to ", max));
  }
  return count;
}

}  // namespace sg::gan
