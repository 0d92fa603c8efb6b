// The configuration as JSON, for training_options.json and checkpoints.
#ifndef GAN_CONFIG_JSON_H_
#define GAN_CONFIG_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/config/config.h"

namespace sg::gan {

// Every field and kFieldsVersion, as an indented JSON object.
std::string ToJson(const TrainConfig& config);

// A valid configuration. Parsing is strict: unknown fields, missing fields, wrong types, and everything that Validate
// refuses are errors. A text of an earlier version has the fields of that version; the others get the defaults of
// TrainConfig. InvalidArgument with one sentence.
absl::StatusOr<TrainConfig> TrainConfigFromJson(absl::string_view json);

}  // namespace sg::gan

#endif  // GAN_CONFIG_JSON_H_
