// From which checkpoint a run is resumed, what may change then, and what becomes of its folder.
#include "gan/train/resume.h"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/device.h"
#include "engine/io/fault_injection.h"
#include "gan/config/config.h"
#include "gan/config/json.h"
#include "gan/config/presets.h"
#include "gan/train/run_directory.h"
#include "gan/train/snapshot.h"
#include "gan/train/trainer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nn/state/checkpoint.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

absl::StatusOr<TrainConfig> Unchanged(const TrainConfig& saved) { return saved; }

TEST(CheckResumable, NamesTheFlagAndTheValueOfAFixedField) {
  const TrainConfig saved = *PresetConfig("quick");
  EXPECT_TRUE(CheckResumable(saved, saved).ok());
  TrainConfig changed = saved;
  changed.model.max_features = 64;
  EXPECT_EQ(CheckResumable(saved, changed),
            absl::InvalidArgumentError("--max-features cannot change in a run that is resumed: it is 128, not 64"));
  changed = saved;
  changed.model.noise = true;
  EXPECT_EQ(CheckResumable(saved, changed),
            absl::InvalidArgumentError("noise cannot change in a run that is resumed: it is false, not true"));
  changed = saved;
  changed.model.latent_norm = LatentNorm::kUnit;
  EXPECT_EQ(CheckResumable(saved, changed),
            absl::InvalidArgumentError("latent_norm cannot change in a run that is resumed: it is rms, not unit"));
}

TEST(CheckResumable, NamesEveryFixedField) {
  const TrainConfig saved = *PresetConfig("quick");
  TrainConfig changed = saved;
  changed.model.noise = true;
  changed.batch = 16;
  changed.snap = 1;  // may change
  EXPECT_EQ(CheckResumable(saved, changed),
            absl::InvalidArgumentError("noise cannot change in a run that is resumed: it is false, not true; "
                                       "--batch neither: it is 8, not 16"));
}

// Separate regularizers decide Adam's decays by how often they come.
TEST(CheckResumable, SeparateRegularizersKeepTheirIntervals) {
  TrainConfig saved = *PresetConfig("official"), changed = saved;
  changed.loss.r1_interval = 8;
  EXPECT_THAT(Message(CheckResumable(saved, changed)), StartsWith("cannot change --r1-interval, --pl-interval"));
  changed = saved;
  changed.loss.pl_weight = 0;
  EXPECT_THAT(Message(CheckResumable(saved, changed)), StartsWith("cannot change --r1-interval, --pl-interval"));
  changed = saved;
  changed.loss.pl_weight = 1;
  EXPECT_TRUE(CheckResumable(saved, changed).ok());
  saved = changed = *PresetConfig("annotated");
  changed.loss.r1_interval = 8;
  EXPECT_TRUE(CheckResumable(saved, changed).ok());
}

TEST(CheckResumable, TheChangedConfigurationMustBeValid) {
  const TrainConfig saved = *PresetConfig("quick");
  TrainConfig changed = saved;
  changed.kimg = -1;
  EXPECT_THAT(Message(CheckResumable(saved, changed)), StartsWith("kimg is -1"));
}

TEST(DataChange, SaysWhatIsDifferent) {
  const DataIdentity then = {40, "aaaaaaaa"};
  EXPECT_EQ(DataChange(std::nullopt, then), "") << "an older checkpoint";
  EXPECT_EQ(DataChange(then, then), "");
  EXPECT_THAT(DataChange(then, {43, "bbbbbbbb"}),
              StartsWith("the images have changed since the checkpoint: 40 before, 43 now; "));
  EXPECT_THAT(DataChange(then, {40, "bbbbbbbb"}),
              StartsWith("the images have changed since the checkpoint: same count, other content; "));
  const DataIdentity labeled = {40, "aaaaaaaa", "cccccccc"};
  EXPECT_EQ(DataChange(labeled, labeled), "");
  EXPECT_EQ(DataChange(then, labeled), "") << "an older checkpoint of a conditional model";
  EXPECT_THAT(DataChange(labeled, {40, "aaaaaaaa", "dddddddd"}),
              StartsWith("the labels have changed since the checkpoint: same images, other labels; "));
}

absl::StatusOr<std::vector<std::string>> Candidates(const std::string& from, const std::string& outdir) {
  std::vector<std::string> passed_over;
  return ResumeCandidates(from, outdir, &passed_over);
}

class ResumeRunTest : public ::testing::Test {
 protected:
  ResumeRunTest() : run_(*RunDirectory::Create(folder_.path(), "run")), trainer_(SmallConfig(), Device::Cpu()) {}

