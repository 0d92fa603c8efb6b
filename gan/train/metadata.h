// Reads the text metadata of checkpoints.
//
//   absl::StatusOr<int64_t> steps = ReadCount(file.metadata(), "steps");
#ifndef GAN_TRAIN_METADATA_H_
#define GAN_TRAIN_METADATA_H_

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace sg::gan {

using Metadata = std::map<std::string, std::string>;

// The text of `key`, or an error naming the key.
absl::StatusOr<std::string> ReadText(const Metadata& metadata, const std::string& key);
// The number of `key`, from 0 to `max`, or an error naming the key.
absl::StatusOr<int64_t> ReadCount(const Metadata& metadata, const std::string& key,
                                  int64_t max = std::numeric_limits<int64_t>::max());

}  // namespace sg::gan

#endif  // GAN_TRAIN_METADATA_H_
