#include "gan/metrics/sliced_wasserstein.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/gan/metrics/wave_images.h"

namespace sg::gan {
namespace {

// The values of this file are by a program in NumPy and SciPy that follows the one of the ProGAN release.
TEST(LaplacianPyramid, EqualsSciPys) {
  double squares[3] = {0, 0, 0};
  for (const Image& image : WavesA(64)) {
    const std::vector<PyramidLevel> levels = LaplacianPyramid(image);
    ASSERT_EQ(levels.size(), 3u);
    for (size_t l = 0; l < 3; ++l) {
      EXPECT_EQ(levels[l].side, 64 >> l);
      for (const float v : levels[l].values) squares[l] += static_cast<double>(v) * v;
    }
  }
  EXPECT_NEAR(squares[0], 1123914.1334, 1);
  EXPECT_NEAR(squares[1], 2464586.8310, 1);
  EXPECT_NEAR(squares[2], 125681924.6675, 50);
}

TEST(SlicedWassersteinDistance, EqualsNumPys) {
  NumpyRandomState values(5);
  std::vector<float> a, b;
  for (const double v : values.RandN(256 * 147)) a.push_back(static_cast<float>(v));
  for (const double v : values.RandN(256 * 147)) b.push_back(static_cast<float>(v * 1.2 + 0.1));
  NumpyRandomState directions(1);
  EXPECT_NEAR(SlicedWassersteinDistance(a, b, 147, 4, 128, &directions), 0.2189506, 2e-6);
}

TEST(PatchCollector, TakesNormalizedPatchesOfEveryLevel) {
  PatchCollector patches({32, 32, 3}, 1);
  for (const Image& image : WavesA(32)) patches.Add(image);
  EXPECT_EQ(patches.images(), 8);
  ASSERT_EQ(patches.levels(), 2);
  for (int l = 0; l < 2; ++l) {
    const std::vector<float> values = patches.Normalized(l);
    ASSERT_EQ(values.size(), 8u * 128 * 147);
    for (int c = 0; c < 3; ++c) {
      double sum = 0, squares = 0;
      for (size_t i = c; i < values.size(); i += 3) {
        sum += values[i];
        squares += static_cast<double>(values[i]) * values[i];
      }
      EXPECT_NEAR(sum / (8 * 128 * 49), 0, 1e-5);
      EXPECT_NEAR(squares / (8 * 128 * 49), 1, 1e-5);
    }
  }
}

std::vector<Estimate> Compare(const std::vector<Image>& a, const std::vector<Image>& b) {
  const ImageSpec spec = {a[0].height, a[0].width, 3};
  PatchCollector reals(spec, 1), fakes(spec, 2);
  for (const Image& image : a) reals.Add(image);
  for (const Image& image : b) fakes.Add(image);
  return EstimateSlicedWasserstein(reals, fakes, /*replicates=*/10, /*seed=*/0);
}

TEST(EstimateSlicedWasserstein, TellsSetsApart) {
  const std::vector<Estimate> same = Compare(WavesA(32), WavesA(32)), other = Compare(WavesA(32), WavesB(32));
  ASSERT_EQ(same.size(), 3u);
  ASSERT_EQ(other.size(), 3u);
  EXPECT_NEAR(other[2].value, (other[0].value + other[1].value) / 2, 1e-9);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_GT(other[i].value, 1.5 * same[i].value);
    EXPECT_LT(other[i].low, other[i].value);
    EXPECT_GT(other[i].high, other[i].value);
  }
}

}  // namespace
}  // namespace sg::gan
