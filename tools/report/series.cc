#include "tools/report/series.h"

#include <algorithm>
#include <cmath>

namespace sg::report {
namespace {

Series::Point Merged(const Series::Point& a, const Series::Point& b) {
  Series::Point merged = a.finite > 0 ? a : b;
  if (a.finite > 0 && b.finite > 0) {
    merged.low = std::min(a.low, b.low);
    merged.high = std::max(a.high, b.high);
    merged.sum = a.sum + b.sum;
  }
  merged.first = a.first;
  merged.last = b.last;
  merged.values = a.values + b.values;
  merged.finite = a.finite + b.finite;
  return merged;
}

}  // namespace

void Series::Add(double position, double value) {
  Point point;
  point.first = point.last = position;
  point.values = 1;
  if (std::isfinite(value)) {
    point.finite = 1;
    point.sum = point.low = point.high = value;
  }
  if (!points_.empty() && points_.back().values < values_per_point_) {
    points_.back() = Merged(points_.back(), point);
    return;
  }
  if (points_.size() == kMaxPoints) {
    for (size_t i = 0; i < kMaxPoints / 2; ++i) points_[i] = Merged(points_[2 * i], points_[2 * i + 1]);
    points_.resize(kMaxPoints / 2);
    values_per_point_ *= 2;
  }
  points_.push_back(point);
}

void Series::DropAfter(double position) {
  while (!points_.empty() && points_.back().last > position) points_.pop_back();
}

}  // namespace sg::report
