// The dataset.json of three images. Labels that are accepted must have numbers of a sensible size for each of them.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/data/labels.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> names = {"a", "b/c", "d\\e"};
  const absl::StatusOr<sg::gan::Labels> labels = sg::gan::LabelsFromJson(text, names);
  if (!labels.ok()) return 0;
  SG_CHECK(labels->dim() > 0 && labels->dim() <= sg::gan::kMaxLabelDim) << "[fuzz] labels of " << labels->dim();
  std::vector<float> label(labels->dim());
  for (size_t i = 0; i < names.size(); ++i) {
    labels->Write(static_cast<int64_t>(i), label.data());
    for (const float v : label) SG_CHECK(std::isfinite(v)) << "[fuzz] label " << v;
  }
  const size_t kinds = labels->OneOfEach().size();
  SG_CHECK(kinds >= 1 && kinds <= names.size()) << "[fuzz] " << kinds << " labels of " << names.size() << " images";
  return 0;
}
