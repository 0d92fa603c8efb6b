// The orientation that a camera notes in EXIF (tag 0x0112) instead of turning the pixels.
#ifndef GAN_IMAGE_EXIF_ORIENTATION_H_
#define GAN_IMAGE_EXIF_ORIENTATION_H_

#include "absl/strings/string_view.h"
#include "gan/image/image.h"

namespace sg::gan {

// From a TIFF block (JPEG APP1 after "Exif\0\0", or a PNG eXIf chunk): 1..8; 1 (upright) when absent or malformed.
int ExifOrientation(absl::string_view tiff);

// Turns and mirrors the pixels so that an image with this orientation becomes upright. `orientation` is in 1..8.
Image ApplyOrientation(Image image, int orientation);

}  // namespace sg::gan

#endif  // GAN_IMAGE_EXIF_ORIENTATION_H_
