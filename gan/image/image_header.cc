#include "gan/image/image_header.h"

#include <turbojpeg.h>
#include <webp/decode.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gan/image/decode_jpeg.h"
#include "gan/image/decode_png.h"
#include "gan/image/decode_webp.h"
#include "gan/image/foreign_format.h"

namespace sg::gan {
namespace {

int64_t BigEndian32(absl::string_view bytes, size_t at) {
  int64_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

// IHDR follows the signature: length, type, width, height, bits, color type.
absl::StatusOr<ImageHeader> PngHeader(absl::string_view bytes) {
  constexpr size_t kWidthAt = 16, kHeightAt = 20, kBitsAt = 24, kColorAt = 25;
  if (bytes.size() <= kColorAt || bytes.substr(12, 4) != "IHDR") return absl::DataLossError("PNG is truncated");
  ImageHeader header;
  header.width = BigEndian32(bytes, kWidthAt);
  header.height = BigEndian32(bytes, kHeightAt);
  header.bits = static_cast<uint8_t>(bytes[kBitsAt]);
  switch (bytes[kColorAt]) {
    case 0: header.mode = PixelMode::kGray; return header;
    case 2: header.mode = PixelMode::kRgb; return header;
    case 3: header.mode = PixelMode::kPalette; return header;
    case 4: header.mode = PixelMode::kGrayAlpha; return header;
    case 6: header.mode = PixelMode::kRgba; return header;
    default: return absl::DataLossError("PNG is damaged: its color type does not exist");
  }
}

absl::StatusOr<ImageHeader> JpegHeader(absl::string_view bytes) {
  const std::unique_ptr<void, int (*)(tjhandle)> reader(tjInitDecompress(), &tjDestroy);
  if (reader == nullptr) return absl::UnavailableError("no memory to read the JPEG");
  int width = 0, height = 0, sampling = 0, colors = 0;
  if (tjDecompressHeader3(reader.get(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), &width,
                          &height, &sampling, &colors) != 0) {
    return absl::DataLossError(absl::StrCat("JPEG is damaged: ", tjGetErrorStr2(reader.get())));
  }
  ImageHeader header;
  header.width = width;
  header.height = height;
  if (colors == TJCS_GRAY) header.mode = PixelMode::kGray;
  if (colors == TJCS_CMYK || colors == TJCS_YCCK) header.mode = PixelMode::kCmyk;
  return header;
}

absl::StatusOr<ImageHeader> WebpHeader(absl::string_view bytes) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), &features) != VP8_STATUS_OK) {
    return absl::DataLossError("WebP is damaged");
  }
  ImageHeader header;
  header.width = features.width;
  header.height = features.height;
  if (features.has_alpha != 0) header.mode = PixelMode::kRgba;
  return header;
}

}  // namespace

const char* PixelModeName(PixelMode mode) {
  switch (mode) {
    case PixelMode::kGray: return "gray";
    case PixelMode::kGrayAlpha: return "gray with alpha";
    case PixelMode::kRgb: return "RGB";
    case PixelMode::kRgba: return "RGBA";
    case PixelMode::kPalette: return "a palette";
    case PixelMode::kCmyk: return "CMYK";
  }
  return "?";
}

absl::StatusOr<ImageHeader> ReadImageHeader(absl::string_view bytes) {
  if (IsPng(bytes)) return PngHeader(bytes);
  if (IsJpeg(bytes)) return JpegHeader(bytes);
  if (IsWebp(bytes)) return WebpHeader(bytes);
  return NotAnImage(bytes);
}

}  // namespace sg::gan
