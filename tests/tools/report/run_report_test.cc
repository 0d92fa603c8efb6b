#include "tools/report/run_report.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gan/config/json.h"
#include "gan/config/presets.h"
#include "gan/image/encode_png.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"
#include "tools/nearest_sheet.h"

namespace sg::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::ordered_json;

gan::Image Noise(int side, int seed) {
  std::mt19937 random(seed);
  gan::Image image{side, side, 3, {}};
  for (int i = 0; i < side * side * 3; ++i) image.pixels.push_back(static_cast<uint8_t>(random()));
  return image;
}

class RunReportTest : public ::testing::Test {
 protected:
  RunReportTest() {
    std::filesystem::create_directory(run_);
    gan::TrainConfig config = *gan::PresetConfig("quick");
    config.kimg = 10;
    Write("training_options.json", gan::ToJson(config));
    WriteSheet("fakes_init.png", 1);
  }

  void Write(const std::string& name, const std::string& bytes) { folder_.Write("00007-run/" + name, bytes); }
  void WriteSheet(const std::string& name, int seed, int side = 8) {
    Write(name, gan::EncodePng(Noise(side, seed)).value());
  }
  void AddTick(int tick, double loss = 1) {
    std::ofstream(run_ + "/stats.jsonl", std::ios::app)
        << absl::StrFormat(R"({"Loss/D/loss":{"num":9,"mean":%g,"std":0},"step":%d,"Progress/tick":%d,)"
                           R"("Progress/kimg":%d,"timestamp":5})",
                           loss, tick * 10, tick, tick)
        << "\n";
  }
  // What the page has as data.
  Json Data(RunState state = RunState::kTraining) {
    const absl::Status status = report_.Write(run_ + "/report.html", state);
    EXPECT_TRUE(status.ok()) << status;
    const std::string page = folder_.Read("00007-run/report.html");
    bytes_ = page.size();
    const std::string before = "<script type=\"application/json\" id=\"data\">";
    const size_t begin = page.find(before) + before.size();
    return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  }
  static std::vector<std::string> NamesOf(const Json& sheets) {
    std::vector<std::string> names;
    for (const Json& sheet : sheets) names.push_back(sheet["name"]);
    return names;
  }

  nn::ScratchDir folder_;
  const std::string run_ = folder_.File("00007-run");
  RunReport report_{run_};
  size_t bytes_ = 0;
};

TEST_F(RunReportTest, ShowsTheFilesOfARun) {
  WriteSheet("reals.png", 2);
  WriteSheet("fakes000001.png", 3);
  AddTick(1, 0.5);
  std::ofstream(run_ + "/log.txt") << "tick 1\nwarning: too few images\n";
  Json data = Data();
  EXPECT_EQ(data["name"], "00007-run");
  EXPECT_EQ(data["state"], "training");
  EXPECT_EQ(data["kimg"], 1);
  EXPECT_EQ(data["total_kimg"], 10);
  EXPECT_EQ(data["scalars"][0]["name"], "Loss/D/loss");
  EXPECT_EQ(data["scalars"][0]["points"].dump(), "[[1.0,0.5]]");
  EXPECT_THAT(NamesOf(data["sheets"]), ElementsAre("fakes_init.png", "fakes000001.png"));
  EXPECT_EQ(data["sheets"][1]["kimg"], 1);
  EXPECT_THAT(data["reals"]["uri"].get<std::string>(), HasSubstr("data:image/webp;base64,"));
  EXPECT_TRUE(data["nearest"].is_null());
  EXPECT_EQ(data["options"]["kimg"], 10);
  EXPECT_EQ(data["preset"]["kimg"], 80);
  EXPECT_EQ(data["warnings"].dump(), R"(["too few images"])");
  EXPECT_THAT(data["notes"], IsEmpty());
  // At the next snapshot.
  AddTick(2, 0.25);
  WriteSheet("fakes000002.png", 4);
  data = Data(RunState::kStopped);
  EXPECT_EQ(data["state"], "stopped");
  EXPECT_EQ(data["scalars"][0]["points"].dump(), "[[1.0,0.5],[2.0,0.25]]");
  EXPECT_EQ(data["sheets"].size(), 3u);
}

TEST_F(RunReportTest, LeavesOutWhatIsLaterThanTheStatistics) {
  const auto nearest = [&](double kimg) {
    cli::NearestSheet sheet;
    sheet.kimg = kimg;
    sheet.tile_width = sheet.tile_height = 4;
    sheet.pictures = sheet.images = sheet.of = 1;
    sheet.pairs = {{3, 0.5, "a.png"}};
    Write(cli::kNearestSheetName, gan::EncodePng(Noise(8, 1), {cli::NearestText(sheet)}).value());
  };
  for (int tick = 1; tick <= 4; ++tick) AddTick(tick);
  for (int kimg : {2, 4, 6}) WriteSheet(absl::StrFormat("fakes%06d.png", kimg), kimg);
  nearest(4);
  Json data = Data();
  EXPECT_THAT(NamesOf(data["sheets"]), ElementsAre("fakes_init.png", "fakes000002.png", "fakes000004.png"));
  EXPECT_EQ(data["nearest"]["pairs"][0]["name"], "a.png");
  nearest(6);
  EXPECT_TRUE(Data()["nearest"].is_null());
}

