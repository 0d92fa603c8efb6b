// A training that diverges goes back to its last good state, and from there on by the same bits however often it is
// stopped in between.
#include "gan/train/rollback.h"

#include <filesystem>
#include <limits>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/io/safetensors_reader.h"
#include "gan/data/dataset.h"
#include "gan/image/encode_png.h"
#include "gan/train/run_directory.h"
#include "gan/train/snapshot.h"
#include "gan/train/training_loop.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/gan/train/small_run.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Forty steps of four images, with a tick every four steps and a checkpoint every second tick.
TrainConfig RollbackConfig() {
  TrainConfig config = SmallConfig();
  config.augment.aug = AugMode::kAda;
  config.augment.pipe = AugPipe::kBlit;
  config.augment.target = -1;  // p only grows
  config.augment.ada_kimg = 0.5;
  config.kimg = 0.16;
  config.tick_kimg = 0.016;
  config.snap = 2;
  config.keep = 1;
  config.on_divergence = OnDivergence::kRollback;
  return config;
}

// Puts a NaN into the discriminator, after which no gradient of it is finite.
void Break(Trainer* trainer) {
  Overwrite(StateTensor(*trainer, "discriminator.from_rgb.0.bias"), std::numeric_limits<float>::quiet_NaN());
}

class RollbackTest : public ::testing::Test {
 protected:
  RollbackTest() {
    for (int i = 0; i < 10; ++i) {
      images_.Write("image" + std::to_string(i) + ".png",
                    EncodePng({8, 8, 3, std::vector<uint8_t>(8 * 8 * 3, static_cast<uint8_t>(i * 25))}).value());
    }
  }

  RunDirectory NewRun() { return *RunDirectory::Create(runs_.path(), "run"); }

  absl::StatusOr<TrainEnd> Run(Trainer* trainer, const RunDirectory& run, TrainHooks hooks) {
    hooks.on_warning = [this](absl::string_view text) { warnings_.emplace_back(text); };
    DatasetOptions options;
    options.path = images_.path();
    options.spec = {8, 8, 3};
    LoopOptions loop;
    loop.workers = 1;
    return RunTraining(trainer, Dataset::Open(options)->get(), run, loop, hooks);
  }

  // Breaks the trainer after a step, as long as it has gone back less than `times` times.
  static TrainHooks BreaksAfter(int64_t step, Trainer* trainer, int64_t times = 1) {
    TrainHooks hooks;
    hooks.on_step = [=](const TrainProgress& p) {
      if (p.step == step && trainer->rollback().count < times) Break(trainer);
    };
    return hooks;
  }

  static std::vector<nlohmann::json> StatsOf(const RunDirectory& run) {
    std::vector<nlohmann::json> lines;
    std::istringstream in(FileBytes(run.File("stats.jsonl")));
    std::string line;
    while (std::getline(in, line)) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  // A training that has gone back from step 32 to step 16, by hand: what follows is what a rollback must give.
  std::string WantedState() {
    const RunDirectory run = NewRun();
    Trainer trainer(RollbackConfig(), Device::Cpu());
    TrainHooks hooks;
    hooks.stop_requested = [&] { return trainer.steps() == 16; };
    EXPECT_EQ(*Run(&trainer, run, hooks), TrainEnd::kStopped);
    trainer.set_rollback({/*count=*/1, /*good=*/16, /*candidate=*/16, /*unsteady=*/false});
    EXPECT_EQ(*Run(&trainer, run, TrainHooks()), TrainEnd::kFinished);
    return WholeState(trainer);
  }

  nn::ScratchDir images_, runs_;
  std::vector<std::string> warnings_;
};

// Broken after step 21, it has ten gradients in a row that are not finite at the end of the tick of step 32. The state
// of step 24 is broken, and that of step 16 was followed by a whole steady tick.
TEST_F(RollbackTest, GoesBackToTheBitsOfTheLastGoodStateWithHalfTheRates) {
  const std::string wanted = WantedState();
  const TrainConfig config = RollbackConfig();
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, BreaksAfter(21, &trainer));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kFinished);
  EXPECT_EQ(trainer.steps(), 40);
  EXPECT_EQ(trainer.rollback().count, 1);
  EXPECT_DOUBLE_EQ(trainer.learning_rate(), config.optimizer.lr / 2);
  EXPECT_TRUE(WholeState(trainer) == wanted);
  EXPECT_THAT(warnings_,
              Contains(HasSubstr("diverged at step 32: back to step 16 (" + run.CheckpointPath("000000_064") +
                                 "), with the learning rate 0.0005; rollback 1 of 3")));
  EXPECT_GT(trainer.augment_p(), 0) << "its state went back, too";
}

