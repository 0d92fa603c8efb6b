// Recognizes the pictures that the tools of this program make, so that they do not become training images by accident.
//
//   const bool own = IsOwnPicture(bytes.substr(0, kOwnPictureBytes));
#ifndef GAN_IMAGE_OWN_PICTURE_H_
#define GAN_IMAGE_OWN_PICTURE_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sg::gan {

// As much of the start of a file as IsOwnPicture needs.
inline constexpr size_t kOwnPictureBytes = 256;

// Whether the start of a file is that of a PNG whose first text, "software", names this program: `generate`, `mix` and
// the other tools write it. JPEG and WebP files have no such text.
bool IsOwnPicture(absl::string_view start);

}  // namespace sg::gan

#endif  // GAN_IMAGE_OWN_PICTURE_H_
