#include "gan/image/decode_image.h"

#include "gan/image/channels.h"
#include "gan/image/decode_jpeg.h"
#include "gan/image/decode_png.h"
#include "gan/image/decode_webp.h"
#include "gan/image/foreign_format.h"
#include "gan/image/resize.h"

namespace sg::gan {

absl::StatusOr<Image> DecodeImage(absl::string_view bytes, const DecodeLimits& limits, const DecodedForm& form) {
  if (bytes.empty()) return absl::DataLossError("file is empty");
  if (IsPng(bytes)) return DecodePng(bytes, limits, form);
  if (IsJpeg(bytes)) return DecodeJpeg(bytes, limits, form);
  if (IsWebp(bytes)) return DecodeWebp(bytes, limits, form);
  return NotAnImage(bytes);
}

Image FitImage(const ImageSpec& spec, const Image& image) {
  const Image part = WithChannels(CenterCrop(image, {spec.width, spec.height}), static_cast<int>(spec.channels));
  return ResizeLanczos(part, static_cast<int>(spec.width), static_cast<int>(spec.height));
}

absl::StatusOr<Image> DecodeImageAs(const ImageSpec& spec, absl::string_view bytes, const DecodeLimits& limits) {
  const DecodedForm form = {spec.channels % 2 == 0, {spec.width, spec.height}};
  const absl::StatusOr<Image> decoded = DecodeImage(bytes, limits, form);
  if (!decoded.ok()) return decoded;
  return FitImage(spec, *decoded);
}

}  // namespace sg::gan
