// The names of the classes of a conditional model in the metadata of its checkpoints.
//
//   Metadata metadata;
//   AddClassNames({"cat", "dog"}, &metadata);
//   std::vector<std::string> names = ReadClassNames(metadata, /*classes=*/2);
#ifndef GAN_TRAIN_CLASS_NAMES_H_
#define GAN_TRAIN_CLASS_NAMES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "gan/train/metadata.h"

namespace sg::gan {

// Adds nothing if there are no names, or more than 64 KiB of them.
void AddClassNames(const std::vector<std::string>& names, Metadata* metadata);

// As many names as `classes`, in their order. Empty if the metadata have none, or no such list. They come from a file
// and may contain any character.
std::vector<std::string> ReadClassNames(const Metadata& metadata, int64_t classes);

}  // namespace sg::gan

#endif  // GAN_TRAIN_CLASS_NAMES_H_
