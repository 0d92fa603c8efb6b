// train: a run from the command line to its files, and the output of --help and --dry-run.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>

#include "engine/io/safetensors_reader.h"
#include "gan/config/config.h"
#include "gan/config/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"

namespace sg::integration {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using TrainTest = SmallTraining;

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

TEST_F(TrainTest, WritesWhatIsPromised) {
  options_["keep"] = 2;
  WriteOptions();
  const Outcome outcome = RunTool("train", StartArguments(3), folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(NamesIn(File("runs")), ElementsAre("00000-quick-images-batch40-gamma1"));
  const std::string run = RunFolder();
  EXPECT_THAT(NamesIn(run), ElementsAre("fakes000001.png", "fakes000002.png", "fakes000003.png", "fakes_init.png",
                                        "fakes_nearest.png", "log.txt", "metric-nearest.jsonl",
                                        "network-snapshot-000002.safetensors", "network-snapshot-000003.safetensors",
                                        "reals.png", "report.html", "stats.jsonl", "training_options.json"));

  nlohmann::ordered_json written = nlohmann::ordered_json::parse(ReadFile(run + "/training_options.json"));
  EXPECT_EQ(written["kimg"], 3);
  written["kimg"] = options_["kimg"];
  const std::filesystem::path data = written["data"].get<std::string>();
  EXPECT_TRUE(data.is_absolute() && std::filesystem::equivalent(data, File("images"))) << data;
  written["data"] = options_["data"];
  EXPECT_EQ(written, options_) << "the options that were given";

  const std::string log = ReadFile(run + "/log.txt");
  EXPECT_THAT(log, HasSubstr("11 images at 8x8, batch 40, 3 kimg"));
  EXPECT_THAT(log, HasSubstr("tick 3 | kimg 3.00/3"));
  EXPECT_THAT(log, HasSubstr("\nfinished. Make images: bazel run //tools:generate -- --network="));
  EXPECT_THAT(log, HasSubstr("\nTrain longer: bazel run //tools:train -- --resume="));
  EXPECT_THAT(log, Not(HasSubstr("\x1b"))) << "no colors in a file";
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(outcome.out + outcome.err, HasSubstr(line)) << "the log is what was printed";
  }
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("\x1b"))) << "no colors where there is no terminal";

  std::vector<int> steps;
  std::istringstream stats(ReadFile(run + "/stats.jsonl"));
  for (std::string line; std::getline(stats, line);) {
    const nlohmann::json entry = nlohmann::json::parse(line);
    steps.push_back(entry["step"]);
    EXPECT_EQ(entry["Loss/D/loss"]["num"], 25);
    EXPECT_GT(entry["Timing/img_per_sec"], 0);
  }
  EXPECT_THAT(steps, ElementsAre(25, 50, 75));

  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(Checkpoint(run, 3));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->Verify().ok());
  EXPECT_EQ(file->metadata().at("steps"), "75");
}

