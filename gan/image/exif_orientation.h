// The EXIF orientation (tag 0x0112), which cameras set instead of rotating the pixels.
#ifndef GAN_IMAGE_EXIF_ORIENTATION_H_
#define GAN_IMAGE_EXIF_ORIENTATION_H_

#include "absl/strings/string_view.h"
#include "gan/image/image.h"

namespace sg::gan {

// Reads the orientation from a TIFF block (JPEG APP1 after "Exif\0\0", or a PNG eXIf chunk). Returns 1 to 8, and 1
// (upright) if it is missing or malformed.
int ExifOrientation(absl::string_view tiff);

// Rotates and mirrors the pixels to make an image with this orientation upright. `orientation` must be in 1..8.
Image ApplyOrientation(Image image, int orientation);

}  // namespace sg::gan

#endif  // GAN_IMAGE_EXIF_ORIENTATION_H_
