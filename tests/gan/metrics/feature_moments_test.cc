#include "gan/metrics/feature_moments.h"

#include <algorithm>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/metrics/numpy_rows.h"

namespace sg::gan {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

TEST(FeatureMoments, MeanAndCovarianceOverN) {
  FeatureMoments moments(2, 3, 1);
  moments.Add({1, 10, 2, 14, 6, 12});
  moments.Finish();
  const Moments m = moments.Total();
  EXPECT_EQ(m.rows, 3);
  EXPECT_THAT(m.mean, ElementsAre(DoubleNear(3, 1e-12), DoubleNear(12, 1e-12)));
  // Deviations -2 -1 3 and -2 2 0.
  EXPECT_THAT(m.covariance, Pointwise(DoubleNear(1e-12), std::vector<double>{14 / 3.0, 2 / 3.0, 2 / 3.0, 8 / 3.0}));
}

// However the rows arrive, they are split at the same places.
TEST(FeatureMoments, BlocksAreParts) {
  const FeatureRows rows = NumpyRows().x;
  for (const int64_t piece : {1, 7, 64, 200}) {
    FeatureMoments moments(rows.dim, rows.count(), 3);
    for (int64_t i = 0; i < rows.count(); i += piece) {
      const int64_t count = std::min(piece, rows.count() - i);
      moments.Add(absl::MakeConstSpan(rows.row(i), count * rows.dim));
    }
    moments.Finish();
    ASSERT_EQ(moments.rows(), 200);
    const int64_t begins[] = {0, 67, 134, 200};
    for (int b = 0; b < 3; ++b) {
      FeatureMoments part(rows.dim, 1, 1);
      part.Add(absl::MakeConstSpan(rows.row(begins[b]), (begins[b + 1] - begins[b]) * rows.dim));
      part.Finish();
      const Moments want = part.Total(), got = moments.Merged({b});
      EXPECT_EQ(got.rows, want.rows);
      EXPECT_THAT(got.mean, Pointwise(DoubleNear(1e-12), want.mean));
      EXPECT_THAT(got.covariance, Pointwise(DoubleNear(1e-12), want.covariance));
    }
  }
}

TEST(FeatureMoments, OfMoreRowsThanAreSummedAtOnce) {
  FeatureMoments moments(1, 3 * FeatureMoments::kPiece, 2);
  double sum = 0;
  for (int64_t i = 0; i < 3 * FeatureMoments::kPiece; ++i) {
    moments.Add({static_cast<float>(i)});
    sum += static_cast<double>(i);
  }
  moments.Finish();
  const Moments m = moments.Total();
  EXPECT_EQ(m.rows, 3 * FeatureMoments::kPiece);
  EXPECT_DOUBLE_EQ(m.mean[0], sum / static_cast<double>(m.rows));
  EXPECT_EQ(moments.Merged({0}).rows, m.rows / 2);
}

TEST(FeatureMoments, ABlockMayCountTwice) {
  FeatureMoments moments(1, 2, 2);
  moments.Add({0, 3});
  moments.Finish();
  const Moments m = moments.Merged({0, 1, 1});
  EXPECT_EQ(m.rows, 3);
  EXPECT_THAT(m.mean, ElementsAre(DoubleNear(2, 1e-12)));
  EXPECT_THAT(m.covariance, ElementsAre(DoubleNear(2, 1e-12)));
}

TEST(FeatureMoments, MoreRowsThanExpectedGoIntoTheLastBlock) {
  FeatureMoments moments(1, 2, 2);
  moments.Add({1, 2, 3, 4});
  moments.Finish();
  EXPECT_EQ(moments.Merged({0}).rows, 1);
  EXPECT_EQ(moments.Merged({1}).rows, 3);
}

}  // namespace
}  // namespace sg::gan
