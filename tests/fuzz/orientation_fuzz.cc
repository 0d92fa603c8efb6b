// An EXIF block or an XMP packet, and the orientation that it asks for.
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/image/orientation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view metadata(reinterpret_cast<const char*>(data), size);
  const int orientation = sg::gan::ExifOrientation(metadata).value_or(sg::gan::XmpOrientation(metadata).value_or(1));
  sg::gan::Image image{2, 3, 3, {}};
  image.pixels.resize(2 * 3 * 3);
  const sg::gan::Image upright = sg::gan::ApplyOrientation(std::move(image), orientation);
  SG_CHECK(upright.width * upright.height == 2 * 3) << "[fuzz] " << upright.width << "x" << upright.height;
  return 0;
}
