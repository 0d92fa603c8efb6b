#include "gan/model/common/noise.h"

namespace sg::gan {

std::vector<BlockNoise> RandomNoise(const ModelConfig& config, int64_t batch, DType dtype, Device device,
                                    RandomStream* stream) {
  std::vector<BlockNoise> noise(config.NumBlocks());
  if (!config.noise) return noise;
  for (int i = 0; i < config.NumBlocks(); ++i) {
    const Shape shape = {batch, config.HeightAt(i), config.WidthAt(i), 1};
    if (i > 0) noise[i].first = RandomNormal(shape, dtype, device, stream);
    noise[i].second = RandomNormal(shape, dtype, device, stream);
  }
  return noise;
}

std::vector<BlockNoise> NoNoise(const ModelConfig& config) { return std::vector<BlockNoise>(config.NumBlocks()); }

}  // namespace sg::gan
