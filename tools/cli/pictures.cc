#include "tools/cli/pictures.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "engine/ops/shape_ops.h"

namespace sg::cli {

std::vector<gan::Image> MakePictures(const gan::Sampler& sampler, const Tensor& w, gan::SamplerNoise* noise,
                                     WorkProgress* progress) {
  std::vector<gan::Image> pictures;
  for (int64_t begin = 0; begin < w.dim(1); begin += gan::Sampler::kMaxBatch) {
    const int64_t count = std::min(gan::Sampler::kMaxBatch, w.dim(1) - begin);
    for (gan::Image& picture : gan::ToImages(sampler.SynthesizeBatch(Narrow(w, 1, begin, count), noise))) {
      pictures.push_back(std::move(picture));
    }
    progress->Add(count);
  }
  return pictures;
}

}  // namespace sg::cli
