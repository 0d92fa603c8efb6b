// The header of an image file.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/image/image_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<sg::gan::ImageHeader> header =
      sg::gan::ReadImageHeader(absl::string_view(reinterpret_cast<const char*>(data), size));
  SG_CHECK(!header.ok() || header->width >= 0) << "[fuzz] a width of " << header->width;
  return 0;
}
