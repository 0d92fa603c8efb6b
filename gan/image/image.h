// A decoded image in memory: 8 bits per channel, rows from top to bottom, interleaved channels.
#ifndef GAN_IMAGE_IMAGE_H_
#define GAN_IMAGE_IMAGE_H_

#include <cstdint>
#include <vector>

namespace sg::gan {

struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<uint8_t> pixels;  // [height, width, channels]
};

}  // namespace sg::gan

#endif  // GAN_IMAGE_IMAGE_H_
