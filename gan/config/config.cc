#include "gan/config/config.h"

#include <algorithm>
#include <cmath>

namespace sg::gan {
int ModelConfig::LogResolution() const { return static_cast<int>(std::lround(std::log2(resolution))); }

int64_t ModelConfig::Channels(int features_at_resolution, int level) const {
  const int64_t wanted =
      channel_base > 0 ? channel_base / (resolution >> level) : static_cast<int64_t>(features_at_resolution) << level;
  return std::min<int64_t>(max_features, wanted);
}

int ModelConfig::FreezableLayers() const {
  const int blocks = NumBlocks() - 1;
  switch (d_architecture) {
    case Architecture::kSkip: return 3 * blocks;  // each block has two convolutions and a from_rgb
    case Architecture::kResnet: return 1 + 3 * blocks;
    case Architecture::kOrig: break;
  }
  return 1 + 2 * blocks;
}

int64_t TrainConfig::TotalSteps() const { return static_cast<int64_t>(std::ceil(kimg * 1000 / batch)); }

double TrainConfig::DiscriminatorLazyShare() const {
  if (!optimizer.separate_regularizers || !loss.HasGradientPenalty()) return 1;
  return loss.r1_interval / (loss.r1_interval + 1.0);
}

double TrainConfig::GeneratorLazyShare() const {
  if (!optimizer.separate_regularizers || !loss.HasPathLength()) return 1;
  return loss.pl_interval / (loss.pl_interval + 1.0);
}

}  // namespace sg::gan
