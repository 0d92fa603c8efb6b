#include "gan/edit/interpolation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/check.h"
#include "engine/ops/matmul.h"
#include "engine/ops/shape_ops.h"

namespace sg::gan {
namespace {

constexpr double kTwoPi = 6.283185307179586476925286766559;
constexpr double kSmallSine = 1e-6;  // of the angle between latents that count as being on one line

struct Position {
  int64_t key, next;
  double t;  // from 0 at `key` to 1 at `next`
};

Position PositionOf(const InterpolationParams& params, int64_t frame) {
  SG_CHECK(params.keyframes > 0 && params.frames_per_key > 0 && frame >= 0 && frame < params.NumFrames())
      << "[Interpolation] frame " << frame << ", " << params.keyframes << " keyframes of " << params.frames_per_key;
  const int64_t key = frame / params.frames_per_key;
  return {key, (key + 1) % params.keyframes,
          static_cast<double>(frame % params.frames_per_key) / static_cast<double>(params.frames_per_key)};
}

// The second derivatives, at the keyframes j = 0 .. n - 1, of the periodic spline that is 1 at keyframe 0 and 0 at the
// others. They solve M[j-1] + 4 M[j] + M[j+1] = 6 (y[j-1] - 2 y[j] + y[j+1]), which is a product in the frequencies.
std::vector<double> CardinalCurvatures(int64_t n) {
  std::vector<double> curvatures(n);
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t k = 0; k < n; ++k) {
      const double cosine = std::cos(kTwoPi * static_cast<double>(k) / static_cast<double>(n));
      const double phase = kTwoPi * static_cast<double>(j * k % n) / static_cast<double>(n);
      curvatures[j] += 6 * (2 * cosine - 2) / (4 + 2 * cosine) * std::cos(phase) / static_cast<double>(n);
    }
  }
  return curvatures;
}

// The share of each keyframe in a frame. They add up to 1.
std::vector<double> WeightsAt(const InterpolationParams& params, const std::vector<double>& curvatures, int64_t frame) {
  const Position at = PositionOf(params, frame);
  const int64_t n = params.keyframes;
  std::vector<double> weights(n);
  weights[at.key] += 1 - at.t;
  weights[at.next] += at.t;
  if (params.path == LatentPath::kLinear) return weights;
  const double before = 1 - at.t, after = at.t;
  for (int64_t i = 0; i < n; ++i) {
    weights[i] += (before * before * before - before) / 6 * curvatures[(at.key - i + n) % n] +
                  (after * after * after - after) / 6 * curvatures[(at.next - i + n) % n];
  }
  return weights;
}

std::vector<double> CurvaturesOf(const InterpolationParams& params) {
  SG_CHECK(params.path != LatentPath::kSlerp && (params.path == LatentPath::kLinear || params.loop))
      << "[Interpolation] the path " << static_cast<int>(params.path) << " of w, loop " << params.loop;
  return params.path == LatentPath::kCubic ? CardinalCurvatures(params.keyframes) : std::vector<double>();
}

// Writes the latent between a and b [d] at t to out.
void Slerp(const float* a, const float* b, int64_t d, double t, float* out) {
  double aa = 0, bb = 0, ab = 0;
  for (int64_t i = 0; i < d; ++i) {
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
    ab += double{a[i]} * b[i];
  }
  const double length = std::sqrt(aa * bb);
  const double angle = length > 0 ? std::acos(std::clamp(ab / length, -1.0, 1.0)) : 0;
  const double sine = std::sin(angle);
  const bool one_line = sine < kSmallSine;
  const double from = one_line ? 1 - t : std::sin((1 - t) * angle) / sine;
  const double to = one_line ? t : std::sin(t * angle) / sine;
  for (int64_t i = 0; i < d; ++i) out[i] = static_cast<float>(from * a[i] + to * b[i]);
}

}  // namespace

Tensor InterpolateW(const Tensor& keys, const InterpolationParams& params, int64_t begin, int64_t count) {
  SG_CHECK(keys.shape().rank() == 3 && keys.dim(1) == params.keyframes)
      << "[InterpolateW] keys " << keys << " of " << params.keyframes << " keyframes";
  const std::vector<double> curvatures = CurvaturesOf(params);
  std::vector<float> weights;
  for (int64_t frame = begin; frame < begin + count; ++frame) {
    for (double weight : WeightsAt(params, curvatures, frame)) weights.push_back(static_cast<float>(weight));
  }
  const Tensor shares = Tensor::FromHost<float>({count, params.keyframes}, weights, keys.device());
  std::vector<Tensor> entries;
  for (int64_t i = 0; i < keys.dim(0); ++i) {
    const Tensor key = Reshape(Narrow(keys, 0, i, 1), {keys.dim(1), keys.dim(2)});
    entries.push_back(Reshape(MatMul(shares, key), {1, count, keys.dim(2)}));
  }
  return Concat(entries, 0);
}

Tensor InterpolateZ(const Tensor& keys, const InterpolationParams& params, int64_t begin, int64_t count) {
  SG_CHECK(params.path == LatentPath::kSlerp && keys.shape().rank() == 2 && keys.dim(0) == params.keyframes)
      << "[InterpolateZ] keys " << keys << ", path " << static_cast<int>(params.path);
  const std::vector<float> z = keys.ToHost<float>();
  const int64_t d = keys.dim(1);
  std::vector<float> frames(count * d);
  for (int64_t i = 0; i < count; ++i) {
    const Position at = PositionOf(params, begin + i);
    Slerp(&z[at.key * d], &z[at.next * d], d, at.t, &frames[i * d]);
  }
  return Tensor::FromHost<float>({count, d}, frames, keys.device());
}

}  // namespace sg::gan
