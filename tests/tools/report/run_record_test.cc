#include "tools/report/run_record.h"

#include <cmath>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::report {
namespace {

using ::testing::HasSubstr;

std::string Tick(int tick, const std::string& loss) {
  return absl::StrFormat(
      R"({"Loss/D/loss":%s,"step":%d,"Progress/tick":%d,"Progress/kimg":%d.0,"Timing/img_per_sec":%d.5,"timestamp":%d})"
      "\n",
      loss, 25 * tick, tick, tick, 100 + tick, 1000 + tick);
}
std::string Mean(double mean) { return absl::StrCat(R"({"num":25,"mean":)", mean, R"(,"std":0.5})"); }

class RunReaderTest : public ::testing::Test {
 protected:
  void Append(const std::string& name, const std::string& text) {
    std::ofstream(folder_.File(name), std::ios::binary | std::ios::app) << text;
  }
  const RunRecord& Read() {
    const absl::Status status = reader_.Update();
    EXPECT_TRUE(status.ok()) << status;
    return reader_.record();
  }
  const std::vector<Series::Point>& Losses() { return reader_.record().scalars.at("Loss/D/loss").points(); }

  nn::ScratchDir folder_;
  RunReader reader_{folder_.path()};
};

TEST_F(RunReaderTest, AFolderWithoutStatisticsIsNoError) {
  EXPECT_EQ(Read().ticks, 0);
  EXPECT_TRUE(Read().scalars.empty());
  RunReader nowhere(folder_.File("nowhere"));
  EXPECT_THAT(nowhere.Update().message(), HasSubstr("nowhere"));
}

TEST_F(RunReaderTest, ReadsTicksAndWhatIsAppended) {
  Append("stats.jsonl", Tick(1, Mean(0.5)) + Tick(2, Mean(0.25)));
  EXPECT_EQ(Read().ticks, 2);
  EXPECT_EQ(reader_.record().kimg, 2);
  EXPECT_EQ(reader_.record().step, 50);
  EXPECT_EQ(reader_.record().first_time, 1001);
  EXPECT_EQ(reader_.record().last_time, 1002);
  EXPECT_EQ(reader_.record().last.at("Timing/img_per_sec"), 102.5);
  ASSERT_EQ(Losses().size(), 2u);
  EXPECT_EQ(Losses()[1].first, 2);
  EXPECT_EQ(Losses()[1].mean(), 0.25);
  EXPECT_EQ(reader_.record().scalars.count("step"), 0u) << "what counts steps is no curve";
  // A line that is being written is read when it is complete.
  const std::string third = Tick(3, Mean(0.125));
  Append("stats.jsonl", third.substr(0, 20));
  EXPECT_EQ(Read().ticks, 2);
  Append("stats.jsonl", third.substr(20));
  EXPECT_EQ(Read().ticks, 3);
  EXPECT_EQ(Losses().size(), 3u);
  EXPECT_EQ(reader_.record().unreadable, 0);
}

TEST_F(RunReaderTest, ValuesThatWereNotFiniteAreGaps) {
  Append("stats.jsonl", Tick(1, Mean(0.5)) + Tick(2, R"({"num":0,"mean":0.0,"std":0.0})") + Tick(3, "null"));
  Read();
  ASSERT_EQ(Losses().size(), 3u);
  EXPECT_FALSE(std::isfinite(Losses()[1].mean()));
  EXPECT_FALSE(std::isfinite(Losses()[2].mean()));
  EXPECT_EQ(reader_.record().last.at("Loss/D/loss"), 0.5) << "the last finite one";
}

TEST_F(RunReaderTest, LinesThatAreNoStatisticsAreCounted) {
  Append("stats.jsonl", "{\"torn\": \n[1,2]\nnull\n{}\n\xff\xfe\n");
  Append("stats.jsonl", R"({"step":-1,"Progress/kimg":1})"
                        "\n"
                        R"({"step":"1","Progress/kimg":{}})"
                        "\n");
  Append("stats.jsonl", R"({"step":1,"Progress/kimg":1e999})"
                        "\n");
  Append("stats.jsonl", std::string(100000, '[') + "\n");  // too long, and far too deep
  Append("stats.jsonl", std::string(60000, '[') + "\n");
  Append("stats.jsonl", "\n" + Tick(4, R"({"num":"many","mean":[1]})") + Tick(5, Mean(1)));
  EXPECT_EQ(Read().unreadable, 10);
  EXPECT_EQ(reader_.record().ticks, 2);
  EXPECT_EQ(reader_.record().last.at("Loss/D/loss"), 1);
}

TEST_F(RunReaderTest, ARunThatWentBackForgetsWhatCameLater) {
  for (int tick = 1; tick <= 6; ++tick) Append("stats.jsonl", Tick(tick, Mean(tick)));
  Append("stats.jsonl", Tick(4, Mean(40)) + Tick(5, Mean(50)));
  Read();
  ASSERT_EQ(Losses().size(), 6u) << "four, whose last is at the time of the new one, and two";
  EXPECT_EQ(Losses()[5].mean(), 50);
  EXPECT_EQ(reader_.record().kimg, 5);
  // A trimmed file is read again from its beginning.
  folder_.Write("stats.jsonl", Tick(1, Mean(7)));
  EXPECT_EQ(Read().ticks, 1);
  ASSERT_EQ(Losses().size(), 1u);
  EXPECT_EQ(Losses()[0].mean(), 7);
}

TEST_F(RunReaderTest, MetricsHaveIntervalsAndTheImagesOfTheirSteps) {
  Append("stats.jsonl", Tick(1, Mean(1)) + Tick(2, Mean(1)));
  Append("metric-kid_efflite0.jsonl",
         R"({"metric":"kid_efflite0","results":{"kid_efflite0":0.5},"interval_95":{"kid_efflite0":[0.4,0.6]},)"
         R"("protocol":"cubic","step":25})"
         "\n"
         R"({"metric":"kid_efflite0","results":{"kid_efflite0":0.3},"step":50})"
         "\n"
         R"({"metric":"kid_efflite0","results":{"kid_efflite0":null},"step":50})"
         "\n"
         R"({"metric":"kid_efflite0","results":[1],"step":50})"
         "\n");
  EXPECT_EQ(Read().unreadable, 1);
  const MetricCurve& curve = reader_.record().metrics.at("kid_efflite0");
  EXPECT_EQ(curve.protocol, "cubic");
  ASSERT_EQ(curve.points.size(), 2u);
  EXPECT_EQ(curve.points[0].kimg, 1);
  EXPECT_EQ(curve.points[0].low, 0.4);
  EXPECT_EQ(curve.points[0].high, 0.6);
  EXPECT_EQ(curve.points[1].kimg, 2);
  EXPECT_EQ(curve.points[1].value, 0.3);
  EXPECT_TRUE(std::isnan(curve.points[1].low));
}

TEST_F(RunReaderTest, ManyLinesAndManyNamesStayInBounds) {
  std::string lines;
  for (int tick = 1; tick <= 20000; ++tick) lines += Tick(tick, Mean(tick % 100));
  for (int tick = 1; tick <= 5000; ++tick) {
    lines += absl::StrFormat(R"({"name%d":1,"%s":2,"step":600000,"Progress/kimg":20001})", tick, std::string(200, 'n'));
    lines += "\n";
    Append("metric-x.jsonl",
           absl::StrFormat(R"({"results":{"x":%d,"x%d":1},"step":%d})", tick, tick, tick) + std::string("\n"));
  }
  Append("stats.jsonl", lines);
  EXPECT_EQ(Read().ticks, 20000);
  EXPECT_EQ(reader_.record().scalars.size(), RunReader::kMaxNames);
  EXPECT_EQ(reader_.record().metrics.size(), RunReader::kMaxNames);
  EXPECT_TRUE(reader_.record().names_left_out);
  EXPECT_LE(Losses().size(), Series::kMaxPoints);
  const std::vector<MetricPoint>& points = reader_.record().metrics.at("x").points;
  EXPECT_LE(points.size(), RunReader::kMaxMetricPoints);
  EXPECT_EQ(points.back().value, 5000);
}

}  // namespace
}  // namespace sg::report
