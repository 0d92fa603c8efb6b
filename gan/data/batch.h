// The images that one training step is shown.
#ifndef GAN_DATA_BATCH_H_
#define GAN_DATA_BATCH_H_

#include <cstdint>
#include <vector>

namespace sg::gan {

struct Batch {
  std::vector<uint8_t> pixels;  // [N,H,W,C], 8 bit, as ImageSpec says
  std::vector<float> labels;    // [N,label_dim]; empty where the data has no labels
};

}  // namespace sg::gan

#endif  // GAN_DATA_BATCH_H_
