// Images to PNG files in memory, with named texts (how an image was made) that travel with the pixels.
//
//   absl::StatusOr<std::string> bytes = EncodePng(image, {{"seed", "7"}, {"truncation", "0.7"}});
#ifndef GAN_IMAGE_ENCODE_PNG_H_
#define GAN_IMAGE_ENCODE_PNG_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gan/image/image.h"

namespace sg::gan {

using PngText = std::pair<std::string, std::string>;  // keyword, UTF-8 value

// 1 channel (gray), 3 (RGB) or 4 (RGBA). An ASCII value becomes a tEXt chunk, any other an uncompressed iTXt chunk, in
// front of the pixels. InvalidArgument for an empty image, a keyword that is not 1..79 printable ASCII characters
// without a space at either end or two in a row, or a value with a NUL.
absl::StatusOr<std::string> EncodePng(const Image& image, absl::Span<const PngText> text = {});

// The texts in front of the pixels, in file order. A compressed one that unpacks to more than 1 MiB is left out.
absl::StatusOr<std::vector<PngText>> ReadPngText(absl::string_view bytes);

}  // namespace sg::gan

#endif  // GAN_IMAGE_ENCODE_PNG_H_
