#include "gan/train/reals.h"

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "engine/ops/elementwise.h"
#include "gan/train/labels.h"

namespace sg::gan {

std::vector<Reals> UploadReals(const TrainConfig& config, const Batch& batch, Device device) {
  const absl::Span<const uint8_t> images = batch.pixels;
  const size_t part_bytes = images.size() / config.grad_accum;
  const std::vector<Tensor> labels = RealLabels(config, batch, device);
  std::vector<Reals> parts;
  for (int part = 0; part < config.grad_accum; ++part) {
    parts.push_back({Tensor::FromHost<uint8_t>(config.model.image_spec().BatchShape(config.MicroBatch()),
                                               images.subspan(part * part_bytes, part_bytes), device),
                     labels[part]});
  }
  return parts;
}

Tensor ToPixels(const TrainConfig& config, const Tensor& bytes) {
  const Tensor pixels = Cast(bytes, DType::kF32);
  return config.model.SignedImages() ? Affine(pixels, 2.0 / 255, -1) : Scale(pixels, 1.0 / 255);
}

}  // namespace sg::gan
