#include "gan/sample/sampler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/check.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/record_scope.h"
#include "gan/model/common/latents.h"
#include "gan/sample/numpy_random.h"

namespace sg::gan {

Sampler::Sampler(const ModelConfig& config, std::shared_ptr<const GeneratorNetwork> generator, Tensor latent_average)
    : config_(config), generator_(std::move(generator)), latent_average_(std::move(latent_average)) {}

Tensor Sampler::MapLatents(const Tensor& z, const Tensor& labels, const Truncation& truncation) const {
  RecordScope no_record(false);
  const Tensor w = generator_->Map(z, labels);
  if (truncation.cutoff > 0) return Truncate(RepeatLatent(w, config_.NumLatents()), truncation);
  return RepeatLatent(Truncate(w, truncation.psi), config_.NumLatents());
}

Tensor Sampler::Truncate(const Tensor& w, const Truncation& truncation) const {
  RecordScope no_record(false);
  const int64_t entries = w.dim(0), moved = truncation.cutoff;
  if (moved <= 0 || moved >= entries) return Truncate(w, truncation.psi);
  return Concat({Truncate(Narrow(w, 0, 0, moved), truncation.psi), Narrow(w, 0, moved, entries - moved)}, 0);
}

Tensor Sampler::Truncate(const Tensor& w, double truncation) const {
  RecordScope no_record(false);
  return truncation == 1 ? w : AddScaled(latent_average_, 1 - truncation, w, truncation);
}

Tensor Sampler::SynthesizeBatch(const Tensor& w, SamplerNoise* noise) const {
  RecordScope no_record(false);
  const Tensor pixels = generator_->Synthesize(w, DrawNoise(w, noise));
  return config_.SignedImages() ? Affine(pixels, 0.5, 0.5) : pixels;
}

Tensor Sampler::Synthesize(const Tensor& w, NoiseMode mode, uint64_t noise_seed, int64_t max_batch) const {
  SG_CHECK(max_batch > 0 && w.dim(1) > 0) << "[Sampler::Synthesize] max_batch " << max_batch << ", w " << w.shape();
  RecordScope no_record(false);
  SamplerNoise noise(mode, noise_seed);
  std::vector<Tensor> parts;
  for (int64_t begin = 0; begin < w.dim(1); begin += max_batch) {
    parts.push_back(SynthesizeBatch(Narrow(w, 1, begin, std::min(max_batch, w.dim(1) - begin)), &noise));
  }
  return parts.size() == 1 ? parts[0] : Concat(parts, 0);
}

std::vector<BlockNoise> Sampler::DrawNoise(const Tensor& w, SamplerNoise* noise) const {
  const int64_t batch = w.dim(1);
  if (noise->mode == NoiseMode::kNone) return NoNoise(config_);
  if (noise->mode == NoiseMode::kRandom) return RandomNoise(config_, batch, w.dtype(), w.device(), &noise->stream);
  std::vector<BlockNoise> blocks = ConstantNoise(w, *noise);
  for (BlockNoise& block : blocks) {
    for (Tensor* n : {&block.first, &block.second}) {
      if (n->defined()) *n = BroadcastTo(*n, {batch, n->dim(1), n->dim(2), 1});
    }
  }
  return blocks;
}

std::vector<BlockNoise> Sampler::ConstantNoise(const Tensor& w, const SamplerNoise& noise) const {
  if (!generator_->NoiseConst().empty()) return generator_->NoiseConst();
  RandomStream same = noise.stream;  // a copy: every batch sees the same noise
  return RandomNoise(config_, 1, w.dtype(), w.device(), &same);
}

Tensor ClassLabels(int index, int64_t n, int64_t label_dim, Device device) {
  SG_CHECK(index >= 0 && index < label_dim) << "[ClassLabels] class " << index << " of " << label_dim;
  std::vector<float> labels(n * label_dim);
  for (int64_t i = 0; i < n; ++i) labels[i * label_dim + index] = 1;
  return Tensor::FromHost<float>({n, label_dim}, labels, device);
}

Tensor LatentsFromSeeds(const std::vector<uint32_t>& seeds, int64_t latent_dim, Device device) {
  std::vector<float> z;
  for (uint32_t seed : seeds) {
    for (double value : NumpyRandomState(seed).RandN(latent_dim)) z.push_back(static_cast<float>(value));
  }
  return Tensor::FromHost<float>({static_cast<int64_t>(seeds.size()), latent_dim}, z, device);
}

std::vector<Image> ToImages(const Tensor& pixels) {
  const std::vector<float> values = pixels.ToHost<float>();
  const int height = static_cast<int>(pixels.dim(1)), width = static_cast<int>(pixels.dim(2));
  const int channels = static_cast<int>(pixels.dim(3));
  const size_t size = static_cast<size_t>(height) * width * channels;
  std::vector<Image> images(pixels.dim(0));
  for (size_t n = 0; n < images.size(); ++n) {
    images[n] = {width, height, channels, std::vector<uint8_t>(size)};
    for (size_t i = 0; i < size; ++i) {
      const float v = values[n * size + i] * 255.0f + 0.5f;
      images[n].pixels[i] = v >= 255.0f ? 255 : (v > 0.0f ? static_cast<uint8_t>(v) : 0);
    }
  }
  return images;
}

}  // namespace sg::gan
