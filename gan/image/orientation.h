// The orientation (tag 0x0112 of EXIF), which cameras set instead of rotating the pixels.
//
//   image = ApplyOrientation(std::move(image), ExifOrientation(exif).value_or(XmpOrientation(xmp).value_or(1)));
#ifndef GAN_IMAGE_ORIENTATION_H_
#define GAN_IMAGE_ORIENTATION_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "gan/image/decoded_form.h"
#include "gan/image/image.h"

namespace sg::gan {

// Reads the orientation from an EXIF block: TIFF, with or without "Exif\0\0" in front of it. Returns 1 to 8, 1
// (upright) if the tag is malformed, and null if there is none.
std::optional<int> ExifOrientation(absl::string_view exif);

// Reads tiff:Orientation from an XMP packet, to be used where EXIF has no orientation. As in Pillow, the first place at
// which the name is followed by a number decides: a comment may mention the name, and a packet may also describe
// earlier versions of the picture. Null if there is no such place, or its number is not from 1 to 8.
std::optional<int> XmpOrientation(absl::string_view xmp);

// Rotates and mirrors the pixels to make an image with this orientation upright. `orientation` must be in 1..8.
Image ApplyOrientation(Image image, int orientation);

// The form of the pixels as they are in the file, for upright ones of that form.
DecodedForm BeforeOrientation(DecodedForm form, int orientation);

}  // namespace sg::gan

#endif  // GAN_IMAGE_ORIENTATION_H_
