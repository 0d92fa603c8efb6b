#include "gan/edit/interpolation.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

constexpr double kPi = 3.14159265358979323846;
constexpr double kRounding = 2e-6;  // of f32

InterpolationParams Params(LatentPath path, int64_t keyframes, int64_t frames, bool loop = true) {
  InterpolationParams params;
  params.path = path;
  params.keyframes = keyframes;
  params.frames_per_key = frames;
  params.loop = loop;
  return params;
}

// The frames of one entry of w with one element, from the values at the keyframes.
std::vector<float> Curve(const std::vector<float>& keys, const InterpolationParams& params) {
  const Tensor w = Tensor::FromHost<float>({1, static_cast<int64_t>(keys.size()), 1}, keys, Device::Cpu());
  return InterpolateW(w, params, 0, params.NumFrames()).ToHost<float>();
}

TEST(InterpolationTest, LinearGoesStraight) {
  EXPECT_THAT(Curve({0, 4, 2}, Params(LatentPath::kLinear, 3, 2)), ElementsAre(0, 2, 4, 3, 2, 1));
  EXPECT_THAT(Curve({0, 4, 2}, Params(LatentPath::kLinear, 3, 2, /*loop=*/false)), ElementsAre(0, 2, 4, 3, 2));
}

TEST(InterpolationTest, EntriesAndElementsAreIndependent) {
  const Tensor w = Tensor::FromHost<float>({2, 2, 2}, {0, 10, 2, 20, 100, 5, 200, 7}, Device::Cpu());
  const Tensor frames = InterpolateW(w, Params(LatentPath::kLinear, 2, 2), 1, 2);
  EXPECT_EQ(frames.shape(), Shape({2, 2, 2}));
  EXPECT_THAT(frames.ToHost<float>(), ElementsAre(1, 15, 2, 20, 150, 6, 200, 7));
}

// The periodic spline of a sine of n samples is known: between samples it is a cubic whose second derivatives are
// those of the sine times (6 - 6 cos h) / (2 + cos h), with h = 2 pi / n and a distance of 1 between keyframes.
TEST(InterpolationTest, CubicIsThePeriodicSpline) {
  constexpr int kKeys = 7, kFrames = 5;
  const double h = 2 * kPi / kKeys, curvature = -(6 - 6 * std::cos(h)) / (2 + std::cos(h));
  std::vector<float> keys(kKeys);
  for (int k = 0; k < kKeys; ++k) keys[k] = static_cast<float>(std::sin(h * k));
  const std::vector<float> curve = Curve(keys, Params(LatentPath::kCubic, kKeys, kFrames));
  ASSERT_EQ(curve.size(), size_t{kKeys * kFrames});
  for (int i = 0; i < kKeys * kFrames; ++i) {
    const int k = i / kFrames;
    const double b = static_cast<double>(i % kFrames) / kFrames, a = 1 - b;
    const double from = std::sin(h * k), to = std::sin(h * (k + 1));
    const double want = a * from + b * to + curvature * ((a * a * a - a) * from + (b * b * b - b) * to) / 6;
    EXPECT_NEAR(curve[i], want, kRounding) << i;
    EXPECT_NEAR(curve[i], std::sin(h * i / kFrames), 0.01) << i;
  }
}

TEST(InterpolationTest, CubicOfFewKeyframes) {
  // Two keyframes: the cubic with zero slope at both, 3 t^2 - 2 t^3.
  EXPECT_THAT(Curve({0, 1}, Params(LatentPath::kCubic, 2, 4)),
              ElementsAre(FloatNear(0, kRounding), FloatNear(0.15625, kRounding), FloatNear(0.5, kRounding),
                          FloatNear(0.84375, kRounding), FloatNear(1, kRounding), FloatNear(0.84375, kRounding),
                          FloatNear(0.5, kRounding), FloatNear(0.15625, kRounding)));
  EXPECT_THAT(Curve({5, 5, 5}, Params(LatentPath::kCubic, 3, 1)),
              ElementsAre(FloatNear(5, 1e-5), FloatNear(5, 1e-5), FloatNear(5, 1e-5)));
}

TEST(InterpolationTest, SlerpFollowsTheCircle) {
  const Tensor keys = Tensor::FromHost<float>({2, 2}, {3, 0, 0, 3}, Device::Cpu());
  const Tensor frames = InterpolateZ(keys, Params(LatentPath::kSlerp, 2, 3, /*loop=*/false), 0, 4);
  EXPECT_EQ(frames.shape(), Shape({4, 2}));
  const std::vector<float> z = frames.ToHost<float>();
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(z[2 * i], 3 * std::cos(kPi / 6 * i), kRounding) << i;
    EXPECT_NEAR(z[2 * i + 1], 3 * std::sin(kPi / 6 * i), kRounding) << i;
  }
}

TEST(InterpolationTest, SlerpOfOneLineIsStraight) {
  const Tensor keys = Tensor::FromHost<float>({3, 2}, {1, 2, 3, 6, 0, 0}, Device::Cpu());
  EXPECT_THAT(InterpolateZ(keys, Params(LatentPath::kSlerp, 3, 2), 0, 6).ToHost<float>(),
              ElementsAre(1, 2, FloatNear(2, kRounding), FloatNear(4, kRounding), 3, 6, 1.5, 3, 0, 0, 0.5, 1));
}

}  // namespace
}  // namespace sg::gan