TEST_F(RollbackTest, TheStatisticsKnowOfIt) {
  const TrainConfig config = RollbackConfig();
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  ASSERT_TRUE(Run(&trainer, run, BreaksAfter(21, &trainer)).ok());
  std::vector<int64_t> steps;
  for (const nlohmann::json& line : StatsOf(run)) {
    steps.push_back(line["step"]);
    if (steps.size() <= 4) {
      EXPECT_FALSE(line.contains("Progress/rollbacks"));
      continue;
    }
    EXPECT_EQ(line["Progress/rollbacks"], 1);
    EXPECT_EQ(line["Progress/lr"], config.optimizer.lr / 2);
    EXPECT_EQ(line.contains("Progress/diverged_step"), steps.size() == 5);
  }
  EXPECT_THAT(steps, ElementsAre(4, 8, 12, 16, 16, 20, 24, 28, 32, 36, 40));
  EXPECT_EQ(StatsOf(run)[4]["Progress/diverged_step"], 32);
}

// Whatever a user does in between, and however few checkpoints the run keeps.
TEST_F(RollbackTest, StopsAndRequestsDoNotChangeTheBits) {
  const std::string wanted = WantedState();
  const TrainConfig config = RollbackConfig();
  for (const std::set<int64_t>& stops : {std::set<int64_t>{18, 19, 20}, {3, 16, 17, 27}, {8, 21, 33}}) {
    const RunDirectory run = NewRun();
    auto trainer = std::make_unique<Trainer>(config, Device::Cpu());
    std::set<int64_t> left = stops;
    bool finished = false;
    for (int i = 0; i < 20 && !finished; ++i) {
      TrainHooks hooks = BreaksAfter(21, trainer.get());
      hooks.stop_requested = [&] { return left.erase(trainer->steps()) > 0; };
      hooks.save_requested = [&] { return trainer->steps() % 3 == 0; };
      const absl::StatusOr<TrainEnd> end = Run(trainer.get(), run, hooks);
      ASSERT_TRUE(end.ok()) << end.status();
      finished = *end == TrainEnd::kFinished;
      if (finished) break;
      const absl::StatusOr<std::string> newest = CheckpointAt(run.path());
      ASSERT_TRUE(newest.ok()) << newest.status();
      absl::StatusOr<Resumed> resumed = ResumeTrainer(*newest, config, Device::Cpu());
      ASSERT_TRUE(resumed.ok()) << resumed.status();
      trainer = std::move(resumed->trainer);
    }
    EXPECT_TRUE(finished);
    EXPECT_EQ(trainer->rollback().count, 1);
    EXPECT_TRUE(WholeState(*trainer) == wanted) << *stops.begin();
  }
}

// A checkpoint that was written by a user's request in the tick that is broken is later than the good state.
TEST_F(RollbackTest, SetsLaterCheckpointsAside) {
  const RunDirectory run = NewRun();
  Trainer trainer(RollbackConfig(), Device::Cpu());
  TrainHooks hooks = BreaksAfter(26, &trainer);
  hooks.save_requested = [&] { return trainer.steps() == 18 && trainer.rollback().count == 0; };
  hooks.stop_requested = [&] { return trainer.rollback().count == 1; };
  ASSERT_EQ(*Run(&trainer, run, hooks), TrainEnd::kStopped);
  // The tick from 20 to 24 was steady, so the checkpoint of step 16 was good.
  EXPECT_EQ(trainer.steps(), 17);
  EXPECT_THAT(ListCheckpoints(run.path()),
              ElementsAre(run.CheckpointPath("000000_068"), run.CheckpointPath("000000_064")));
}

