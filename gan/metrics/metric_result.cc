#include "gan/metrics/metric_result.h"

#include <ctime>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace sg::gan {

std::string JsonLine(const MetricResult& result, const std::string& network, std::optional<int64_t> step) {
  nlohmann::ordered_json line;
  line["metric"] = EnumName(result.metric);
  for (const auto& [name, estimate] : result.values) line["results"][name] = estimate.value;
  line["total_time"] = result.seconds;
  for (const auto& [name, estimate] : result.values) line["interval_95"][name] = {estimate.low, estimate.high};
  line["num_fakes"] = result.fakes;
  line["num_reals"] = result.reals;
  line["protocol"] = result.protocol;
  line["data_hash"] = result.data_hash;
  line["network"] = network;
  if (step) line["step"] = *step;
  line["timestamp"] = std::time(nullptr);
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<std::string> TextLines(const MetricResult& result) {
  std::vector<std::string> lines;
  for (const auto& [name, e] : result.values) {
    lines.push_back(absl::StrFormat("%s %.5g (%.5g to %.5g)", name, e.value, e.low, e.high));
  }
  return lines;
}

}  // namespace sg::gan
