// The per-pixel noise of the generator's blocks.
#ifndef GAN_MODEL_COMMON_NOISE_H_
#define GAN_MODEL_COMMON_NOISE_H_

#include <cstdint>
#include <vector>

#include "engine/ops/random.h"
#include "engine/tensor/tensor.h"
#include "gan/config/config.h"

namespace sg::gan {

// The noise of one block, [N,h,w,1] each for features of h x w. The first block has only the second. Undefined means no
// noise.
struct BlockNoise {
  Tensor first, second;
};

// N(0,1) noise for every block, drawn in order of resolution; none where config.noise is off.
std::vector<BlockNoise> RandomNoise(const ModelConfig& config, int64_t batch, DType dtype, Device device,
                                    RandomStream* stream);
// No noise anywhere.
std::vector<BlockNoise> NoNoise(const ModelConfig& config);

}  // namespace sg::gan

#endif  // GAN_MODEL_COMMON_NOISE_H_
