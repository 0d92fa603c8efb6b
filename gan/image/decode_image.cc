#include "gan/image/decode_image.h"

#include "gan/image/decode_jpeg.h"
#include "gan/image/decode_png.h"

namespace sg::gan {

absl::StatusOr<Image> DecodeImage(absl::string_view bytes, const DecodeLimits& limits) {
  if (bytes.empty()) return absl::DataLossError("file is empty");
  if (IsPng(bytes)) return DecodePng(bytes, limits);
  if (IsJpeg(bytes)) return DecodeJpeg(bytes, limits);
  return absl::InvalidArgumentError("file is neither a PNG nor a JPEG");
}

}  // namespace sg::gan
