#include "gan/edit/image_loss.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/ops/up_fir_dn.h"
#include "engine/tensor/record_scope.h"

namespace sg::gan {
namespace {

// Keeps the gradient finite at positions without any activation, where the norm is zero.
constexpr double kTinySquare = 1e-6;

// Bilinear interpolation, with replicated edges.
Tensor Double(const Tensor& x) {
  FirParams up;
  up.up = 2;
  up.filter = {0.25f, 0.75f, 0.75f, 0.25f};
  up.pad0 = 2;
  up.pad1 = 1;
  up.edge = EdgeMode::kReplicate;
  return UpFirDn2d(x, MakeUpFirDn(up));
}

bool CanBeHalved(const Tensor& x) { return x.dim(1) % 2 == 0 && x.dim(2) % 2 == 0; }

Tensor Reduced(Tensor x) {
  while (CanBeHalved(x) && std::max(x.dim(1), x.dim(2)) > ImageLoss::kLargestInput) x = HalveByMeans(x);
  return x;
}

// The mean squared difference of each level, added up: per element, or per position and summed over the channels.
Tensor AddUp(const std::vector<Tensor>& a, const std::vector<Tensor>& b, bool over_channels) {
  Tensor sum;
  for (size_t i = 0; i < a.size(); ++i) {
    const Tensor squares = Square(a[i] - b[i]);
    const Tensor mean = over_channels ? Mean(Sum(squares, {3})) : Mean(squares);
    sum = sum.defined() ? sum + mean : mean;
  }
  return sum;
}

}  // namespace

Tensor HalveByMeans(const Tensor& x) {
  FirParams down;
  down.down = 2;
  down.filter = {0.5f, 0.5f};
  return UpFirDn2d(x, MakeUpFirDn(down));
}

ImageLoss::ImageLoss(const Tensor& target, const EfficientNetLite0* features, const ImageLossParams& params)
    : features_(features), params_(params) {
  SG_CHECK(target.shape().rank() == 4 && target.dim(0) == 1 && (target.dim(3) == 1 || target.dim(3) == 3))
      << "[ImageLoss] target " << target;
  const RecordScope no_record(false);
  const Tensor reduced = Reduced(target);
  pyramid_ = Pyramid(reduced);
  if (features_ != nullptr) taps_ = UnitTaps(reduced);
}

std::vector<Tensor> ImageLoss::Pyramid(const Tensor& pixels) const {
  std::vector<Tensor> levels = {pixels};
  const auto is_larger = [](const Tensor& x) { return std::min(x.dim(1), x.dim(2)) > kSmallestLevel; };
  while (CanBeHalved(levels.back()) && is_larger(levels.back())) levels.push_back(HalveByMeans(levels.back()));
  return levels;
}

std::vector<Tensor> ImageLoss::UnitTaps(const Tensor& pixels) const {
  Tensor x = pixels.dim(3) == 1 ? Concat({pixels, pixels, pixels}, 3) : pixels;
  while (std::min(x.dim(1), x.dim(2)) < kFeatureInput) x = Double(x);
  std::vector<Tensor> taps = features_->Taps(Scale(x, 255));
  for (Tensor& tap : taps) {
    tap = tap * Rsqrt(Affine(Sum(Square(tap), {3}, /*keep_dims=*/true), 1, kTinySquare));
  }
  return taps;
}

Tensor ImageLoss::operator()(const Tensor& pixels) const {
  const Tensor reduced = Reduced(pixels);
  const Tensor distance = Scale(AddUp(Pyramid(reduced), pyramid_, /*over_channels=*/false), params_.pixel_weight);
  if (features_ == nullptr) return distance;
  return AddScaled(distance, 1, AddUp(UnitTaps(reduced), taps_, /*over_channels=*/true), params_.feature_weight);
}

}  // namespace sg::gan
