#include "gan/train/training_loop.h"

#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <limits>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gan/image/encode_png.h"
#include "gan/train/snapshot.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kImages = 10;  // not a multiple of the batch, so batches span epochs

// Twenty steps of four images, with a tick every four steps and a checkpoint every second tick.
TrainConfig LoopConfig() {
  TrainConfig config = SmallConfig();
  config.kimg = 0.08;
  config.tick_kimg = 0.016;
  config.snap = 2;
  return config;
}

// The messages of the loop.
struct Record {
  std::vector<std::string> notes, warnings;
  std::vector<TrainProgress> steps, ticks;
};

TrainHooks HooksInto(Record* record) {
  TrainHooks hooks;
  hooks.on_note = [record](absl::string_view text) { record->notes.emplace_back(text); };
  hooks.on_warning = [record](absl::string_view text) { record->warnings.emplace_back(text); };
  hooks.on_step = [record](const TrainProgress& p) { record->steps.push_back(p); };
  hooks.on_tick = [record](const TrainProgress& p) { record->ticks.push_back(p); };
  return hooks;
}

class TrainingLoopTest : public ::testing::Test {
 protected:
  TrainingLoopTest() {
    for (int i = 0; i < kImages; ++i) WriteImage("image" + std::to_string(i) + ".png", i * 25);
  }

  void WriteImage(const std::string& name, int value) {
    std::vector<uint8_t> pixels(8 * 8 * 3);
    for (size_t p = 0; p < pixels.size(); ++p) pixels[p] = static_cast<uint8_t>(value + p);
    images_.Write(name, EncodePng({8, 8, 3, pixels}).value());
  }

  std::unique_ptr<Dataset> OpenImages(OnBadImage on_bad_image = OnBadImage::kFail) {
    DatasetOptions options;
    options.path = images_.path();
    options.spec = {8, 8, 3};
    options.on_bad_image = on_bad_image;
    return *Dataset::Open(options);
  }

  RunDirectory NewRun() { return *RunDirectory::Create(runs_.path(), "run"); }

  absl::StatusOr<TrainEnd> Run(Trainer* trainer, const RunDirectory& run, const TrainHooks& hooks) {
    LoopOptions options;
    options.workers = 2;
    return RunTraining(trainer, OpenImages().get(), run, options, hooks);
  }

  nn::ScratchDir images_, runs_;
};

std::vector<nlohmann::json> StatsOf(const RunDirectory& run) {
  std::vector<nlohmann::json> lines;
  std::istringstream in(FileBytes(run.File("stats.jsonl")));
  std::string line;
  while (std::getline(in, line)) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

std::unique_ptr<Trainer> Loaded(const RunDirectory& run, const TrainConfig& config) {
  const absl::StatusOr<std::string> newest = CheckpointAt(run.path());
  EXPECT_TRUE(newest.ok()) << newest.status();
  absl::StatusOr<Resumed> resumed = ResumeTrainer(newest.value_or(""), config, Device::Cpu());
  EXPECT_TRUE(resumed.ok()) << resumed.status();
  return resumed.ok() ? std::move(resumed->trainer) : nullptr;
}

TEST_F(TrainingLoopTest, AWholeRun) {
  const TrainConfig config = LoopConfig();
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  Record record;
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, HooksInto(&record));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kFinished);
  EXPECT_EQ(trainer.steps(), 20);
  EXPECT_THAT(record.warnings, IsEmpty());

  // A picture before the first step, then picture and checkpoint after ticks 2, 4 and the last, 5.
  std::vector<std::string> written = {run.File("fakes_init.png")};
  for (const char* number : {"000000_032", "000000_064", "000000_080"}) {
    written.push_back(run.File(absl::StrCat("fakes", number, ".png")));
    written.push_back(run.CheckpointPath(number));
  }
  EXPECT_EQ(record.notes, written);
  for (const std::string& path : record.notes) EXPECT_TRUE(std::filesystem::exists(path)) << path;
  EXPECT_TRUE(SameTensors(*Loaded(run, config), trainer)) << "the last state is saved";

  EXPECT_EQ(record.steps.size(), 20u);
  EXPECT_EQ(record.steps.back().step, 20);
  EXPECT_DOUBLE_EQ(record.steps.back().kimg, 0.08);
  EXPECT_DOUBLE_EQ(record.steps.back().total_kimg, 0.08);
  EXPECT_GT(record.steps.front().seconds_left, record.steps.back().seconds_left);
  EXPECT_NEAR(record.steps.back().seconds_left, 0, 1e-9);
  EXPECT_GT(record.steps.back().images_per_second, 0);
  EXPECT_GT(record.steps.back().memory.peak_bytes, 0);

  const std::vector<nlohmann::json> stats = StatsOf(run);
  ASSERT_EQ(stats.size(), 5u);
  ASSERT_EQ(record.ticks.size(), 5u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(stats[i]["step"], 4 * (i + 1));
    EXPECT_EQ(stats[i]["Progress/tick"], i + 1);
    EXPECT_EQ(stats[i]["Loss/D/loss"]["num"], 4);
    EXPECT_EQ(stats[i]["Loss/r1_penalty"]["num"], 2);
    EXPECT_EQ(record.ticks[i].tick, i + 1);
    EXPECT_EQ(record.ticks[i].scalars.at("Loss/D/loss").mean, stats[i]["Loss/D/loss"]["mean"]);
  }
}