  // A checkpoint of the present state under the name for `kimg`.
  std::string Save(int kimg) { return SaveIn(run_, kimg); }
  std::string SaveIn(const RunDirectory& run, int kimg) {
    const std::string path = run.CheckpointPath(SnapshotNumber(kimg * 1000, /*batch=*/1));
    EXPECT_TRUE(SaveCheckpoint(trainer_, path).ok());
    return path;
  }
  // A copy of the run in a folder of this name beside it, with a checkpoint that is `hours` newer.
  std::string Copy(const std::string& name, int hours) {
    const std::string copy = folder_.File(name);
    std::filesystem::copy(run_.path(), copy);
    const std::string newest = ListCheckpoints(copy)[0];
    const auto time = std::filesystem::last_write_time(ListCheckpoints(run_.path())[0]);
    std::filesystem::last_write_time(newest, time + std::chrono::hours(hours));
    return newest;
  }
  void Step() { trainer_.Step(SmallBatch(trainer_.config(), trainer_.steps())); }
  static void Damage(const std::string& path) {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  }

  nn::ScratchDir folder_;
  RunDirectory run_;
  Trainer trainer_;
};

TEST_F(ResumeRunTest, CandidatesAreTheCheckpointsOfARunFromTheNewestOn) {
  const std::string first = Save(1), second = Save(2);
  EXPECT_THAT(*Candidates(run_.path(), "unused"), ElementsAre(second, first));
  EXPECT_THAT(*Candidates(first, "unused"), ElementsAre(first));
}

TEST_F(ResumeRunTest, LatestIsTheLastRunThatHasACheckpoint) {
  const std::string checkpoint = Save(1);
  const RunDirectory newer = *RunDirectory::Create(folder_.path(), "newer");
  EXPECT_THAT(*Candidates("latest", folder_.path()), ElementsAre(checkpoint));
  const std::string newest = SaveIn(newer, 0);
  EXPECT_THAT(*Candidates("latest", folder_.path()), ElementsAre(newest));
}

TEST_F(ResumeRunTest, LaterRunsThatArePassedOverAreNamed) {
  const std::string checkpoint = Save(1);
  const RunDirectory newer = *RunDirectory::Create(folder_.path(), "diverged");
  const std::string diverged = newer.DivergedPath("000002");
  std::ofstream(diverged) << "x";
  std::filesystem::create_directory(folder_.File("notes"));  // no run
  folder_.Write("00007-file", "");
  std::vector<std::string> passed_over;
  EXPECT_THAT(*ResumeCandidates("latest", folder_.path(), &passed_over), ElementsAre(checkpoint));
  EXPECT_THAT(passed_over, ElementsAre(newer.path() + ": no checkpoint in this folder; these do not count: " +
                                       std::filesystem::path(diverged).filename().string()));

  std::filesystem::create_directory_symlink(run_.path(), folder_.File("00005-link"));
  std::filesystem::create_directory_symlink(run_.path(), folder_.File("link"));
  EXPECT_THAT(*ResumeCandidates("latest", folder_.path(), &passed_over), ElementsAre(checkpoint));
  EXPECT_THAT(passed_over,
              ElementsAre(StartsWith(newer.path() + ": no checkpoint"),
                          folder_.File("00005-link") + ": a link, which is followed only if it is given itself"));
  EXPECT_THAT(*Candidates(folder_.File("00005-link"), "unused"),
              ElementsAre(folder_.File("00005-link") + "/network-snapshot-000001.safetensors"));

  // A folder that cannot be listed is none without checkpoints.
  io::FaultPlan plan;
  plan.calls = {io::SystemCall::kReadDirectory};
  plan.error = EIO;
  {
    const io::FaultInjection faults(plan);
    EXPECT_EQ(Message(Candidates("latest", folder_.path()).status()),
              "latest: " + folder_.path() + ": cannot list the folder: Input/output error");
  }
  plan.every = 1;
  const io::FaultInjection faults(plan);
  EXPECT_EQ(Message(Candidates(run_.path(), "unused").status()),
            run_.path() + ": cannot list the folder: Input/output error");
}

TEST_F(ResumeRunTest, AFolderOfRunsIsToldFromARun) {
  Save(1);
  EXPECT_EQ(
      Candidates(folder_.path(), "unused").status(),
      absl::NotFoundError(folder_.path() + ": no checkpoint in this folder; the last run in it is " + run_.path()));
}

