// Writes an image to a PNG file atomically and durably.
//
//   absl::Status status = WritePng("out/seed0085.png", image, {{"seed", "85"}});
#ifndef GAN_IMAGE_WRITE_PNG_H_
#define GAN_IMAGE_WRITE_PNG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"

namespace sg::gan {

// Errors of EncodePng and of io::WriteFileAtomically.
absl::Status WritePng(const std::string& path, const Image& image, absl::Span<const PngText> text = {});

}  // namespace sg::gan

#endif  // GAN_IMAGE_WRITE_PNG_H_