TEST_F(RollbackTest, TheFirstStateIsGood) {
  const RunDirectory run = NewRun();
  Trainer trainer(RollbackConfig(), Device::Cpu());
  ASSERT_EQ(*Run(&trainer, run, BreaksAfter(2, &trainer)), TrainEnd::kFinished);
  EXPECT_EQ(trainer.rollback().count, 1);
  EXPECT_THAT(warnings_, Contains(HasSubstr("back to step 0 (" + run.CheckpointPath("000000") + ")")));
}

TEST_F(RollbackTest, EndsAfterSoManyTimes) {
  TrainConfig config = RollbackConfig();
  config.max_rollbacks = 2;
  const RunDirectory run = NewRun();
  Trainer trainer(config, Device::Cpu());
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, BreaksAfter(21, &trainer, /*times=*/100));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kDiverged);
  EXPECT_EQ(trainer.rollback().count, 2);
  EXPECT_DOUBLE_EQ(trainer.learning_rate(), config.optimizer.lr / 4);
  EXPECT_THAT(warnings_, Contains(HasSubstr("after 2 rollbacks; --max-rollbacks=2 allows no more")));
  const std::string good = run.CheckpointPath("000000_064");
  EXPECT_EQ(*CheckpointAt(run.path()), good);
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(good);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->metadata().at("rollback.count"), "2") << "a run that is resumed knows";
}

// A run of another mode, or one whose folder has lost the file, begins with its present state.
TEST_F(RollbackTest, AResumedRunWithoutAGoodStateStartsFromItsOwn) {
  TrainConfig config = RollbackConfig();
  config.on_divergence = OnDivergence::kStop;
  const RunDirectory run = NewRun();
  {
    Trainer trainer(config, Device::Cpu());
    TrainHooks hooks;
    hooks.stop_requested = [&] { return trainer.steps() == 18; };
    ASSERT_EQ(*Run(&trainer, run, hooks), TrainEnd::kStopped);
    EXPECT_EQ(trainer.rollback().good, 0) << "nothing is kept in this mode";
  }
  absl::StatusOr<Resumed> resumed = ResumeTrainer(run.CheckpointPath("000000_072"), RollbackConfig(), Device::Cpu());
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  Trainer& trainer = *resumed->trainer;
  ASSERT_EQ(*Run(&trainer, run, BreaksAfter(19, &trainer)), TrainEnd::kFinished);
  EXPECT_THAT(warnings_, Contains(HasSubstr("back to step 18 (")));
}

TEST_F(RollbackTest, ADamagedGoodStateEndsTheRun) {
  const RunDirectory run = NewRun();
  Trainer trainer(RollbackConfig(), Device::Cpu());
  TrainHooks hooks = BreaksAfter(21, &trainer);
  const auto breaks = hooks.on_step;
  hooks.on_step = [&](const TrainProgress& p) {
    breaks(p);
    if (p.step == 30) std::filesystem::resize_file(run.CheckpointPath("000000_064"), 1000);
  };
  const absl::StatusOr<TrainEnd> end = Run(&trainer, run, hooks);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, TrainEnd::kDiverged);
  EXPECT_THAT(warnings_, Contains(HasSubstr("cannot go back: " + run.CheckpointPath("000000_064"))));
}

// Part of the tick was before a stop.
TEST_F(RollbackTest, ATickThatWasUnsteadyBeforeAStopIsNotSteady) {
  const RunDirectory run = NewRun();
  Trainer trainer(RollbackConfig(), Device::Cpu()), resumed(RollbackConfig(), Device::Cpu());
  trainer.set_rollback({0, 8, 16, false});
  Rollback before(&trainer, run);
  before.BeforeSave(/*steady=*/false);
  ASSERT_TRUE(trainer.Save(runs_.File("state"), {}).ok());
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(runs_.File("state"));
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(resumed.Load(*file).ok());
  Rollback after(&resumed, run);
  after.EndTick(/*whole=*/true, /*steady=*/true);
  EXPECT_EQ(resumed.rollback().good, 8);
  after.EndTick(/*whole=*/false, /*steady=*/true);
  EXPECT_EQ(resumed.rollback().good, 8) << "a tick that the end of training cuts short proves nothing";
  after.EndTick(/*whole=*/true, /*steady=*/true);
  EXPECT_EQ(resumed.rollback().good, 16);
}

}  // namespace
}  // namespace sg::gan
