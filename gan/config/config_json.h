// The fields of the configuration as JSON: one list serves writing and reading.
#ifndef GAN_CONFIG_CONFIG_JSON_H_
#define GAN_CONFIG_CONFIG_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/config/config.h"

namespace sg::gan::internal {

std::string WriteJson(const TrainConfig& config);
// Strict about names and types; says nothing about ranges.
absl::StatusOr<TrainConfig> ReadJson(absl::string_view json);

}  // namespace sg::gan::internal

#endif  // GAN_CONFIG_CONFIG_JSON_H_