TEST_F(RunReportTest, AnOldRunIsFinishedIfItHasAllItsImages) {
  AddTick(9);
  EXPECT_EQ(Data(RunState::kUnknown)["state"], "");
  AddTick(10);
  EXPECT_EQ(Data(RunState::kUnknown)["state"], "finished");
}

TEST_F(RunReportTest, HostileFilesAreNotesOrText) {
  Write("fakes000001.png", "no picture");
  Write("reals.png", "");
  Write("training_options.json", std::string(1000, '['));
  Write(cli::kNearestSheetName, gan::EncodePng(Noise(8, 1), {{"nearest", "{\"pairs\":[{}]}"}}).value());
  Write("stats.jsonl",
        R"({"</script><script>alert(1)</script>":1,"step":10,"Progress/kimg":1,"Progress/tick":1,"timestamp":1})"
        "\ntorn\n");
  std::ofstream(run_ + "/log.txt") << "warning: <img src=x onerror=alert(1)>\xff\n";
  const Json data = Data();
  EXPECT_EQ(data["scalars"][0]["name"], "</script><script>alert(1)</script>");
  EXPECT_EQ(data["sheets"].size(), 1u);
  EXPECT_FALSE(data.contains("reals"));
  EXPECT_FALSE(data.contains("options"));
  std::string notes = data["notes"].dump();
  for (const char* part : {"fakes000001.png", "training_options.json", "fakes_nearest.png", "1 lines"}) {
    EXPECT_THAT(notes, HasSubstr(part));
  }
  EXPECT_THAT(folder_.Read("00007-run/report.html"), Not(HasSubstr("<img src=x")));
}

TEST_F(RunReportTest, ManySnapshotsAreThinnedOut) {
  AddTick(500);
  for (int kimg = 1; kimg <= 200; ++kimg) WriteSheet(absl::StrFormat("fakes%06d.png", kimg), kimg);
  const Json data = Data();
  EXPECT_GE(data["sheets"].size(), RunReport::kMaxSheets / 2);
  EXPECT_LE(data["sheets"].size(), RunReport::kMaxSheets + 1);
  EXPECT_EQ(data["sheets"].front()["name"], "fakes_init.png");
  EXPECT_EQ(data["sheets"].back()["name"], "fakes000200.png");
  EXPECT_THAT(data["notes"].dump(), HasSubstr("Of the 201 snapshots every 4th and the last are shown."));
}

// Noise is what compresses worst.
TEST_F(RunReportTest, TheBytesOfPicturesAreBounded) {
  AddTick(500);
  for (int kimg = 1; kimg <= 24; ++kimg) WriteSheet(absl::StrFormat("fakes%06d.png", kimg), kimg, RunReport::kMaxSide);
  const Json data = Data();
  EXPECT_LT(bytes_, RunReport::kMaxSheetBytes + (size_t{1} << 20));
  EXPECT_GT(data["sheets"].size(), 2u);
  EXPECT_LT(data["sheets"].size(), 20u);
  EXPECT_EQ(data["sheets"].back()["name"], "fakes000024.png");
}

TEST_F(RunReportTest, ALongRunStaysSmall) {
  std::string lines;
  for (int tick = 1; tick <= 100000; ++tick) {
    lines +=
        absl::StrFormat(R"({"Loss/D/loss":{"num":9,"mean":%.15g,"std":0},"Loss/G/loss":{"num":9,"mean":%.15g,"std":0},)"
                        R"("step":%d,"Progress/tick":%d,"Progress/kimg":%d,"timestamp":5})",
                        1.0 / tick, tick / 3.0, tick * 10, tick, tick);
    lines += "\n";
  }
  Write("stats.jsonl", lines);
  const Json data = Data();
  EXPECT_EQ(data["ticks"], 100000);
  EXPECT_LT(bytes_, size_t{400} << 10);
  const Json& losses = data["scalars"][0]["points"];
  EXPECT_LE(losses.size(), Series::kMaxPoints);
  EXPECT_EQ(losses[0][3], 1) << "the greatest value of all";
}

TEST_F(RunReportTest, SaysWhatCannotBeWritten) {
  std::filesystem::create_directory(run_ + "/report.html");
  EXPECT_THAT(report_.Write(run_ + "/report.html", RunState::kTraining).message(), HasSubstr("report.html"));
  RunReport nowhere(folder_.File("nowhere"));
  EXPECT_THAT(nowhere.Write(run_ + "/x.html", RunState::kTraining).message(), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace sg::report
