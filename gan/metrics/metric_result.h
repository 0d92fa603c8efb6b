// The result of a metric, and its form in files.
//
//   run.AppendLine("metric-kid_efflite0.jsonl", JsonLine(result, checkpoint, trainer.steps()));
#ifndef GAN_METRICS_METRIC_RESULT_H_
#define GAN_METRICS_METRIC_RESULT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gan/metrics/estimate.h"
#include "gan/metrics/metric.h"

namespace sg::gan {

struct MetricResult {
  Metric metric = Metric::kKernelDistance;
  std::vector<std::pair<std::string, Estimate>> values;  // by name
  int64_t fakes = 0, reals = 0;                          // images or, where the protocol says so, pairs
  std::string protocol;                                  // one sentence: everything that the numbers depend on
  std::string data_hash;                                 // of the reals, 16 hexadecimal digits; empty without reals
  double seconds = 0;                                    // without what metrics share, such as making images
};

// One line of JSON without a line break: "metric", "results" and "total_time", as in NVIDIA's files; "interval_95",
// "num_fakes", "num_reals", "protocol", "data_hash"; "network", the path of the checkpoint; "step" if there is one;
// "timestamp". A number that is not finite is null.
std::string JsonLine(const MetricResult& result, const std::string& network, std::optional<int64_t> step);

// For a person: "kid_efflite0 0.0123 (0.0119 to 0.0127)", a line for each value.
std::vector<std::string> TextLines(const MetricResult& result);

}  // namespace sg::gan

#endif  // GAN_METRICS_METRIC_RESULT_H_
