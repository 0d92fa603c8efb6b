// The images for one training step.
#ifndef GAN_DATA_BATCH_H_
#define GAN_DATA_BATCH_H_

#include <cstdint>
#include <vector>

namespace sg::gan {

// Sets of fakes in a step: those of the discriminator, those of the generator, and those of the path length.
inline constexpr int kFakeSets = 3;

struct Batch {
  std::vector<uint8_t> pixels;  // [N,H,W,C], 8 bits per value, sized as in ImageSpec
  // [N,label_dim], and those for fakes [kFakeSets,N,label_dim], of random images. Empty if the data has no labels.
  std::vector<float> labels, fake_labels;
};

}  // namespace sg::gan

#endif  // GAN_DATA_BATCH_H_
