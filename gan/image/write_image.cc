#include "gan/image/write_image.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/io/atomic_file.h"
#include "gan/image/encode_jpeg.h"
#include "gan/image/encode_webp.h"

namespace sg::gan {

std::optional<ImageFormat> ImageFormatNamed(absl::string_view name) {
  if (name == "png") return ImageFormat::kPng;
  if (name == "jpg" || name == "jpeg") return ImageFormat::kJpeg;
  if (name == "webp") return ImageFormat::kWebp;
  return std::nullopt;
}

absl::string_view Extension(ImageFormat format) {
  return format == ImageFormat::kPng ? "png" : format == ImageFormat::kJpeg ? "jpg" : "webp";
}

absl::Status WriteImage(const std::string& path, const Image& image, ImageFormat format, int quality,
                        absl::Span<const PngText> text) {
  const absl::StatusOr<std::string> bytes = format == ImageFormat::kPng    ? EncodePng(image, text)
                                            : format == ImageFormat::kJpeg ? EncodeJpeg(image, quality)
                                                                           : EncodeWebp(image, quality);
  if (!bytes.ok()) return absl::Status(bytes.status().code(), absl::StrCat(path, ": ", bytes.status().message()));
  return io::WriteFileAtomically(path, *bytes);
}

}  // namespace sg::gan
