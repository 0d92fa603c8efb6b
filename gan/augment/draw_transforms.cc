#include "gan/augment/draw_transforms.h"

#include <algorithm>
#include <cmath>

#include "gan/augment/host_dice.h"

namespace sg::gan {
namespace {

constexpr double kPi = 3.14159265358979323846;

// NVIDIA's widths of the distributions.
constexpr double kLargestShift = 0.125;  // of whole pixels, as a share of the image
constexpr double kSlide = 0.125;         // with fractions: standard deviation, as a share of the image
constexpr double kLogScale = 0.2;        // standard deviations of logarithms to base 2
constexpr double kLogStretch = 0.2, kLogContrast = 0.5, kLogSaturation = 1, kLogBand = 1;
constexpr double kBrightness = 0.2, kNoise = 0.1;  // standard deviations

// The transforms of a pipe.
struct Parts {
  bool blit = false, geometry = false, color = false, filter = false, noise = false, cutout = false;
};

Parts PartsOf(AugPipe pipe) {
  Parts parts;
  switch (pipe) {
    case AugPipe::kBlit: parts.blit = true; break;
    case AugPipe::kGeom: parts.geometry = true; break;
    case AugPipe::kColor: parts.color = true; break;
    case AugPipe::kFilter: parts.filter = true; break;
    case AugPipe::kNoise: parts.noise = true; break;
    case AugPipe::kCutout: parts.cutout = true; break;
    case AugPipe::kBgcfnc: parts.cutout = true; [[fallthrough]];
    case AugPipe::kBgcfn: parts.noise = true; [[fallthrough]];
    case AugPipe::kBgcf: parts.filter = true; [[fallthrough]];
    case AugPipe::kBgc: parts.color = true; [[fallthrough]];
    case AugPipe::kBg: parts.blit = parts.geometry = true; break;
  }
  return parts;
}

double Symmetric(double uniform) { return 2 * uniform - 1; }

ImageTransform Draw(const Parts& parts, double p, const PixelSize& size, HostDice* dice) {
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  const double blit = parts.blit ? p : 0, geometry = parts.geometry ? p : 0, color = parts.color ? p : 0;
  const double filter = parts.filter ? p : 0, noise = parts.noise ? p : 0, cutout = parts.cutout ? p : 0;
  // At least one of the two rotations acts with the probability of the others.
  const double rotation = 1 - std::sqrt(std::clamp(1 - geometry, 0.0, 1.0));
  ImageTransform t;
  if (dice->Roll(blit)) t.flip = dice->Index(2, 0) == 1;
  if (dice->Roll(blit)) t.quarter_turns = dice->Index(4, 0);
  if (dice->Roll(blit)) {
    t.shift_x = std::nearbyint(Symmetric(dice->Uniform(0)) * kLargestShift * width);
    t.shift_y = std::nearbyint(Symmetric(dice->Uniform(1)) * kLargestShift * height);
  }
  if (dice->Roll(geometry)) t.scale = std::exp2(kLogScale * dice->Normal(0));
  if (dice->Roll(rotation)) t.first_angle = kPi * Symmetric(dice->Uniform(0));
  if (dice->Roll(geometry)) t.stretch = std::exp2(kLogStretch * dice->Normal(0));
  if (dice->Roll(rotation)) t.second_angle = kPi * Symmetric(dice->Uniform(0));
  if (dice->Roll(geometry)) {
    t.slide_x = kSlide * dice->Normal(0) * width;
    t.slide_y = kSlide * dice->Normal(1) * height;
  }
  if (dice->Roll(color)) t.brightness = kBrightness * dice->Normal(0);
  if (dice->Roll(color)) t.contrast = std::exp2(kLogContrast * dice->Normal(0));
  if (dice->Roll(color)) t.luma_flip = dice->Index(2, 0) == 1;
  if (dice->Roll(color)) t.hue = kPi * Symmetric(dice->Uniform(0));
  if (dice->Roll(color)) t.saturation = std::exp2(kLogSaturation * dice->Normal(0));
  for (double& band : t.bands) {
    if (dice->Roll(filter)) band = std::exp2(kLogBand * dice->Normal(0));
  }
  if (dice->Roll(noise)) t.noise = kNoise * std::abs(dice->Normal(0));
  if (dice->Roll(cutout)) {
    t.cutout = true;
    t.cutout_x = dice->Uniform(0);
    t.cutout_y = dice->Uniform(1);
  }
  return t;
}

}  // namespace

std::vector<ImageTransform> DrawTransforms(AugPipe pipe, double p, int64_t images, const PixelSize& size,
                                           RandomStream* stream) {
  const Parts parts = PartsOf(pipe);
  HostDice dice(stream);
  std::vector<ImageTransform> transforms;
  for (int64_t i = 0; i < images; ++i) transforms.push_back(Draw(parts, p, size, &dice));
  return transforms;
}

}  // namespace sg::gan
