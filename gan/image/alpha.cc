#include "gan/image/alpha.h"

#include <algorithm>
#include <cstddef>

#include "engine/base/check.h"

namespace sg::gan {

void CompositeOnWhite(const uint8_t* rgba, int64_t pixels, uint8_t* rgb) {
  for (int64_t i = 0; i < pixels; ++i, rgba += 4, rgb += 3) {
    const int alpha = rgba[3];
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>((rgba[c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
}

Image AddOpaqueAlpha(const Image& image) {
  SG_CHECK(image.channels == 3) << "[AddOpaqueAlpha] " << image.channels << " channels";
  Image out{image.width, image.height, 4, {}};
  out.pixels.reserve(image.pixels.size() / 3 * 4);
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    out.pixels.insert(out.pixels.end(), {image.pixels[i], image.pixels[i + 1], image.pixels[i + 2], 255});
  }
  return out;
}

void PremultiplyAlpha(int channels, int64_t pixels, uint8_t* values) {
  for (uint8_t* end = values + pixels * channels; values != end; values += channels) {
    const int alpha = values[channels - 1];
    for (int c = 0; c < channels - 1; ++c) values[c] = static_cast<uint8_t>((values[c] * alpha + 127) / 255);
  }
}

void UnpremultiplyAlpha(int channels, int64_t pixels, uint8_t* values) {
  for (uint8_t* end = values + pixels * channels; values != end; values += channels) {
    const int alpha = values[channels - 1];
    if (alpha == 0 || alpha == 255) continue;
    // A filter may leave a color above its alpha.
    for (int c = 0; c < channels - 1; ++c) values[c] = static_cast<uint8_t>(std::min(values[c] * 255 / alpha, 255));
  }
}

}  // namespace sg::gan
