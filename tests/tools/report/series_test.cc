#include "tools/report/series.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace sg::report {
namespace {

TEST(Series, KeepsFewValuesAsTheyAre) {
  Series series;
  for (size_t i = 0; i < Series::kMaxPoints; ++i) series.Add(i * 0.5, i * i);
  ASSERT_EQ(series.points().size(), Series::kMaxPoints);
  for (size_t i = 0; i < Series::kMaxPoints; ++i) {
    const Series::Point& p = series.points()[i];
    EXPECT_EQ(p.first, i * 0.5);
    EXPECT_EQ(p.last, i * 0.5);
    EXPECT_EQ(p.finite, 1);
    EXPECT_EQ(p.mean(), static_cast<double>(i * i));
  }
}

TEST(Series, MergesManyAndLosesNoExtreme) {
  constexpr int kValues = 100000;
  Series series;
  for (int i = 0; i < kValues; ++i) series.Add(i, i == 77777 ? 500 : i == 12345 ? -300 : std::sin(i * 0.001));
  EXPECT_LE(series.points().size(), Series::kMaxPoints);
  EXPECT_GE(series.points().size(), Series::kMaxPoints / 2);
  double low = 0, high = 0, sum = 0, want = 0;
  int64_t values = 0;
  double position = -1;
  for (const Series::Point& p : series.points()) {
    EXPECT_EQ(p.first, position + 1) << "no value is left out";
    EXPECT_LE(p.low, p.mean());
    EXPECT_GE(p.high, p.mean());
    position = p.last;
    values += p.values;
    sum += p.sum;
    low = std::min(low, p.low);
    high = std::max(high, p.high);
  }
  for (int i = 0; i < kValues; ++i) want += i == 77777 ? 500 : i == 12345 ? -300 : std::sin(i * 0.001);
  EXPECT_EQ(values, kValues);
  EXPECT_NEAR(sum, want, 1e-6);
  EXPECT_EQ(low, -300);
  EXPECT_EQ(high, 500);
}

TEST(Series, ValuesThatAreNotFiniteAreGaps) {
  Series series;
  series.Add(0, 1);
  series.Add(1, std::numeric_limits<double>::quiet_NaN());
  series.Add(2, std::numeric_limits<double>::infinity());
  ASSERT_EQ(series.points().size(), 3u);
  EXPECT_FALSE(std::isfinite(series.points()[1].mean()));
  EXPECT_FALSE(std::isfinite(series.points()[2].mean()));
  // Merged with finite ones, they are only counted.
  for (size_t i = 3; i < 2 * Series::kMaxPoints; ++i) series.Add(i, i % 2 == 0 ? 2 : std::nan(""));
  for (const Series::Point& p : series.points()) {
    EXPECT_EQ(p.values, 2);
    if (p.first > 2) {
      EXPECT_EQ(p.finite, 1);
      EXPECT_EQ(p.mean(), 2);
    }
  }
}

TEST(Series, GoesBack) {
  Series series;
  for (int i = 0; i < 10; ++i) series.Add(i, i);
  series.DropAfter(4);
  ASSERT_EQ(series.points().size(), 5u);
  EXPECT_EQ(series.points().back().last, 4);
  series.Add(5, -1);
  EXPECT_EQ(series.points().back().mean(), -1);
  series.DropAfter(-1);
  EXPECT_TRUE(series.points().empty());
}

}  // namespace
}  // namespace sg::report
