#include "gan/data/source_labels.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sg::gan {
namespace {

constexpr int64_t kMaxLabelFileBytes = int64_t{1} << 28;  // the classes of some five million images

}  // namespace

absl::StatusOr<Labels> ReadLabels(const ImageSource& source, const std::string& path, LabelOrigin origin) {
  absl::StatusOr<std::string> json = absl::NotFoundError(absl::StrCat("there is no ", kLabelFile));
  if (origin != LabelOrigin::kFolders) {
    json = source.ReadOther(kLabelFile, kMaxLabelFileBytes);
    if (!json.ok() && !absl::IsNotFound(json.status())) return json.status();
  }
  if (json.ok()) {
    absl::StatusOr<Labels> labels = LabelsFromJson(*json, source.Paths());
    if (labels.ok()) return labels;
    const auto code = origin == LabelOrigin::kFile ? labels.status().code() : absl::StatusCode::kInvalidArgument;
    return absl::Status(code, absl::StrCat(path, ": ", kLabelFile, ": ", labels.status().message()));
  }
  if (origin == LabelOrigin::kFile) return absl::NotFoundError(absl::StrCat(path, ": there is no ", kLabelFile));
  absl::StatusOr<Labels> labels = LabelsFromFolders(source.Paths());
  if (labels.ok()) return labels;
  const std::string no_file = origin == LabelOrigin::kFolders ? "" : absl::StrCat("there is no ", kLabelFile, ", and ");
  return absl::InvalidArgumentError(absl::StrCat(path, ": no labels: ", no_file, labels.status().message()));
}

}  // namespace sg::gan
