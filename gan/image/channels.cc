#include "gan/image/channels.h"

#include <cstddef>
#include <cstdint>
#include <vector>

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

Image WithChannels(Image image, int channels) {
  SG_CHECK(channels >= 1 && channels <= 4 && image.channels >= 1 && image.channels <= 4)
      << "[WithChannels] " << image.channels << " channels to " << channels;
  if (image.channels >= 3 && channels < 3) image = ToGray(image);
  if (image.channels == channels) return image;
  const size_t from = image.channels, to = channels, colors = to < 3 ? 1 : 3;
  const bool is_gray = from < 3, has_alpha = from % 2 == 0;
  const size_t count = image.pixels.size() / from;
  Image out{image.width, image.height, channels, std::vector<uint8_t>(count * to, 255)};
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* const in = &image.pixels[i * from];
    uint8_t* const pixel = &out.pixels[i * to];
    for (size_t c = 0; c < colors; ++c) pixel[c] = in[is_gray ? 0 : c];
    if (to % 2 == 0 && has_alpha) pixel[colors] = in[from - 1];
  }
  return out;
}

}  // namespace sg::gan
