// The arithmetic of AffineSample along one axis, which all backends share: which samples lie beside a position, and
// with what weights they depend on pixels.
//
//   const SampleAxis axis = MakeSampleAxis(args.filter, args.margins.left, args.margins.right, width);
//   const SamplePair<float> pair = SamplesAt(axis, SamplePosition(transform, i, j));
//   for (int k = 0, p = FirstPixel(axis, pair.first); k < axis.window; ++k, ++p) {
//     if (InMargins(axis, p)) sum += PixelWeight(axis, args.filter, pair, p) * row[Reflected(axis, p)];
//   }
#ifndef ENGINE_BACKEND_COMMON_SAMPLE_AXIS_H_
#define ENGINE_BACKEND_COMMON_SAMPLE_AXIS_H_

#include <cmath>
#include <cstdint>

#include "engine/backend/kernel_args.h"
#include "engine/base/host_device.h"

namespace sg {

struct SampleAxis {
  int length;     // pixels of the image
  int low, high;  // the pixels with margins are those from `low` to `high` - 1
  int up, taps, origin;
  int window;  // pixels that a position may depend on
};

inline SampleAxis MakeSampleAxis(const SampleFilter& filter, int before, int after, int64_t length) {
  const int pixels = static_cast<int>(length);
  return {pixels, -before, pixels + after, filter.up, filter.taps, filter.origin, filter.taps / filter.up + 1};
}

// The position, along the axis whose three numbers of a transform begin at `row`, of the output in row i and column j.
// One rounding for each step, so that all backends find the same samples.
template <typename Real>
SG_HD Real SamplePosition(const float* row, int64_t i, int64_t j) {
  using std::fma;
  return fma(static_cast<Real>(row[0]), static_cast<Real>(j),
             fma(static_cast<Real>(row[1]), static_cast<Real>(i), static_cast<Real>(row[2])));
}

// The samples `first` and first + 1 with the weights of the linear interpolation, 0 for a sample that does not exist.
template <typename Real>
struct SamplePair {
  int first;
  Real weight[2];
};

template <typename Real>
SG_HD SamplePair<Real> SamplesAt(const SampleAxis& axis, Real position) {
  const int begin = axis.up * axis.low, end = axis.up * axis.high;
  // Beyond these bounds no sample exists. A position that is not a number counts as too low.
  const Real low = static_cast<Real>(begin - 2), high = static_cast<Real>(end + 1);
  Real at = position * static_cast<Real>(axis.up);
  at = at > low ? at : low;
  at = at < high ? at : high;
  const Real below = std::floor(at);
  const int first = static_cast<int>(below);
  const Real share = at - below;
  return {
      first,
      {first >= begin && first < end ? 1 - share : Real(0), first + 1 >= begin && first + 1 < end ? share : Real(0)}};
}

// The first of the `window` pixels on which the samples k and k + 1 depend.
SG_HD int FirstPixel(const SampleAxis& axis, int k) {
  const int n = k + axis.origin - axis.taps + axis.up;  // the pixel is floor(n / up)
  return n >= 0 ? n / axis.up : -((axis.up - 1 - n) / axis.up);
}

// The weight of pixel p in the interpolation between the two samples.
template <typename Real>
SG_HD Real PixelWeight(const SampleAxis& axis, const SampleFilter& filter, const SamplePair<Real>& pair, int p) {
  const int tap = pair.first - axis.up * p + axis.origin;
  Real weight = 0;
  if (tap >= 0 && tap < axis.taps) weight = pair.weight[0] * static_cast<Real>(filter.filter[tap]);
  if (tap >= -1 && tap + 1 < axis.taps) weight += pair.weight[1] * static_cast<Real>(filter.filter[tap + 1]);
  return weight;
}

SG_HD bool InMargins(const SampleAxis& axis, int p) { return p >= axis.low && p < axis.high; }

// The pixel of the image that pixel p of the extended image repeats.
SG_HD int Reflected(const SampleAxis& axis, int p) {
  const int inside = p < 0 ? -p : p;
  return inside < axis.length ? inside : 2 * (axis.length - 1) - inside;
}

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_SAMPLE_AXIS_H_
