#include "gan/metrics/ms_ssim.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/gan/metrics/wave_images.h"

namespace sg::gan {
namespace {

double MeanSimilarity(const std::vector<Image>& a, const std::vector<Image>& b, int scales) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += MsSsim(a[i], b[i], scales) / static_cast<double>(a.size());
  return sum;
}

// The values are by a program in NumPy and SciPy, in f64.
TEST(MsSsim, EqualsNumPys) {
  const std::vector<Image> a = WavesA(64), b = WavesB(64);
  ASSERT_EQ(SumOfPixels(a), 12510427);
  ASSERT_EQ(SumOfPixels(b), 12605938);
  EXPECT_NEAR(MeanSimilarity(a, b, 5), 0.350210872823, 1e-10);
  EXPECT_NEAR(MeanSimilarity(a, b, 3), 0.406633426205, 1e-10);
}

TEST(MsSsim, OfAnImageWithItselfIsOne) {
  const Image image = WavesA(32)[3];
  EXPECT_NEAR(MsSsim(image, image, 5), 1, 1e-12);
}

// At the last scale of 16 pixels, the window is a single pixel.
TEST(MsSsim, OfTheSmallestImages) {
  const Image a = WavesA(16)[0], b = WavesB(16)[1];
  const double similarity = MsSsim(a, b, 5);
  EXPECT_GT(similarity, 0);
  EXPECT_LT(similarity, 1);
  EXPECT_DOUBLE_EQ(similarity, MsSsim(b, a, 5));
}

}  // namespace
}  // namespace sg::gan