// The data in a run's page.
nlohmann::json DataOfReport(const std::string& run) {
  const std::string page = ReadFile(run + "/report.html"), before = "id=\"data\">";
  const size_t begin = page.find(before) + before.size();
  return nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

TEST_F(TrainTest, TheReportFollowsTheRun) {
  ASSERT_EQ(RunTool("train", StartArguments(2), folder_.path()).exit_code, 0);
  nlohmann::json data = DataOfReport(RunFolder());
  EXPECT_EQ(data["state"], "finished");
  EXPECT_EQ(data["ticks"], 2);
  EXPECT_EQ(data["sheets"].size(), 3u);
  EXPECT_EQ(data["nearest"]["kimg"], 2);
  EXPECT_EQ(data["nearest"]["images"], 11);
  std::map<std::string, size_t> points;
  for (const auto& scalar : data["scalars"]) points[scalar["name"]] = scalar["points"].size();
  for (const char* name : {"Loss/D/loss", "Loss/G/loss", "Loss/scores/real", "Loss/scores/fake", "Timing/img_per_sec",
                           "Resources/peak_bytes"}) {
    EXPECT_EQ(points[name], 2u) << name;
  }
  ASSERT_EQ(data["metrics"].size(), 3u);
  EXPECT_EQ(data["metrics"][1]["name"], "nearest_median");
  EXPECT_EQ(data["metrics"][1]["points"].size(), 2u);
  EXPECT_THAT(ReadFile(RunFolder() + "/log.txt"), HasSubstr("nearest of 11 training images, by pixels at 16x16: at "));
  // A run that goes back and on has the page of its new course.
  const std::vector<std::string> again = {"--resume=" + Checkpoint(RunFolder(), 1), "--kimg=3"};
  ASSERT_EQ(RunTool("train", again, folder_.path()).exit_code, 0);
  data = DataOfReport(RunFolder());
  EXPECT_EQ(data["ticks"], 3);
  EXPECT_EQ(data["sheets"].size(), 4u);
  EXPECT_EQ(data["metrics"][1]["points"].size(), 3u);
  EXPECT_EQ(data["total_kimg"], 3);
}

TEST_F(TrainTest, TheSameCommandGivesTheSameNetworkInItsOwnFolder) {
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = RunTool("train", StartArguments(1), folder_.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome;
  }
  EXPECT_THAT(NamesIn(File("runs")),
              ElementsAre("00000-quick-images-batch40-gamma1", "00001-quick-images-batch40-gamma1"));
  EXPECT_TRUE(ReadFile(Checkpoint(RunFolder(), 1)) ==
              ReadFile(Checkpoint(File("runs/00001-quick-images-batch40-gamma1"), 1)));
}

TEST_F(TrainTest, FlagsChangeTheOptions) {
  const Outcome outcome = RunTool("train",
                                  {"--options=options.json", "--outdir=runs", "--kimg=0", "--gamma=2.5", "--seed=7",
                                   "--desc=a/b lr0.002", "--mirror", "--lr=0.001"},
                                  folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  ASSERT_THAT(NamesIn(File("runs")), ElementsAre("00000-quick-images-batch40-gamma2.5-a-b-lr0.002"));
  const auto written = nlohmann::json::parse(
      ReadFile(File("runs/00000-quick-images-batch40-gamma2.5-a-b-lr0.002/training_options.json")));
  EXPECT_EQ(written["loss"]["r1_gamma"], 2.5);
  EXPECT_EQ(written["seed"], 7);
  EXPECT_EQ(written["mirror"], true);
  EXPECT_EQ(written["optimizer"]["lr"], 0.001);
  EXPECT_EQ(written["model"]["latent_dim"], 8) << "from the file";
}

TEST_F(TrainTest, ARunThatDivergesSaysSoAndSavesItsState) {
  options_["model"]["activation_gain"] = 1000;  // gradients overflow from the first step on
  WriteOptions();
  const Outcome outcome = RunTool("train", StartArguments(100), folder_.path());
  EXPECT_EQ(outcome.exit_code, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("diverged: "));
  EXPECT_THAT(outcome.err, HasSubstr("there is no earlier checkpoint"));
  EXPECT_FALSE(Exists(Checkpoint(RunFolder(), 1)));
  const absl::StatusOr<io::SafetensorsReader> file =
      io::SafetensorsReader::Open(RunFolder() + "/network-snapshot-000001.diverged.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->Verify().ok());
  const absl::StatusOr<std::vector<float>> weights = file->ReadAsFloat("discriminator.from_rgb.0.weight.weight");
  ASSERT_TRUE(weights.ok()) << weights.status();
  for (float v : *weights) EXPECT_TRUE(std::isfinite(v));
}

TEST_F(TrainTest, ARunThatDivergesKeepsItsLastGoodCheckpoint) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  const std::string good = Checkpoint(RunFolder(), 1), state = ReadFile(good);
  for (int i = 0; i < 4; ++i) {
    const Outcome outcome =
        RunTool("train",
                {"--resume=latest", "--outdir=runs", "--kimg=100", "--keep=1", "--lr=10", "--map-lr=10", "--gamma=1e6",
                 "--r1-interval=1", "--pl-weight=1e6", "--pl-interval=1"},
                folder_.path());
    EXPECT_EQ(outcome.exit_code, 3) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("The last good checkpoint is " +
                                       Checkpoint("runs/00000-quick-images-batch40-gamma1", 1) + ". Resume from it: "));
    EXPECT_TRUE(ReadFile(good) == state);
  }
  const Outcome resumed =
      RunTool("train", {"--resume=latest", "--outdir=runs", "--kimg=2", "--lr=0.002"}, folder_.path());
  EXPECT_EQ(resumed.exit_code, 0) << resumed;
}

TEST_F(TrainTest, ARunThatDivergesGoesBackWithLowerRates) {
  options_["model"]["activation_gain"] = 1000;  // gradients overflow from the first step on
  options_["optimizer"]["lr"] = 0.004;
  WriteOptions();
  std::vector<std::string> arguments = StartArguments(100);
  arguments.insert(arguments.end(), {"--on-divergence=rollback", "--max-rollbacks=2"});
  const Outcome outcome = RunTool("train", arguments, folder_.path());
  EXPECT_EQ(outcome.exit_code, 3) << outcome;
  const std::string log = ReadFile(RunFolder() + "/log.txt");
  EXPECT_THAT(log, HasSubstr("/network-snapshot-000000.safetensors), with the learning rate 0.002; rollback 1 of 2\n"));
  EXPECT_THAT(log, HasSubstr("with the learning rate 0.001; rollback 2 of 2\n"));
  EXPECT_THAT(log, HasSubstr("after 2 rollbacks; --max-rollbacks=2 allows no more\n"));
  EXPECT_THAT(outcome.err, HasSubstr("The last good checkpoint is "));
  const std::string stats = ReadFile(RunFolder() + "/stats.jsonl");
  EXPECT_THAT(stats, AllOf(HasSubstr("\"Progress/rollbacks\":2"), HasSubstr("\"Progress/lr\":0.001")));

  // A run that is resumed has used its two, and knows its rate.
  const Outcome resumed = RunTool("train", {"--resume=latest", "--outdir=runs", "--max-rollbacks=3"}, folder_.path());
  EXPECT_EQ(resumed.exit_code, 3) << resumed;
  EXPECT_THAT(ReadFile(RunFolder() + "/log.txt").substr(log.size()),
              HasSubstr("with the learning rate 0.0005; rollback 3 of 3\n"));
}

TEST_F(TrainTest, TheLossOfR3GanTrains) {
  std::vector<std::string> arguments = StartArguments(1);
  for (const char* flag : {"--loss=relativistic", "--schedule-kimg=1", "--final-lr-factor=0.25",
                           "--final-gamma-factor=0.1", "--aug=fixed", "--p=0", "--final-p=0.3", "--grad-accum=2"}) {
    arguments.emplace_back(flag);
  }
  const Outcome outcome = RunTool("train", arguments, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  const nlohmann::json options = nlohmann::json::parse(ReadFile(RunFolder() + "/training_options.json"));
  EXPECT_EQ(options["loss"]["r2_gamma"], options["loss"]["r1_gamma"]);
  EXPECT_EQ(options["loss"]["r1_interval"], 1);
  EXPECT_EQ(options["loss"]["pl_weight"], 0);
  const std::string stats = ReadFile(RunFolder() + "/stats.jsonl");
  EXPECT_THAT(stats, HasSubstr("\"Loss/r2_penalty\""));
  EXPECT_THAT(stats, HasSubstr("\"Progress/lr\""));
}

TEST_F(TrainTest, AProfileOfTheFirstStepsChangesNothing) {
  std::vector<std::string> arguments = StartArguments(1, "profiled");
  arguments.push_back("--profile=trace.json");
  const Outcome profiled = RunTool("train", arguments, folder_.path());
  ASSERT_EQ(profiled.exit_code, 0) << profiled;
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  EXPECT_TRUE(ReadFile(Checkpoint(RunFolder("profiled"), 1)) == ReadFile(Checkpoint(RunFolder(), 1)));
  EXPECT_THAT(ReadFile(RunFolder("profiled") + "/log.txt"), HasSubstr("\nwrote trace.json\n"));

  const nlohmann::json trace = nlohmann::json::parse(ReadFile(File("trace.json")));
  std::map<std::string, int> count;
  for (const nlohmann::json& event : trace) ++count[event["name"]];
  EXPECT_EQ(count["Step"], 20) << "of 25";
  EXPECT_EQ(count["NextBatch"], 20);
  EXPECT_EQ(count["StepDiscriminator"], 20);
  EXPECT_EQ(count["StepGenerator"], 20);
  EXPECT_EQ(count["R1Penalty"], 20 / options_["loss"]["r1_interval"].get<int>());
  EXPECT_EQ(count["PathLengthPenalty"], 1) << "in step 13: see the options of SmallTraining";
  EXPECT_EQ(count["DrawFakes"], 1) << "fakes_init.png";
  EXPECT_EQ(count["AdamStep"], 3 * 20);
  EXPECT_GT(count["Conv2d"], 20);
  EXPECT_GT(count["Conv2dWeightGrad"], 20);
  EXPECT_GT(count["live memory"], 20);
}

TEST_F(TrainTest, TheOfficialPresetTrainsAndGoesOn) {
  const Outcome outcome =
      RunTool("train",
              {"--preset=official", "--data=images", "--outdir=runs", "--res=8", "--channel-base=64", "--latent-dim=8",
               "--mapping-layers=2", "--batch=8", "--kimg=0.08", "--tick=0.04"},
              folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  const std::string run = File("runs/00000-official-images-batch8-gamma1");
  EXPECT_TRUE(Exists(run + "/fakes000000_080.png"));
  const Outcome resumed = RunTool("train", {"--resume=" + run, "--kimg=0.16"}, folder_.path());
  EXPECT_EQ(resumed.exit_code, 0) << resumed;
  const Outcome pictures =
      RunTool("generate", {"--network=" + run, "--seeds=0-3", "--grid=fakes.png", "--trunc=0.7"}, folder_.path());
  EXPECT_EQ(pictures.exit_code, 0) << pictures;
  const std::string intervals = "cannot change --r1-interval, --pl-interval, or switch a separate regularizer";
  const std::string fixed = "cannot change in a run that is resumed";
  for (const auto& [flag, sentence] :
       std::vector<std::pair<std::string, std::string>>{{"--r1-interval=8", intervals},
                                                        {"--pl-interval=8", intervals},
                                                        {"--pl-weight=0", intervals},
                                                        {"--gamma=0", intervals},
                                                        {"--channel-base=32", fixed},
                                                        {"--noseparate-regularizers", fixed}}) {
    const Outcome changed = RunTool("train", {"--resume=" + run, "--kimg=0.2", flag}, folder_.path());
    EXPECT_EQ(changed.exit_code, 2) << flag << ": " << changed;
    EXPECT_THAT(changed.err, HasSubstr(sentence));
  }
}

// NVIDIA's configuration with the folders as classes: a run in one go, the same with a break, and its pictures.
TEST_F(TrainTest, AConditionalModelTrainsAndGoesOn) {
  for (const char* folder : {"classes", "classes/cat", "classes/dog", "classes/eel"}) {
    std::filesystem::create_directory(File(folder));
  }
  for (int i = 0; i < 9; ++i) {
    const std::string folder = i % 3 == 0 ? "cat/" : i % 3 == 1 ? "dog/" : "eel/";
    WriteImage("classes/" + folder + std::to_string(i) + ".png", i * 20);
  }
  const std::vector<std::string> command = {"--cfg=cifar",       "--data=classes", "--cond",          "--res=8",
                                            "--channel-base=64", "--latent-dim=8", "--mbstd-group=4", "--batch=8",
                                            "--tick=0.04",       "--snap=1",       "--pl-weight=2"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), command.begin(), command.end());
    return more;
  };
  const Outcome whole = RunTool("train", with({"--outdir=whole", "--kimg=0.08"}), folder_.path());
  ASSERT_EQ(whole.exit_code, 0) << whole;
  EXPECT_THAT(whole.err, HasSubstr("labels of 3 elements, 3 different ones\nclasses: 0 cat, 1 dog, 2 eel\n"));
  EXPECT_THAT(RunTool("train", with({"--dry-run"}), folder_.path()).err, HasSubstr("\nclasses: 0 cat, 1 dog, 2 eel\n"));
  const std::string name = "/00000-cifar-classes-batch8-gamma0.01", state = "/network-snapshot-000000_080.safetensors";
  ASSERT_EQ(RunTool("train", with({"--outdir=parts", "--kimg=0.04"}), folder_.path()).exit_code, 0);
  const Outcome rest = RunTool("train", {"--resume=" + File("parts" + name), "--kimg=0.08"}, folder_.path());
  ASSERT_EQ(rest.exit_code, 0) << rest;
  const auto options = [&](const std::string& outdir) {
    return ReadFile(File(outdir + name + "/training_options.json"));
  };
  EXPECT_EQ(options("whole"), options("parts"));
  EXPECT_THAT(options("whole"), HasSubstr("\"label_dim\": 3"));
  EXPECT_EQ(ReadFile(File("whole" + name + state)), ReadFile(File("parts" + name + state))) << "bit for bit";

  const std::string network = "--network=" + File("whole" + name);
  for (const std::string index : {"0", "2"}) {
    const Outcome pictures = RunTool(
        "generate", {network, "--seeds=1", "--class=" + index, "--grid=class" + index + ".png"}, folder_.path());
    EXPECT_EQ(pictures.exit_code, 0) << pictures;
  }
  EXPECT_NE(ReadFile(File("class0.png")), ReadFile(File("class2.png")));
  const Outcome eel = RunTool("generate", {network, "--seeds=1", "--class=eel", "--grid=eel.png"}, folder_.path());
  EXPECT_EQ(eel.exit_code, 0) << eel;
  EXPECT_EQ(ReadFile(File("eel.png")), ReadFile(File("class2.png")));
  EXPECT_THAT(RunTool("inspect", {network}, folder_.path()).out,
              HasSubstr("data.classes: [\"cat\",\"dog\",\"eel\"]\n"));
  for (const auto& [flags, sentence] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{network}, "--class is needed: this network has the classes 0 cat, 1 dog, 2 eel\n"},
           {{network, "--class=3"}, "--class is 3: this network has the classes 0 cat, 1 dog, 2 eel\n"},
           {{network, "--class=fox"}, "--class is fox: this network has the classes 0 cat, 1 dog, 2 eel\n"}}) {
    const Outcome outcome = RunTool("generate", flags, folder_.path());
    EXPECT_EQ(outcome.exit_code, 2) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(sentence));
  }
  // The same images with a file of other labels.
  const auto label = [&](int last) {
    nlohmann::json labels;
    for (int i = 0; i < 9; ++i) {
      const char* const folders[] = {"cat/", "dog/", "eel/"};
      labels["labels"].push_back({folders[i % 3] + std::to_string(i) + ".png", i < 8 ? i % 3 : last});
    }
    folder_.Write("classes/dataset.json", labels.dump());
  };
  const std::string changed = "warning: the labels have changed since the checkpoint: same images, other labels; ";
  label(2);
  Outcome relabeled = RunTool("train", {"--resume=" + File("whole" + name), "--kimg=0.12"}, folder_.path());
  EXPECT_EQ(relabeled.exit_code, 0) << relabeled;
  EXPECT_THAT(relabeled.err, Not(HasSubstr("have changed")));
  label(0);
  relabeled = RunTool("train", {"--resume=" + File("whole" + name), "--kimg=0.16"}, folder_.path());
  EXPECT_EQ(relabeled.exit_code, 0) << relabeled;
  EXPECT_THAT(relabeled.err, HasSubstr(changed));
  std::filesystem::remove(File("classes/dataset.json"));
  // Fewer classes than the model has.
  std::filesystem::remove_all(File("classes/eel"));
  const Outcome other = RunTool("train", {"--resume=" + File("whole" + name), "--kimg=0.2"}, folder_.path());
  EXPECT_EQ(other.exit_code, 4) << other;
  EXPECT_THAT(other.err, HasSubstr("have 2 elements, those of the model have 3"));
}