TEST_F(ResumeRunTest, WeightsAloneAreNoState) {
  const std::string weights = folder_.File("model.safetensors"), pickle = folder_.Write("net.pkl", "\x80\x04N.");
  ASSERT_TRUE(nn::SaveTensors(weights, {{"ema.latent_average", Tensor::Zeros({4}, DType::kF32, Device::Cpu())}},
                              {{"config", ToJson(SmallConfig())}, {"format", "pt"}})
                  .ok());
  for (const std::string& path : {weights, pickle}) {
    for (const absl::Status& status :
         {ResumeRun({path}, Unchanged, Device::Cpu()).status(), ResumedConfig({path}, Unchanged).status()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_THAT(Message(status), StartsWith(path + ": no training state, but at most the weights of a network"));
    }
  }
}

TEST_F(ResumeRunTest, LatestIsNoCopy) {
  const std::string first = Save(1);
  // Later by time, and by the order of names.
  for (const char* copy : {"backup-good", "2026-11-29-copy", "20261129-copy", "00000-run-copy", "00000-run (copy)",
                           "00000-run.bak", "copy of 00000-run"}) {
    Copy(copy, 1);
  }
  EXPECT_THAT(*Candidates("latest", folder_.path()), ElementsAre(first));
  const RunDirectory second = *RunDirectory::Create(folder_.path(), "a");
  const std::string last = SaveIn(second, 0);
  EXPECT_THAT(*Candidates("latest", folder_.path()), ElementsAre(last)) << "the higher number";
}

TEST_F(ResumeRunTest, LatestOfACopyAndTheRunIsTheOneTrainedLast) {
  Save(1);
  Copy("00000-r", -1);  // a shorter name than the run's
  const std::string second = Save(2);
  EXPECT_THAT(Candidates("latest", folder_.path())->front(), second);
}

TEST_F(ResumeRunTest, WithoutNumbersLatestIsByTime) {
  Save(1);
  const std::string newer = Copy("a", 2);
  Copy("b", 1);
  std::filesystem::remove_all(run_.path());
  EXPECT_THAT(*Candidates("latest", folder_.path()), ElementsAre(newer));
}

TEST_F(ResumeRunTest, OnlyARunsFolderIsContinued) {
  const std::string checkpoint = Save(1);
  EXPECT_EQ(RunToContinue(checkpoint), std::nullopt) << "a folder of downloads";
  folder_.Write(std::filesystem::path(run_.path()).filename().string() + "/training_options.json", R"({"model":{}})");
  EXPECT_EQ(RunToContinue(checkpoint), run_.path());
  EXPECT_EQ(RunToContinue("network-snapshot-000001.safetensors"), std::nullopt);
}

TEST_F(ResumeRunTest, WithoutACheckpointThereAreNoCandidates) {
  const std::string folder = folder_.path();
  EXPECT_EQ(Candidates("latest", folder).status(),
            absl::NotFoundError("latest: no run with a checkpoint in " + folder + " (" + run_.path() +
                                ": no checkpoint in this folder)"));
  EXPECT_EQ(Candidates(run_.path(), folder).status(),
            absl::NotFoundError(run_.path() + ": no checkpoint in this folder"));
  EXPECT_EQ(Candidates("missing", folder).status(), absl::NotFoundError("missing: no such file or folder"));
}

TEST_F(ResumeRunTest, TakesTheFirstThatCanBeReadWithTheChanges) {
  Step();
  const std::string older = Save(1);
  Step();
  const std::string newer = Save(2);
  const auto longer = [](TrainConfig saved) -> absl::StatusOr<TrainConfig> {
    saved.kimg = 77;
    return saved;
  };
  absl::StatusOr<ResumedRun> resumed = ResumeRun({newer, older}, longer, Device::Cpu());
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->checkpoint, newer);
  EXPECT_EQ(resumed->trainer->steps(), 2);
  EXPECT_EQ(resumed->trainer->config().kimg, 77);
  EXPECT_THAT(resumed->passed_over, ElementsAre());

  Damage(newer);
  resumed = ResumeRun({newer, older}, longer, Device::Cpu());
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->checkpoint, older);
  EXPECT_EQ(resumed->trainer->steps(), 1);
  EXPECT_THAT(resumed->passed_over, ElementsAre(HasSubstr(newer)));
  EXPECT_EQ(ResumedConfig({newer, older}, longer)->kimg, 77);
}

TEST_F(ResumeRunTest, TellsWhatChanged) {
  Step();
  const std::string checkpoint = Save(1);
  EXPECT_THAT(ResumeRun({checkpoint}, Unchanged, Device::Cpu())->changes, ElementsAre());
  const auto change = [](TrainConfig saved) -> absl::StatusOr<TrainConfig> {
    saved.optimizer.lr = 0.5;
    saved.data = "photos";
    return saved;
  };
  EXPECT_THAT(ResumeRun({checkpoint}, change, Device::Cpu())->changes,
              UnorderedElementsAre("--lr from 0.001 to 0.5", "--data from \"\" to photos"));
}

