// Writes an image in one of the formats that users ask for, atomically and durably.
//
//   absl::Status status = WriteImage("out/seed0085.webp", image, ImageFormat::kWebp, /*quality=*/90, {{"seed", "85"}});
#ifndef GAN_IMAGE_WRITE_IMAGE_H_
#define GAN_IMAGE_WRITE_IMAGE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"

namespace sg::gan {

enum class ImageFormat : uint8_t { kPng, kJpeg, kWebp };

// "png", "jpg" or "jpeg", "webp"; nullopt for other names.
std::optional<ImageFormat> ImageFormatNamed(absl::string_view name);
// The end of a file's name, "png", "jpg" or "webp".
absl::string_view Extension(ImageFormat format);

// The quality, from 1 to 100, is that of JPEG and WebP; a WebP of quality 100 is exact. Only PNG files keep the text.
// Errors are those of the encoders and of io::WriteFileAtomically, and begin with the path.
absl::Status WriteImage(const std::string& path, const Image& image, ImageFormat format, int quality,
                        absl::Span<const PngText> text = {});

}  // namespace sg::gan

#endif  // GAN_IMAGE_WRITE_IMAGE_H_
