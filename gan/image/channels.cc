#include "gan/image/channels.h"

#include <cstddef>
#include <cstdint>

#include "engine/base/check.h"

namespace sg::gan {

Image ToGray(const Image& image) {
  SG_CHECK(image.channels == 3 || image.channels == 4) << "[ToGray] " << image.channels << " channels";
  const size_t channels = image.channels;
  Image gray{image.width, image.height, image.channels - 2, {}};
  gray.pixels.reserve(image.pixels.size() / channels * gray.channels);
  for (size_t i = 0; i < image.pixels.size(); i += channels) {
    const uint8_t* const rgb = &image.pixels[i];
    gray.pixels.push_back(static_cast<uint8_t>((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 0x8000) >> 16));
    if (channels == 4) gray.pixels.push_back(rgb[3]);
  }
  return gray;
}

}  // namespace sg::gan