TEST_F(ResumeRunTest, AnEndBeforeTheStateIsRefused) {
  for (int i = 0; i < 2; ++i) Step();
  const std::string checkpoint = Save(1);
  const auto until = [](double kimg) {
    return [kimg](TrainConfig saved) -> absl::StatusOr<TrainConfig> {
      saved.kimg = kimg;
      return saved;
    };
  };
  const absl::Status less = absl::InvalidArgumentError("the run has 0.008 kimg already, --kimg=0.004 asks for less");
  EXPECT_EQ(ResumeRun({checkpoint}, until(0.004), Device::Cpu()).status(), less);
  EXPECT_EQ(ResumedConfig({checkpoint}, until(0.004)).status(), less);
  for (double kimg : {0.005, 0.008, 1.0}) {  // the first needs a second step, too
    EXPECT_TRUE(ResumeRun({checkpoint}, until(kimg), Device::Cpu()).ok()) << kimg;
    EXPECT_TRUE(ResumedConfig({checkpoint}, until(kimg)).ok()) << kimg;
  }
}

TEST_F(ResumeRunTest, WithoutAGoodCheckpointItFails) {
  const std::string older = Save(1), newer = Save(2);
  Damage(older);
  Damage(newer);
  for (const absl::Status& status : {ResumeRun({newer, older}, Unchanged, Device::Cpu()).status(),
                                     ResumedConfig({newer, older}, Unchanged).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(Message(status), StartsWith("none of 2 checkpoints can be read; the last: " + older));
  }
  const absl::Status only = ResumeRun({newer}, Unchanged, Device::Cpu()).status();
  EXPECT_EQ(only.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(only), StartsWith(newer));
}

// It is no fault of the checkpoint, so the older one is not tried.
TEST_F(ResumeRunTest, AChangeThatIsRefusedEndsTheSearch) {
  const std::string older = Save(1), newer = Save(2);
  int calls = 0;
  const auto refuse = [&calls](const TrainConfig&) -> absl::StatusOr<TrainConfig> {
    ++calls;
    return absl::InvalidArgumentError("no");
  };
  EXPECT_EQ(ResumeRun({newer, older}, refuse, Device::Cpu()).status(), absl::InvalidArgumentError("no"));
  EXPECT_EQ(calls, 1);
  const auto wider = [](TrainConfig saved) -> absl::StatusOr<TrainConfig> {
    saved.model.max_features *= 2;
    return saved;
  };
  EXPECT_THAT(Message(ResumeRun({newer, older}, wider, Device::Cpu()).status()),
              StartsWith("--max-features cannot change"));
}

// A line of statistics.
std::string Tick(int step) { return absl::StrCat("{\"step\":", step, ",\"Progress/kimg\":1,\"timestamp\":1}"); }

TEST_F(ResumeRunTest, RewindsTheFolderToTheTrainer) {
  Step();
  const std::string later = Save(3), present = Save(0);
  ASSERT_TRUE(run_.AppendLine("stats.jsonl", Tick(1)).ok());
  ASSERT_TRUE(run_.AppendLine("stats.jsonl", Tick(2)).ok());
  ASSERT_TRUE(run_.AppendLine("metric-swd.jsonl", Tick(2)).ok());
  const absl::StatusOr<std::vector<std::string>> set_aside = RewindRun(run_, trainer_);
  ASSERT_TRUE(set_aside.ok()) << set_aside.status();
  EXPECT_THAT(*set_aside, ElementsAre(later + ".superseded"));
  EXPECT_THAT(ListCheckpoints(run_.path()), ElementsAre(present));
  std::ifstream stats(run_.File("stats.jsonl"));
  std::string line;
  ASSERT_TRUE(std::getline(stats, line));
  EXPECT_EQ(line, Tick(1));
  EXPECT_FALSE(std::getline(stats, line));
  std::ifstream metric(run_.File("metric-swd.jsonl"));
  ASSERT_TRUE(metric.is_open());
  EXPECT_FALSE(std::getline(metric, line));
}

TEST_F(ResumeRunTest, ARefusalToRewindChangesNothing) {
  Step();
  const std::string later = Save(3), present = Save(0);
  ASSERT_TRUE(run_.AppendLine("metric-swd.jsonl", Tick(2)).ok());
  ASSERT_TRUE(run_.AppendLine("stats.jsonl", Tick(2)).ok());
  std::filesystem::resize_file(run_.File("stats.jsonl"), uintmax_t{1} << 40);
  EXPECT_EQ(RewindRun(run_, trainer_).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(ListCheckpoints(run_.path()), ElementsAre(later, present));
  EXPECT_GT(std::filesystem::file_size(run_.File("metric-swd.jsonl")), 0u);
}

}  // namespace
}  // namespace sg::gan
