// A training whose disk fails, call by call. Whatever happens, the folder of the run holds a state to go on from, and
// going on from it gives the bits of a training that nothing has disturbed.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/io/atomic_file.h"
#include "engine/io/fault_injection.h"
#include "engine/io/safetensors_reader.h"
#include "gan/image/encode_png.h"
#include "gan/train/resume.h"
#include "gan/train/run_directory.h"
#include "gan/train/snapshot.h"
#include "gan/train/training_loop.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/nightly.h"

namespace sg::gan {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kImages = 10;
constexpr int64_t kFirstSteps = 8, kSteps = 20;

// Ticks end every four steps, and every second of them with a checkpoint.
TrainConfig Config() {
  TrainConfig config = SmallConfig();
  config.kimg = 0.08;
  config.tick_kimg = 0.016;
  config.snap = 2;
  config.keep = 1;
  return config;
}

TrainConfig FirstConfig() {
  TrainConfig config = Config();
  config.kimg = 0.032;
  return config;
}

std::string NameOf(io::SystemCall call) {
  constexpr const char* kNames[] = {"open", "stat",   "read",   "write", "truncate", "sync",  "close",
                                    "link", "rename", "unlink", "mkdir", "readdir",  "flock", "realpath"};
  static_assert(std::size(kNames) == io::kNumSystemCalls);
  return kNames[static_cast<int>(call)];
}

struct Outcome {
  absl::StatusOr<TrainEnd> end = TrainEnd::kFinished;
  std::vector<std::string> warnings;
  int64_t steps = 0;
  int64_t faults = 0;
};

class DiskFaultsTest : public ::testing::Test {
 protected:
  DiskFaultsTest() {
    std::vector<uint8_t> pixels(8 * 8 * 3);
    for (int i = 0; i < kImages; ++i) {
      for (size_t p = 0; p < pixels.size(); ++p) pixels[p] = static_cast<uint8_t>(i * 25 + p);
      images_.Write(absl::StrCat("image", i, ".png"), EncodePng({8, 8, 3, pixels}).value());
    }
    DatasetOptions options;
    options.path = images_.path();
    options.spec = {8, 8, 3};
    dataset_ = *Dataset::Open(options);
    for (int i = 0; i < kImages; ++i) EXPECT_TRUE(dataset_->Get(i).ok());  // in memory from here on
    reference_ = std::make_unique<Trainer>(Config(), Device::Cpu());
    const nn::ScratchDir runs;
    const RunDirectory run = *RunDirectory::Create(runs.path(), "reference");
    EXPECT_TRUE(RunTraining(reference_.get(), dataset_.get(), run, OneWorker(), TrainHooks()).ok());
    EXPECT_EQ(reference_->steps(), kSteps);

    const RunDirectory first = *RunDirectory::Create(first_runs_.path(), "run");
    EXPECT_TRUE(io::WriteFileAtomically(first.File("training_options.json"), R"({"model":{}})").ok());
    Trainer trainer(FirstConfig(), Device::Cpu());
    EXPECT_TRUE(RunTraining(&trainer, dataset_.get(), first, OneWorker(), TrainHooks()).ok());
    EXPECT_EQ(trainer.steps(), kFirstSteps);
    first_run_ = first.path();
  }

  static LoopOptions OneWorker() {
    LoopOptions options;
    options.workers = 1;
    return options;
  }

  // A copy of the run with a checkpoint after the first steps.
  std::string MakeRun(const nn::ScratchDir& runs) {
    const std::string path = RunDirectory::Create(runs.path(), "run")->path();
    std::filesystem::copy(first_run_, path, std::filesystem::copy_options::recursive);
    return path;
  }

  std::unique_ptr<Trainer> Load(const std::string& checkpoint) {
    absl::StatusOr<Resumed> resumed = ResumeTrainer(checkpoint, Config(), Device::Cpu());
    EXPECT_TRUE(resumed.ok()) << resumed.status();
    return resumed.ok() ? std::move(resumed->trainer) : nullptr;
  }