TEST_F(TrainingLoopTest, WarnsOnceOfAugmentationAtItsLimit) {
  TrainConfig config = LoopConfig();
  config.augment.aug = AugMode::kAda;
  config.augment.target = -1;
  config.augment.ada_kimg = 1e-3;  // the limit is reached at once
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  Overwrite(StateTensor(trainer, "discriminator.final.bias"), 100);
  Record record;
  ASSERT_TRUE(Run(&trainer, run, HooksInto(&record)).ok());
  EXPECT_THAT(record.warnings, ElementsAre(HasSubstr("augmentation has reached its largest probability, 0.85")));
  const std::vector<nlohmann::json> stats = StatsOf(run);
  EXPECT_EQ(stats[4]["Progress/augment"]["num"], 4);
  EXPECT_NEAR(stats[4]["Progress/augment"]["mean"], 0.85, 1e-6);
}

TEST_F(TrainingLoopTest, WarnsOfWhatTheHealthMonitorSees) {
  TrainConfig config = LoopConfig();
  config.tick_kimg = 0.004;  // every step
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  Overwrite(StateTensor(trainer, "discriminator.final.bias"), 1000);
  Record record;
  ASSERT_TRUE(Run(&trainer, run, HooksInto(&record)).ok());
  EXPECT_THAT(record.warnings, Contains(HasSubstr("the scores of the discriminator have drifted to")));
}

TEST_F(TrainingLoopTest, TellsOfSnapshotsWhenTheirFilesAreThere) {
  const RunDirectory run = NewRun();
  Trainer trainer(LoopConfig(), Device::Cpu());
  std::vector<int64_t> ticks;
  TrainHooks hooks;
  hooks.on_snapshot = [&](const TrainProgress& progress, const TrainSnapshot& snapshot) {
    ticks.push_back(progress.tick);
    EXPECT_EQ(progress.step, trainer.steps());
    EXPECT_EQ(ListCheckpoints(run.path())[0], snapshot.checkpoint);
    // The pictures of the newest sheet.
    const absl::StatusOr<std::string> sheet = WriteFakes(snapshot.fakes, run, "again.png");
    ASSERT_TRUE(sheet.ok()) << sheet.status();
    EXPECT_TRUE(FileBytes(*sheet) == FileBytes(run.File(ListSheets(run.path()).back().name)));
  };
  ASSERT_TRUE(Run(&trainer, run, hooks).ok());
  EXPECT_EQ(ticks, (std::vector<int64_t>{2, 4, 5})) << "every two ticks, and at the end";
}

TEST_F(TrainingLoopTest, AFolderThatGoesAfterTheLastSaveIsAnError) {
  const RunDirectory run = NewRun();
  Trainer trainer(LoopConfig(), Device::Cpu());
  bool gone = false;
  TrainHooks hooks;
  hooks.on_snapshot = [&](const TrainProgress&, const TrainSnapshot&) {
    std::filesystem::remove_all(run.path());
    gone = true;
  };
  hooks.stop_requested = [&] { return gone; };
  const absl::Status status = Run(&trainer, run, hooks).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(status.message(), HasSubstr(run.path()));
}

TEST_F(TrainingLoopTest, HooksMayBeEmptyAndARunMayBeDone) {
  TrainConfig config = LoopConfig();
  config.kimg = 0;
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, TrainHooks());
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kFinished);
  EXPECT_EQ(trainer.steps(), 0);
  EXPECT_TRUE(SameTensors(*Loaded(run, config), trainer));
}

