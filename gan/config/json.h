// The configuration as JSON, for training_options.json and checkpoints.
#ifndef GAN_CONFIG_JSON_H_
#define GAN_CONFIG_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/config/config.h"

namespace sg::gan {

// Every field and the version of the list of fields.
std::string ToJson(const TrainConfig& config);

// A valid configuration. Parsing is strict: unknown fields, missing fields and wrong types are errors, as is everything
// that Validate refuses. A file of an earlier version has the fields of that version; later fields take the defaults of
// TrainConfig. InvalidArgument with one sentence.
absl::StatusOr<TrainConfig> TrainConfigFromJson(absl::string_view json);

}  // namespace sg::gan

#endif  // GAN_CONFIG_JSON_H_
