// Checks a configuration: the range of every field (fields.h), and the rules that connect fields.
#ifndef GAN_CONFIG_VALIDATE_H_
#define GAN_CONFIG_VALIDATE_H_

#include "absl/status/status.h"
#include "gan/config/config.h"

namespace sg::gan {

// InvalidArgument with one sentence about the first wrong field: its name, its value and what is allowed, for example
// "batch is 0, must be from 2 to 65536".
absl::Status Validate(const ModelConfig& config);
absl::Status Validate(const TrainConfig& config);

}  // namespace sg::gan

#endif  // GAN_CONFIG_VALIDATE_H_