TEST_F(TrainTest, AShorterRunIsProfiledWhole) {
  std::vector<std::string> arguments = StartArguments(0.12);
  arguments.push_back("--profile=trace.json");
  const Outcome outcome = RunTool("train", arguments, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("\nwrote trace.json\n"));
  const nlohmann::json trace = nlohmann::json::parse(ReadFile(File("trace.json")));
  std::map<std::string, int> count;
  for (const nlohmann::json& event : trace) ++count[event["name"]];
  EXPECT_EQ(count["Step"], 3);
  EXPECT_EQ(count["SaveCheckpoint"], 1);
}

TEST_F(TrainTest, WithoutDataTheBundledEmojiAreUsed) {
  options_["data"] = "";
  WriteOptions();
  const Outcome outcome = RunTool("train", StartArguments(0), folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_TRUE(Exists(File("runs/00000-quick-emoji-batch40-gamma1/reals.png")));
}

// The pictures that a run writes must not become training images of the next.
TEST_F(TrainTest, RunsInTheFolderOfTheImagesAreNotTrainedOn) {
  options_["data"] = ".";
  WriteOptions();
  for (const std::string outdir : {"runs", "runs", "elsewhere"}) {
    const Outcome outcome = RunTool("train", StartArguments(0, outdir), folder_.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("\n11 images at 8x8")) << outdir;
  }
  const Outcome outcome = RunTool("train", StartArguments(0, "elsewhere"), folder_.path());
  EXPECT_THAT(outcome.err, HasSubstr("\nnote: ")) << outcome;
}

TEST_F(TrainTest, DryRunShowsTheConfigurationAndMakesNoFile) {
  const std::vector<std::string> before = folder_.Names();
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--dry-run"},
                                                    {"-n", "--preset=annotated", "--data=images"},
                                                    {"-n", "--preset=official", "--res=64", "--batch=8"},
                                                    {"-n", "--options=options.json", "--profile=trace.json"}}) {
    const Outcome outcome = RunTool("train", arguments, folder_.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    const absl::StatusOr<gan::TrainConfig> config = gan::TrainConfigFromJson(outcome.out);
    EXPECT_TRUE(config.ok()) << config.status();
    EXPECT_THAT(outcome.err, HasSubstr("predicted peak"));
    EXPECT_THAT(outcome.err, HasSubstr(" images can be used\n"));
    EXPECT_EQ(folder_.Names(), before);
  }
}

