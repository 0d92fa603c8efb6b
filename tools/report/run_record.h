// What the files of a run's folder say about its course: stats.jsonl and metric-*.jsonl.
//
//   RunReader reader("training-runs/00000-quick-emoji-batch8-gamma0.3");
//   absl::Status status = reader.Update();   // and again later: it reads what was appended
//   const Series& losses = reader.record().scalars.at("Loss/D/loss");
//
// The files are not trusted: lines that are no statistics are counted and left out, and memory is bounded, however long
// the files are.
#ifndef TOOLS_REPORT_RUN_RECORD_H_
#define TOOLS_REPORT_RUN_RECORD_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/report/series.h"

namespace sg::report {

struct MetricPoint {
  double kimg = 0;
  double value = 0, low = 0, high = 0;  // the 95 % interval; NaN where the file has none
};

struct MetricCurve {
  std::vector<MetricPoint> points;
  std::string protocol;  // of the last one
};

struct RunRecord {
  std::map<std::string, Series> scalars;       // over kimg, by the name in stats.jsonl: "Loss/D/loss"
  std::map<std::string, MetricCurve> metrics;  // by the name of the value: "kid_efflite0"
  std::map<std::string, double> last;          // the last finite value of each scalar
  int64_t ticks = 0;                           // lines of stats.jsonl that are those of a tick
  double kimg = 0;                             // of the last line
  double step = 0;
  double first_time = 0, last_time = 0;  // seconds since 1970; 0 without lines
  int64_t unreadable = 0;                // lines left out
  bool names_left_out = false;           // there were more than kMaxNames
};

class RunReader {
 public:
  static constexpr int64_t kMaxLine = int64_t{64} << 10;  // bytes
  static constexpr size_t kMaxNames = 100;                // scalars, and values of metrics
  static constexpr size_t kMaxName = 100;                 // bytes
  static constexpr size_t kMaxMetricPoints = 500;         // more are thinned out
  static constexpr int64_t kMaxBytes = int64_t{1} << 30;  // of a file, as for a run that is resumed

  explicit RunReader(std::string folder) : folder_(std::move(folder)) {}

  // Reads what was appended since the last call. If a file has become shorter, everything is read again. No statistics
  // yet is no error. Errors, one sentence with the path: a folder or a file that cannot be read.
  absl::Status Update();

  const RunRecord& record() const { return record_; }

 private:
  absl::Status ReadFrom(const std::string& name);
  void AddLine(const std::string& name, absl::string_view line);
  void AddStats(absl::string_view line);
  void AddMetric(absl::string_view line);
  Series* SeriesOf(const std::string& name);
  void GoBackTo(double kimg);

  std::string folder_;
  std::map<std::string, int64_t> read_;  // bytes, by the file's name
  RunRecord record_;
};

}  // namespace sg::report

#endif  // TOOLS_REPORT_RUN_RECORD_H_