TEST_F(TrainingLoopTest, StoppedAndResumedIsTheSameAsNeverStopped) {
  const TrainConfig config = LoopConfig();
  const RunDirectory whole_run = NewRun(), run = NewRun();
  Trainer whole(config, Device::Cpu());
  ASSERT_TRUE(Run(&whole, whole_run, TrainHooks()).ok());

  for (int64_t stop : {7, 12}) {  // within a tick, and at its end
    std::unique_ptr<Trainer> trainer =
        stop == 7 ? std::make_unique<Trainer>(config, Device::Cpu()) : Loaded(run, config);
    TrainHooks hooks;
    Trainer* const running = trainer.get();
    hooks.stop_requested = [running, stop] { return running->steps() == stop; };
    const absl::StatusOr<TrainEnd> end = Run(trainer.get(), run, hooks);
    ASSERT_TRUE(end.ok()) << end.status();
    EXPECT_EQ(*end, TrainEnd::kStopped);
    EXPECT_EQ(trainer->steps(), stop);
  }
  const std::unique_ptr<Trainer> resumed = Loaded(run, config);
  const absl::StatusOr<TrainEnd> end = Run(resumed.get(), run, TrainHooks());
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kFinished);
  EXPECT_TRUE(SameTensors(*resumed, whole));
  EXPECT_TRUE(FileBytes(run.CheckpointPath("000000_080")) == FileBytes(whole_run.CheckpointPath("000000_080")));
  EXPECT_TRUE(FileBytes(run.File("fakes000000_080.png")) == FileBytes(whole_run.File("fakes000000_080.png")));

  // One line per tick, whether interrupted or not.
  std::vector<int64_t> steps;
  for (const nlohmann::json& line : StatsOf(run)) steps.push_back(line["step"]);
  EXPECT_THAT(steps, ElementsAre(4, 8, 12, 16, 20));
}

TEST_F(TrainingLoopTest, ARequestToSaveSavesOnceAndGoesOn) {
  TrainConfig config = LoopConfig();
  config.snap = 1000;
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  Record record;
  TrainHooks hooks = HooksInto(&record);
  hooks.save_requested = [&trainer] { return trainer.steps() == 3; };
  std::string saved_state, state_then;
  hooks.on_step = [&](const TrainProgress& p) {
    if (p.step == 3) state_then = WholeState(trainer);
    if (p.step == 4) saved_state = WholeState(*Loaded(run, config));
  };
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, hooks);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kFinished);
  EXPECT_TRUE(saved_state == state_then);
  EXPECT_THAT(record.notes, ElementsAre(run.File("fakes_init.png"), run.CheckpointPath("000000_012"),
                                        run.File("fakes000000_080.png"), run.CheckpointPath("000000_080")));
}

TEST_F(TrainingLoopTest, ACopyIsTakenAtTheStartAndAtEveryTick) {
  const RunDirectory run = NewRun();
  Trainer trainer(LoopConfig(), Device::Cpu());
  CheckpointCopy copy;
  std::vector<int64_t> copied;  // after each step, the steps included in the copy
  TrainHooks hooks;
  hooks.on_step = [&](const TrainProgress&) { copied.push_back(copy.steps()); };
  hooks.stop_requested = [&] { return trainer.steps() == 10; };
  LoopOptions options;
  options.copy = &copy;
  const absl::StatusOr<TrainEnd> end = RunTraining(&trainer, OpenImages().get(), run, options, hooks);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_THAT(copied, ElementsAre(0, 0, 0, 0, 4, 4, 4, 4, 8, 8));
  EXPECT_EQ(copy.path(), run.CheckpointPath("000000_032"));
}

// Puts a NaN into the discriminator, after which no gradient of it is finite.
void Break(const Trainer& trainer) {
  Overwrite(StateTensor(trainer, "discriminator.from_rgb.0.bias"), std::numeric_limits<float>::quiet_NaN());
}

TEST_F(TrainingLoopTest, GradientsThatStayNotFiniteEndTheRun) {
  TrainConfig config = LoopConfig();
  config.kimg = 0.4;  // a hundred steps
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  Break(trainer);
  Record record;
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, HooksInto(&record));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kDiverged);
  EXPECT_EQ(trainer.steps(), 12) << "the first end of a tick with ten in a row, one a step";
  EXPECT_THAT(ListCheckpoints(run.path()), IsEmpty()) << "none of its states is one to go on from";
  const absl::StatusOr<Resumed> state = ResumeTrainer(run.DivergedPath("000000_048"), config, Device::Cpu());
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_TRUE(SameTensors(*state->trainer, trainer));
  for (const nlohmann::json& line : StatsOf(run)) {
    EXPECT_EQ(line["Loss/D/loss"]["num"], 0);
    EXPECT_EQ(line["Gradient/D/norm"]["num"], 0);
  }
}