  // Goes on from the first steps to the end, with faults.
  Outcome TrainWith(const io::FaultPlan& plan, const std::string& path) {
    const RunDirectory run = *RunDirectory::Open(path);
    const std::unique_ptr<Trainer> trainer = Load(ListCheckpoints(path)[0]);
    Outcome outcome;
    TrainHooks hooks;
    hooks.on_warning = [&](absl::string_view text) { outcome.warnings.emplace_back(text); };
    {
      const io::FaultInjection faults(plan);
      outcome.end = RunTraining(trainer.get(), dataset_.get(), run, OneWorker(), hooks);
      outcome.faults = faults.faults();
    }
    outcome.steps = trainer->steps();
    return outcome;
  }

  // What must hold in the folder of a run after any faults.
  void ExpectNothingIsLost(const std::string& path) {
    const std::vector<std::string> checkpoints = ListCheckpoints(path);
    ASSERT_FALSE(checkpoints.empty());
    for (const std::string& checkpoint : checkpoints) {
      const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(checkpoint);
      ASSERT_TRUE(file.ok()) << file.status();
      EXPECT_TRUE(file->Verify().ok()) << checkpoint;
    }
    const RunDirectory run = *RunDirectory::Open(path);
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      EXPECT_THAT(entry.path().string(), Not(HasSubstr(".tmp.")));
    }
    const std::unique_ptr<Trainer> trainer = Load(checkpoints[0]);
    ASSERT_NE(trainer, nullptr);
    ASSERT_GE(trainer->steps(), kFirstSteps);
    ASSERT_TRUE(RewindRun(run, *trainer).ok());
    const absl::StatusOr<TrainEnd> end = RunTraining(trainer.get(), dataset_.get(), run, OneWorker(), TrainHooks());
    ASSERT_TRUE(end.ok()) << end.status();
    EXPECT_TRUE(SameTensors(*trainer, *reference_));
  }

  // Trains with faults. Only writing can fail here, and no failure may end the training.
  void ExpectTrainingGoesOn(const io::FaultPlan& plan, int64_t* faults = nullptr) {
    const nn::ScratchDir runs;
    const std::string path = MakeRun(runs);
    const Outcome outcome = TrainWith(plan, path);
    if (faults != nullptr) *faults = outcome.faults;
    EXPECT_EQ(outcome.steps, kSteps);
    const std::string last = absl::StrCat(path, "/network-snapshot-000000_080.safetensors");
    if (outcome.end.ok()) {
      EXPECT_EQ(*outcome.end, TrainEnd::kFinished);
      EXPECT_TRUE(SameTensors(*Load(last), *reference_)) << "the last state is saved";
    } else {
      EXPECT_TRUE(absl::IsUnavailable(outcome.end.status())) << outcome.end.status();
      EXPECT_THAT(std::string(outcome.end.status().message()), HasSubstr(last));
      EXPECT_THAT(outcome.warnings, Contains(outcome.end.status().message()));
    }
    ExpectNothingIsLost(path);
  }

  nn::ScratchDir images_, first_runs_;
  std::string first_run_;
  std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<Trainer> reference_;  // after all steps
};

