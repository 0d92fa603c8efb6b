#include "gan/metrics/metric_result.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

MetricResult Example() {
  MetricResult result;
  result.metric = Metric::kPrecisionRecall;
  result.values = {{"pr_efflite0_precision", {0.5, 0.25, 0.75}}, {"pr_efflite0_recall", {1, 1, 1}}};
  result.fakes = 100;
  result.reals = 80;
  result.protocol = "three \"neighbors\"";
  result.data_hash = "0123456789abcdef";
  result.seconds = 1.5;
  return result;
}

TEST(JsonLine, HasEverything) {
  const std::string line = JsonLine(Example(), "a.safetensors", 12);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(line);
  EXPECT_EQ(json["metric"], "pr_efflite0");
  EXPECT_EQ(json["results"]["pr_efflite0_precision"], 0.5);
  EXPECT_EQ(json["results"]["pr_efflite0_recall"], 1);
  EXPECT_EQ(json["interval_95"]["pr_efflite0_precision"], (nlohmann::json{0.25, 0.75}));
  EXPECT_EQ(json["total_time"], 1.5);
  EXPECT_EQ(json["num_fakes"], 100);
  EXPECT_EQ(json["num_reals"], 80);
  EXPECT_EQ(json["protocol"], "three \"neighbors\"");
  EXPECT_EQ(json["data_hash"], "0123456789abcdef");
  EXPECT_EQ(json["network"], "a.safetensors");
  EXPECT_EQ(json["step"], 12);
  EXPECT_FALSE(nlohmann::json::parse(JsonLine(Example(), "", std::nullopt)).contains("step"));
  EXPECT_GT(json["timestamp"], 1.6e9);
}

TEST(JsonLine, OfNumbersThatAreNotFiniteIsJson) {
  MetricResult result = Example();
  result.values[0].second.value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(nlohmann::json::parse(JsonLine(result, "", std::nullopt))["results"]["pr_efflite0_precision"].is_null());
}

TEST(TextLines, OneForEachValue) {
  EXPECT_THAT(TextLines(Example()),
              ElementsAre("pr_efflite0_precision 0.5 (0.25 to 0.75)", "pr_efflite0_recall 1 (1 to 1)"));
}

}  // namespace
}  // namespace sg::gan
