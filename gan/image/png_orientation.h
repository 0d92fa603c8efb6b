// The orientation that a PNG states in metadata: an eXIf chunk, the texts in which ImageMagick keeps EXIF, or XMP.
#ifndef GAN_IMAGE_PNG_ORIENTATION_H_
#define GAN_IMAGE_PNG_ORIENTATION_H_

#include "absl/strings/string_view.h"

namespace sg::gan {

// Returns 1 to 8, and 1 (upright) if the file states none. EXIF precedes XMP. Chunks that are damaged or, once
// unpacked, larger than 1 MiB do not count. Unpacks no other chunk. `png` may be hostile.
int PngOrientation(absl::string_view png);

}  // namespace sg::gan

#endif  // GAN_IMAGE_PNG_ORIENTATION_H_
