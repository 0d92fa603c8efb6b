#include "gan/train/labels.h"

#include <algorithm>

#include "absl/types/span.h"
#include "engine/base/check.h"

namespace sg::gan {
namespace {

// `labels` begins with those of so many images.
std::vector<Tensor> Parts(const TrainConfig& config, absl::Span<const float> labels, int64_t images, Device device) {
  const int64_t dim = config.model.label_dim, part = images / config.grad_accum;
  std::vector<Tensor> parts(config.grad_accum);
  if (dim == 0) return parts;
  SG_CHECK(static_cast<int64_t>(labels.size()) >= images * dim)
      << "[Labels] " << labels.size() << " numbers for " << images << " images with labels of " << dim;
  for (int i = 0; i < config.grad_accum; ++i) {
    parts[i] = Tensor::FromHost<float>({part, dim}, labels.subspan(i * part * dim, part * dim), device);
  }
  return parts;
}

}  // namespace

std::vector<Tensor> RealLabels(const TrainConfig& config, const Batch& batch, Device device) {
  return Parts(config, batch.labels, config.batch, device);
}

std::vector<Tensor> FakeLabels(const TrainConfig& config, const Batch& batch, FakeSet set, int64_t images,
                               Device device) {
  absl::Span<const float> labels = batch.fake_labels;
  labels.remove_prefix(
      std::min<size_t>(labels.size(), static_cast<size_t>(set) * config.batch * config.model.label_dim));
  return Parts(config, labels, images, device);
}

}  // namespace sg::gan
