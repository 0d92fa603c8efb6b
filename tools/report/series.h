// A curve of any length in bounded memory: the mean, the least and the greatest value of every stretch.
//
//   Series series;
//   for (const Row& row : rows) series.Add(row.kimg, row.loss);
//   for (const Series::Point& p : series.points()) Draw(p.first, p.last, p.mean(), p.low, p.high);
#ifndef TOOLS_REPORT_SERIES_H_
#define TOOLS_REPORT_SERIES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sg::report {

class Series {
 public:
  // More values are merged, two neighboring points at a time, so at least half as many points remain.
  static constexpr size_t kMaxPoints = 1024;

  struct Point {
    double first = 0, last = 0;  // positions of the values in it
    int64_t values = 0;          // all of them
    int64_t finite = 0;          // of which these make the following
    double sum = 0, low = 0, high = 0;

    double mean() const { return sum / static_cast<double>(finite); }  // not finite without any
  };

  // A value that is not finite counts, and leaves a gap where no other is. Positions run upward; they may repeat.
  void Add(double position, double value);
  // Forgets what is at later positions, for a run that went back. A point that reaches beyond is forgotten as a whole.
  void DropAfter(double position);

  const std::vector<Point>& points() const { return points_; }

 private:
  std::vector<Point> points_;
  int64_t values_per_point_ = 1;
};

}  // namespace sg::report

#endif  // TOOLS_REPORT_SERIES_H_