// Ticks end every four steps, and every second of them with a checkpoint.
TEST_F(TrainingLoopTest, ADivergedStateDoesNotReplaceTheGoodOnes) {
  TrainConfig config = LoopConfig();
  config.kimg = 0.4;
  config.keep = 1;
  for (const auto& [last_good, kept] : std::vector<std::pair<int64_t, std::string>>{
           {17, "000000_032"},  // in the tick after the checkpoint of step 16, which is set aside
           {21, "000000_064"},  // a tick later: the checkpoint of step 16 has proven good
           {30, "000000_096"}}) {
    const int64_t step = last_good;
    const RunDirectory run = NewRun();
    Trainer trainer(config, Device::Cpu());
    TrainHooks hooks;
    hooks.on_step = [&trainer, step](const TrainProgress& p) {
      if (p.step == step) Break(trainer);
    };
    const absl::StatusOr<TrainEnd> end = Run(&trainer, run, hooks);
    ASSERT_TRUE(end.ok()) << end.status();
    EXPECT_EQ(*end, TrainEnd::kDiverged);
    EXPECT_EQ(*CheckpointAt(run.path()), run.CheckpointPath(kept)) << step;
  }
}

TEST_F(TrainingLoopTest, EveryTryLeavesTheLastGoodCheckpoint) {
  TrainConfig config = LoopConfig();
  config.keep = 1;
  const RunDirectory run = NewRun();
  {
    Trainer trainer(config, Device::Cpu());
    ASSERT_TRUE(Run(&trainer, run, TrainHooks()).ok());
  }
  const std::string good = run.CheckpointPath("000000_080");
  const std::string bytes = FileBytes(good);
  config.kimg = 0.4;
  for (int i = 0; i < 4; ++i) {
    TrainConfig wild = config;
    wild.optimizer.lr = 1e30 * (i + 1);
    const std::unique_ptr<Trainer> trainer = Loaded(run, wild);
    const absl::StatusOr<TrainEnd> end = Run(trainer.get(), run, TrainHooks());
    ASSERT_TRUE(end.ok()) << end.status();
    EXPECT_EQ(*end, TrainEnd::kDiverged);
    EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(good)) << i;
  }
  EXPECT_TRUE(FileBytes(good) == bytes);
  const std::unique_ptr<Trainer> trainer = Loaded(run, config);
  EXPECT_EQ(*Run(trainer.get(), run, TrainHooks()), TrainEnd::kFinished);
}

// With such weights, gradients are finite for many ticks.
TEST_F(TrainingLoopTest, AnExplosionDoesNotReplaceTheLastGoodCheckpoint) {
  TrainConfig config = LoopConfig();
  config.kimg = 0.4;
  config.keep = 1;
  config.optimizer.lr = config.optimizer.mapping_lr = 0;  // else they may overflow at once, or recover
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  TrainHooks hooks;
  hooks.on_step = [&trainer](const TrainProgress& p) {
    if (p.step == 17) Overwrite(StateTensor(trainer, "discriminator.from_rgb.0.bias"), 1e12f);
    if (p.step == 50) Break(trainer);
  };
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, hooks);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kDiverged);
  EXPECT_EQ(*CheckpointAt(run.path()), run.CheckpointPath("000000_032"));
  EXPECT_TRUE(std::filesystem::exists(run.DivergedPath("000000_192"))) << "set aside";
}

TEST_F(TrainingLoopTest, AStopAmongBrokenGradientsIsNoCheckpoint) {
  const RunDirectory run = NewRun();
  Trainer trainer(LoopConfig(), Device::Cpu());
  Record record;
  TrainHooks hooks = HooksInto(&record);
  hooks.on_step = [&](const TrainProgress& p) {
    if (p.step == 9) Break(trainer);
  };
  hooks.stop_requested = [&] { return trainer.steps() == 11; };
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, hooks);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kStopped);
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath("000000_032")));
  EXPECT_TRUE(std::filesystem::exists(run.DivergedPath("000000_044")));
  EXPECT_THAT(record.warnings, ElementsAre(HasSubstr("does not count as a checkpoint")));
}

