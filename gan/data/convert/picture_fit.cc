#include "gan/data/convert/picture_fit.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "gan/image/aspect.h"
#include "gan/image/channels.h"
#include "gan/image/decode_image.h"
#include "gan/image/decoded_form.h"
#include "gan/image/resize.h"

namespace sg::gan {
namespace {

// In the middle of a black square, transparent where there is alpha.
Image OnSquare(const Image& image) {
  const int side = std::max(image.width, image.height);
  const int64_t left = (side - image.width) / 2, top = (side - image.height) / 2, channels = image.channels;
  Image out{side, side, image.channels, std::vector<uint8_t>(static_cast<size_t>(side) * side * channels)};
  for (int64_t y = 0; y < image.height; ++y) {
    std::copy_n(image.pixels.begin() + y * image.width * channels, image.width * channels,
                out.pixels.begin() + ((top + y) * side + left) * channels);
  }
  return out;
}

}  // namespace

absl::StatusOr<FittedPicture> FitPicture(const PictureFit& fit, const Picture& picture, const DecodeLimits& limits) {
  if (!picture.status.ok()) return picture.status;
  const ImageSpec& spec = fit.spec;
  const int channels = static_cast<int>(spec.channels), width = static_cast<int>(spec.width),
            height = static_cast<int>(spec.height);
  const bool crops = fit.mode == FitMode::kCenterCrop || fit.mode == FitMode::kCenterCropWide;
  Image image = picture.image;
  if (!picture.bytes.empty()) {
    DecodedForm form;
    form.alpha = channels % 2 == 0;
    DecodeLimits allowed = limits;
    if (crops) {
      form.aspect = {spec.width, spec.height};
    } else {
      // A larger one would be decoded in part.
      allowed.max_pixels = std::min(limits.max_pixels, limits.max_whole_pixels);
    }
    absl::StatusOr<Image> decoded = DecodeImage(picture.bytes, allowed, form);
    if (!decoded.ok()) return decoded.status();
    image = *std::move(decoded);
  }
  FittedPicture fitted;
  if (fit.mode == FitMode::kKeep) {
    fitted.image = WithChannels(std::move(image), channels);
    return fitted;
  }
  const PartSize part =
      crops ? LargestPart(image.width, image.height, {spec.width, spec.height}) : PartSize{image.width, image.height};
  fitted.enlarged = part.width < width || part.height < height;
  fitted.image = crops ? FitImage(spec, image) : ResizeLanczos(WithChannels(std::move(image), channels), width, height);
  if (fit.mode == FitMode::kCenterCropWide) fitted.image = OnSquare(fitted.image);
  return fitted;
}

}  // namespace sg::gan
