// Names the common formats that are not read, which tells a user what a file is and what to do with it.
//
//   DescribeForeignFile("GIF89a...")  // "a GIF image, which is not read: convert it to PNG, JPEG or WebP"
#ifndef GAN_IMAGE_FOREIGN_FORMAT_H_
#define GAN_IMAGE_FOREIGN_FORMAT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sg::gan {

// Judges by the first 512 bytes of a file, of which `bytes` may be more or less. Empty if it knows no such format.
std::string DescribeForeignFile(absl::string_view bytes);
// The InvalidArgument for a file that is no PNG, JPEG or WebP.
absl::Status NotAnImage(absl::string_view bytes);

}  // namespace sg::gan

#endif  // GAN_IMAGE_FOREIGN_FORMAT_H_
