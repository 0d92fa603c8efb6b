#include "gan/image/decode_limits.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace sg::gan {

absl::Status CheckImageSize(int64_t width, int64_t height, const DecodeLimits& limits) {
  if (width <= 0 || height <= 0) {
    return absl::InvalidArgumentError(absl::StrCat("image is ", width, "x", height, ", which is empty"));
  }
  if (width > limits.max_pixels / height) {
    constexpr int64_t kMega = 1000000;
    const int64_t mega = limits.max_pixels / kMega;
    const std::string limit = limits.max_pixels % kMega == 0 ? absl::StrCat(mega, " Mpx (--max-mpx=", mega, ")")
                                                             : absl::StrCat(limits.max_pixels, " pixels");
    return absl::InvalidArgumentError(absl::StrCat("image is ", width, "x", height, ", more than ", limit));
  }
  if (std::max(width, height) > limits.max_side) {
    return absl::InvalidArgumentError(
        absl::StrCat("image is ", width, "x", height, ", with a side of more than ", limits.max_side, " pixels"));
  }
  return absl::OkStatus();
}

}  // namespace sg::gan