TEST_F(DiskFaultsTest, EveryKindOfCallFailsAgainAndAgain) {
  int64_t faults = 0;
  for (int kind = 0; kind < io::kNumSystemCalls; ++kind) {
    for (const int error : {ENOSPC, EIO, EDQUOT, EROFS}) {
      for (const int64_t every : {1, 3}) {
        const auto call = static_cast<io::SystemCall>(kind);
        SCOPED_TRACE(absl::StrCat("every ", every, ". ", NameOf(call), ": ", strerror(error)));
        io::FaultPlan plan;
        plan.calls = {call};
        plan.error = error;
        plan.first = every;
        plan.every = every;
        int64_t failed = 0;
        ExpectTrainingGoesOn(plan, &failed);
        faults += failed;
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(faults, 300);
}

TEST_F(DiskFaultsTest, OneCallFailsWhicheverItIs) {
  const int64_t stride = Nightly<int64_t>(5, 1);
  int64_t n = 1;
  for (int64_t faults = 1; faults > 0; n += stride) {
    SCOPED_TRACE(absl::StrCat("call ", n));
    io::FaultPlan plan;
    plan.error = n % 2 == 0 ? EIO : ENOSPC;
    plan.first = n;
    ExpectTrainingGoesOn(plan, &faults);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(n, 100) << "the calls of a training";
}

TEST_F(DiskFaultsTest, FromSomeCallOnAllFail) {
  int64_t n = 1;
  for (int64_t faults = 1; faults > 0; n += 31) {
    SCOPED_TRACE(absl::StrCat("from call ", n, " on"));
    io::FaultPlan plan;
    plan.error = EROFS;
    plan.first = n;
    plan.every = 1;
    ExpectTrainingGoesOn(plan, &faults);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(n, 100);
}

TEST_F(DiskFaultsTest, InterruptionsAndShortTransfersAreNotNoticed) {
  io::FaultPlan interrupted, short_transfers;
  interrupted.error = EINTR;
  interrupted.every = 2;
  short_transfers.max_bytes = 100;
  short_transfers.every = 1;
  for (const io::FaultPlan& plan : {interrupted, short_transfers}) {
    const nn::ScratchDir runs;
    const std::string path = MakeRun(runs);
    const Outcome outcome = TrainWith(plan, path);
    EXPECT_TRUE(outcome.end.ok()) << outcome.end.status();
    EXPECT_THAT(outcome.warnings, IsEmpty());
    EXPECT_GT(outcome.faults, 50);
    EXPECT_TRUE(SameTensors(*Load(ListCheckpoints(path)[0]), *reference_));
    ExpectNothingIsLost(path);
  }
}

TEST_F(DiskFaultsTest, AStateThatCouldNotBeWrittenIsWrittenAtTheNextTick) {
  const nn::ScratchDir runs;
  const std::string path = MakeRun(runs);
  io::FaultPlan plan;
  plan.calls = {io::SystemCall::kRename};
  plan.error = EIO;
  plan.first = 2;  // the first is that of the pictures
  Outcome outcome;
  std::vector<std::string> written;
  {
    TrainConfig config = Config();
    config.kimg = 0.1;
    config.snap = 4;  // at steps 16 and, as the last, 25
    absl::StatusOr<Resumed> resumed = ResumeTrainer(ListCheckpoints(path)[0], config, Device::Cpu());
    ASSERT_TRUE(resumed.ok()) << resumed.status();
    const RunDirectory run = *RunDirectory::Open(path);
    TrainHooks hooks;
    hooks.on_note = [&](absl::string_view text) {
      written.push_back(std::filesystem::path(std::string(text)).filename());
    };
    const io::FaultInjection faults(plan);
    outcome.end = RunTraining(resumed->trainer.get(), dataset_.get(), run, OneWorker(), hooks);
  }
  ASSERT_TRUE(outcome.end.ok()) << outcome.end.status();
  EXPECT_THAT(written, ::testing::ElementsAre("fakes000000_064.png", "network-snapshot-000000_080.safetensors",
                                              "fakes000000_100.png", "network-snapshot-000000_100.safetensors"));
}

TEST_F(DiskFaultsTest, ResumingFailsOrGoesOnAndTouchesNoState) {
  int64_t n = 1;
  for (int64_t count = 1; count > 0; n += 9) {
    SCOPED_TRACE(absl::StrCat("call ", n));
    const nn::ScratchDir runs;
    const std::string path = MakeRun(runs);
    const std::string state = FileBytes(ListCheckpoints(path)[0]);
    io::FaultPlan plan;
    plan.error = EIO;
    plan.first = n;
    {
      const io::FaultInjection faults(plan);
      const auto unchanged = [](const TrainConfig&) { return Config(); };
      std::vector<std::string> passed_over;
      const absl::StatusOr<std::vector<std::string>> candidates = ResumeCandidates(path, runs.path(), &passed_over);
      const absl::StatusOr<ResumedRun> resumed = candidates.ok() ? ResumeRun(*candidates, unchanged, Device::Cpu())
                                                                 : absl::StatusOr<ResumedRun>(candidates.status());
      if (resumed.ok()) {
        const absl::StatusOr<RunDirectory> run = RunDirectory::Open(path);
        if (run.ok()) RewindRun(*run, *resumed->trainer).IgnoreError();
      } else {
        EXPECT_FALSE(resumed.status().message().empty());
      }
      count = faults.faults();
    }
    ASSERT_EQ(ListCheckpoints(path).size(), 1u);
    EXPECT_TRUE(FileBytes(ListCheckpoints(path)[0]) == state);
    ExpectNothingIsLost(path);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(n, 100);
}

}  // namespace
}  // namespace sg::gan
