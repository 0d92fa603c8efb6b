// The images for one training step.
#ifndef GAN_DATA_BATCH_H_
#define GAN_DATA_BATCH_H_

#include <cstdint>
#include <vector>

namespace sg::gan {

struct Batch {
  std::vector<uint8_t> pixels;  // [N,H,W,C], 8 bits per value, sized as in ImageSpec
  std::vector<float> labels;    // [N,label_dim]; empty if the data has no labels
};

}  // namespace sg::gan

#endif  // GAN_DATA_BATCH_H_
