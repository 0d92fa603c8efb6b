#include "tools/metric_run.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace sg::cli {
namespace {

TEST(MetricTimer, RateAndRestOfEachPart) {
  double now = 100;
  MetricTimer timer([&] { return now; });
  EXPECT_EQ(timer.Line("images", 0, 1000), "images 0/1000 | -- img/s | ETA --");
  now = 102;
  EXPECT_EQ(timer.Line("images", 100, 1000), "images 100/1000 | 50.0 img/s | ETA 18s");
  EXPECT_EQ(timer.Line("kid_efflite0", 0, 1), "kid_efflite0");
  now = 110;
  EXPECT_EQ(timer.Line("path lengths", 20, 100), "path lengths 20/100 | -- img/s | ETA --");
  now = 114;
  EXPECT_EQ(timer.Line("path lengths", 60, 100), "path lengths 60/100 | 10.0 img/s | ETA 4s");
}

TEST(DefaultCacheFolder, FollowsTheStandard) {
  setenv("HOME", "/someone", 1);
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(DefaultCacheFolder(), "/someone/.cache/stylegan2.cpp/metrics");
  setenv("XDG_CACHE_HOME", "/fast", 1);
  EXPECT_EQ(DefaultCacheFolder(), "/fast/stylegan2.cpp/metrics");
  setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(DefaultCacheFolder(), "/someone/.cache/stylegan2.cpp/metrics");
  unsetenv("HOME");
  EXPECT_EQ(DefaultCacheFolder(), "");
}

}  // namespace
}  // namespace sg::cli