TEST_F(TrainingLoopTest, AnInfiniteLearningRateEndsTheRun) {
  TrainConfig config = LoopConfig();
  config.kimg = 0.4;
  config.optimizer.lr = std::numeric_limits<double>::infinity();
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, TrainHooks());
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kDiverged);
  EXPECT_LT(trainer.steps(), 20);
}

TEST_F(TrainingLoopTest, ABadImageUnderFailIsAnErrorWithTheStateSaved) {
  images_.Write("image9.png", "not an image");
  const TrainConfig config = LoopConfig();
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, TrainHooks());
  ASSERT_FALSE(end.ok());
  EXPECT_THAT(std::string(end.status().message()), HasSubstr("image9.png"));
  EXPECT_NE(end.status().code(), absl::StatusCode::kUnavailable) << "which means that a state could not be written";
  EXPECT_LT(trainer.steps(), 3) << "it is met in the first epoch";
  EXPECT_TRUE(SameTensors(*Loaded(run, config), trainer));
}

TEST_F(TrainingLoopTest, ABadImageUnderSkipIsOneWarning) {
  images_.Write("image9.png", "not an image");
  const RunDirectory run = NewRun();
  Trainer trainer(LoopConfig(), Device::Cpu());
  Record record;
  const std::unique_ptr<Dataset> dataset = OpenImages(OnBadImage::kSkip);
  const absl::StatusOr<TrainEnd> end = RunTraining(&trainer, dataset.get(), run, LoopOptions(), HooksInto(&record));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kFinished);
  EXPECT_THAT(record.warnings, ElementsAre(AllOf(HasSubstr("skipped"), HasSubstr("image9.png"))));
}

TEST_F(TrainingLoopTest, OnlyTheNewestCheckpointsAreKept) {
  TrainConfig config = LoopConfig();
  config.batch = 50;
  config.kimg = 4;
  config.tick_kimg = 1;
  config.snap = 1;
  config.keep = 2;
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  ASSERT_TRUE(Run(&trainer, run, TrainHooks()).ok());
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath("000004"), run.CheckpointPath("000003")));
  for (const char* fakes : {"fakes000001.png", "fakes000002.png", "fakes000003.png", "fakes000004.png"}) {
    EXPECT_TRUE(std::filesystem::exists(run.File(fakes))) << fakes;
  }
}

// While an object lives, no file can grow beyond the given number of bytes, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit = {bytes, old_.rlim_max};
    SG_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit old_;
  void (*handler_)(int);
};

TEST_F(TrainingLoopTest, AFullDiskIsAWarningAndAtTheEndAnError) {
  const TrainConfig config = LoopConfig();
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  Record record;
  TrainHooks hooks = HooksInto(&record);
  std::unique_ptr<FullDisk> full;
  std::string good_state;
  hooks.on_step = [&](const TrainProgress& p) {
    if (p.step == 9) {  // after the checkpoint of step 8
      good_state = FileBytes(run.CheckpointPath("000000_032"));
      full = std::make_unique<FullDisk>(16 << 10);
    }
  };
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, hooks);
  full.reset();
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(trainer.steps(), 20) << "training went on";
  EXPECT_EQ(end.status().code(), absl::StatusCode::kUnavailable) << end.status();
  EXPECT_THAT(std::string(end.status().message()), HasSubstr(run.CheckpointPath("000000_080")));
  EXPECT_THAT(record.warnings, Contains(HasSubstr(run.CheckpointPath("000000_064")))) << "at step 16";
  ASSERT_FALSE(good_state.empty());
  EXPECT_TRUE(FileBytes(run.CheckpointPath("000000_032")) == good_state) << "the checkpoint before is untouched";
  EXPECT_EQ(Loaded(run, config)->steps(), 8);
  for (const auto& entry : std::filesystem::directory_iterator(run.path())) {
    EXPECT_THAT(entry.path().string(), Not(HasSubstr(".tmp.")));
  }
}

TEST_F(TrainingLoopTest, ADiskThatIsFullForAWhileIsOnlyAWarning) {
  const TrainConfig config = LoopConfig();
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  Record record;
  TrainHooks hooks = HooksInto(&record);
  std::unique_ptr<FullDisk> full;
  hooks.on_step = [&](const TrainProgress& p) {
    if (p.step == 5) full = std::make_unique<FullDisk>(16 << 10);
    if (p.step == 10) full.reset();
  };
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, hooks);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_THAT(record.warnings, Contains(HasSubstr(run.CheckpointPath("000000_032"))));
  EXPECT_EQ(Loaded(run, config)->steps(), 20);
}

}  // namespace
}  // namespace sg::gan
