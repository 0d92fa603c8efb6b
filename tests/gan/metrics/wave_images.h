// Two sets of eight pictures of waves, on which image statistics are compared with other programs. Pixel (x,y) of
// channel k of picture i is round(127.5 + 100 sin(0.1 a x + 0.07 b y + phase + k)):
//   A: a = 1 + 0.1 i, b = 2 - 0.1 i, phase i;   B: a = 1.3 + 0.1 i, b = 1.5 - 0.1 i, phase 0.7 i
#ifndef TESTS_GAN_METRICS_WAVE_IMAGES_H_
#define TESTS_GAN_METRICS_WAVE_IMAGES_H_

#include <cmath>
#include <vector>

#include "gan/image/image.h"

namespace sg::gan {

inline std::vector<Image> Waves(int side, double a0, double b0, double phase) {
  std::vector<Image> images;
  for (int i = 0; i < 8; ++i) {
    Image image = {side, side, 3, {}};
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        for (int k = 0; k < 3; ++k) {
          const double angle = 0.1 * (a0 + 0.1 * i) * x + 0.07 * (b0 - 0.1 * i) * y + phase * i + k;
          image.pixels.push_back(static_cast<uint8_t>(std::nearbyint(127.5 + 100 * std::sin(angle))));
        }
      }
    }
    images.push_back(image);
  }
  return images;
}

inline std::vector<Image> WavesA(int side) { return Waves(side, 1, 2, 1); }
inline std::vector<Image> WavesB(int side) { return Waves(side, 1.3, 1.5, 0.7); }

inline double SumOfPixels(const std::vector<Image>& images) {
  double sum = 0;
  for (const Image& image : images) {
    for (const uint8_t pixel : image.pixels) sum += pixel;
  }
  return sum;
}

}  // namespace sg::gan

#endif  // TESTS_GAN_METRICS_WAVE_IMAGES_H_