TEST_F(TrainTest, DryRunListsEveryBadImage) {
  for (const char* name : {"images/3.png", "images/7.png"}) folder_.Write(name, "no image");
  const std::vector<std::string> before = folder_.Names();
  for (const std::string policy : {"fail", "skip"}) {
    const Outcome outcome =
        RunTool("train", {"-n", "--options=options.json", "--on-bad-image=" + policy}, folder_.path());
    EXPECT_EQ(outcome.exit_code, policy == "fail" ? 4 : 0) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("\ntrain: images/3.png: "));
    EXPECT_THAT(outcome.err, HasSubstr("\ntrain: images/7.png: "));
    EXPECT_THAT(outcome.err, HasSubstr("\n2 of 11 images cannot be used\n"));
    EXPECT_EQ(folder_.Names(), before);
  }
  const Outcome missing = RunTool("train", {"-n", "--data=missing"}, folder_.path());
  EXPECT_EQ(missing.exit_code, 4) << missing;
  EXPECT_THAT(missing.err, HasSubstr("missing does not exist"));
}

TEST_F(TrainTest, HelpListsEveryFlagWithItsDefault) {
  const Outcome outcome = RunTool("train", {"--help"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, HasSubstr("bazel run //tools:train"));
  const nlohmann::json quick = nlohmann::json::parse(RunTool("train", {"--dry-run"}, folder_.path()).out);
  const auto number = [](const nlohmann::json& value) {
    std::ostringstream text;
    text << value.get<double>();
    return text.str();
  };
  for (const auto& [flag, value] : std::vector<std::pair<std::string, std::string>>{
           {"--data=TEXT", "(no default)"},
           {"--[no]mirror", "(default false)"},
           {"--max-mpx=INTEGER", "(default " + number(quick["max_mpx"]) + ")"},
           {"--on-bad-image=TEXT", "(default " + quick["on_bad_image"].get<std::string>() + ")"},
           {"--workers=INTEGER", "(default 0)"},
           {"--outdir=TEXT", "(default training-runs)"},
           {"--desc=TEXT", "(no default)"},
           {"--resume=TEXT", "(no default)"},
           {"--snap=INTEGER", "(default " + number(quick["snap"]) + ")"},
           {"--tick=NUMBER", "(default " + number(quick["tick_kimg"]) + ")"},
           {"--keep=INTEGER", "(default " + number(quick["keep"]) + ")"},
           {"-n, --[no]dry-run", "(default false)"},
           {"--preset=TEXT", "(default quick)"},
           {"--options=TEXT", "(no default)"},
           {"--res=TEXT", "(default " + number(quick["model"]["resolution"]) + ")"},
           {"--batch=INTEGER", "(default " + number(quick["batch"]) + ")"},
           {"--grad-accum=INTEGER", "(default 1)"},
           {"--kimg=NUMBER", "(default " + number(quick["kimg"]) + ")"},
           {"--seed=INTEGER", "(default 0)"},
           {"--latent-dim=INTEGER", "(default " + number(quick["model"]["latent_dim"]) + ")"},
           {"--mapping-layers=INTEGER", "(default " + number(quick["model"]["mapping_layers"]) + ")"},
           {"--g-features=INTEGER", "(default " + number(quick["model"]["g_features"]) + ")"},
           {"--d-features=INTEGER", "(default " + number(quick["model"]["d_features"]) + ")"},
           {"--max-features=INTEGER", "(default " + number(quick["model"]["max_features"]) + ")"},
           {"--channel-base=INTEGER", "(default " + number(quick["model"]["channel_base"]) + ")"},
           {"--mbstd-group=INTEGER", "(default " + number(quick["model"]["mbstd_group"]) + ")"},
           {"--loss=TEXT", "(default " + quick["loss"]["loss"].get<std::string>() + ")"},
           {"--gamma=NUMBER", "(default " + number(quick["loss"]["r1_gamma"]) + ")"},
           {"--r1-interval=INTEGER", "(default " + number(quick["loss"]["r1_interval"]) + ")"},
           {"--pl-weight=NUMBER", "(default " + number(quick["loss"]["pl_weight"]) + ")"},
           {"--pl-interval=INTEGER", "(default " + number(quick["loss"]["pl_interval"]) + ")"},
           {"--[no]pl-times-interval", "(default false)"},
           {"--pl-batch-shrink=INTEGER", "(default " + number(quick["loss"]["pl_batch_shrink"]) + ")"},
           {"--pl-start=INTEGER", "(default " + number(quick["loss"]["pl_start"]) + ")"},
           {"--pl-decay=NUMBER", "(default " + number(quick["loss"]["pl_decay"]) + ")"},
           {"--[no]pl-annotated-axes", "(default false)"},
           {"--mixing-prob=NUMBER", "(default " + number(quick["loss"]["mixing_prob"]) + ")"},
           {"--lr=NUMBER", "(default " + number(quick["optimizer"]["lr"]) + ")"},
           {"--map-lr=NUMBER", "(default " + number(quick["optimizer"]["mapping_lr"]) + ")"},
           {"--beta1=NUMBER", "(default " + number(quick["optimizer"]["beta1"]) + ")"},
           {"--beta2=NUMBER", "(default " + number(quick["optimizer"]["beta2"]) + ")"},
           {"--[no]separate-regularizers", "(default false)"},
           {"--clip-norm=NUMBER", "(default " + number(quick["optimizer"]["clip_norm"]) + ")"},
           {"--ema-kimg=NUMBER", "(default " + number(quick["optimizer"]["ema_kimg"]) + ")"},
           {"--ema-rampup=NUMBER", "(default " + number(quick["optimizer"]["ema_rampup"]) + ")"},
           {"--precision=TEXT", "(default f32)"},
           {"--device=TEXT", "(default auto)"},
           {"--threads=INTEGER", "(default 0)"},
           {"--profile=TEXT", "(no default)"}}) {
    EXPECT_THAT(outcome.out, HasSubstr("\n  " + flag + "  " + value + "\n"));
  }
  EXPECT_THAT(outcome.out, HasSubstr("\nOther:\n  -h, --help\n")) << "a flag is in no group, and not in this test";
}

}  // namespace
}  // namespace sg::integration
