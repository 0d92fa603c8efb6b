// The JSON of a configuration. A text that is accepted must be written and read again without a change.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/config/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<sg::gan::TrainConfig> config = sg::gan::TrainConfigFromJson(text);
  if (!config.ok()) return 0;
  const std::string written = sg::gan::ToJson(*config);
  const absl::StatusOr<sg::gan::TrainConfig> again = sg::gan::TrainConfigFromJson(written);
  SG_CHECK(again.ok() && sg::gan::ToJson(*again) == written) << "[fuzz] " << written << " does not come back";
  return 0;
}
