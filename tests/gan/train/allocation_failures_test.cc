// Memory that runs out while a checkpoint is loaded or saved, in a step, and in the loop: an error, and no lost file.
#include "tests/support/allocation_failures.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/device_failure.h"
#include "engine/io/atomic_file.h"
#include "engine/io/directory.h"
#include "gan/data/dataset.h"
#include "gan/image/encode_png.h"
#include "gan/train/checkpoint_copy.h"
#include "gan/train/pretrained.h"
#include "gan/train/run_directory.h"
#include "gan/train/snapshot.h"
#include "gan/train/training_loop.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kStride = 37;

std::vector<uint8_t> Pixels(int value) {
  std::vector<uint8_t> pixels(8 * 8 * 3);
  for (size_t p = 0; p < pixels.size(); ++p) pixels[p] = static_cast<uint8_t>(value + p);
  return pixels;
}

class AllocationFailuresTest : public ::testing::Test {
 protected:
  AllocationFailuresTest() : trainer_(Config(), Device::Cpu()) {
    run_.emplace(*RunDirectory::Create(runs_.path(), "run"));
    for (int i = 0; i < 10; ++i) {
      images_.Write(absl::StrCat("image", i, ".png"), EncodePng({8, 8, 3, Pixels(i * 25)}).value());
    }
    for (int i = 0; i < 2; ++i) Step(&trainer_);
    checkpoint_ = CheckpointPath(trainer_, *run_);
    EXPECT_TRUE(SaveCheckpoint(trainer_, checkpoint_).ok());
    bytes_ = FileBytes(checkpoint_);
  }

  static TrainConfig Config() {
    TrainConfig config = SmallConfig();
    config.kimg = 0.024;  // six steps
    config.tick_kimg = 0.008;
    config.snap = 1;
    config.keep = 1;
    return config;
  }
  static void Step(Trainer* trainer) { trainer->Step(SmallBatch(trainer->config(), trainer->steps())); }
  std::unique_ptr<Trainer> Load() { return std::move(ResumeTrainer(checkpoint_, Config(), Device::Cpu())->trainer); }

  // There is a checkpoint, all that are there can be loaded, and no temporary file stays when the run is opened again.
  // Puts the first checkpoint back.
  void ExpectNothingIsLost() {
    io::WriteFileAtomically(run_->File("training_options.json"), R"({"model":{}})").IgnoreError();
    const std::vector<std::string> checkpoints = ListCheckpoints(run_->path());
    ASSERT_FALSE(checkpoints.empty());
    for (const std::string& checkpoint : checkpoints) {
      EXPECT_TRUE(ResumeTrainer(checkpoint, Config(), Device::Cpu()).ok()) << checkpoint;
      if (checkpoint != checkpoint_) io::RemoveFile(checkpoint).IgnoreError();
    }
    const std::string path = run_->path();
    run_.reset();  // its lock
    absl::StatusOr<RunDirectory> opened = RunDirectory::Open(path);
    ASSERT_TRUE(opened.ok()) << opened.status();
    run_.emplace(*std::move(opened));
    const std::vector<std::string> names = *io::NamesInDirectory(path);
    for (const std::string& name : names) EXPECT_THAT(name, Not(HasSubstr(".tmp.")));
    ASSERT_TRUE(io::WriteFileAtomically(checkpoint_, bytes_).ok());
  }

  std::unique_ptr<Dataset> OpenImages() {
    DatasetOptions options;
    options.path = images_.path();
    options.spec = {8, 8, 3};
    return *Dataset::Open(options);
  }

  nn::ScratchDir images_, runs_;
  std::optional<RunDirectory> run_;
  Trainer trainer_;                 // after two steps
  std::string checkpoint_, bytes_;  // of that state
};

TEST_F(AllocationFailuresTest, LoadCheckpoint) {
  WithAllocationsFailingInChildren(
      [&] {
        const absl::StatusOr<Resumed> resumed = ResumeTrainer(checkpoint_, Config(), Device::Cpu());
        if (!resumed.ok()) return resumed.status();
        return SameTensors(*resumed->trainer, trainer_) ? absl::OkStatus() : absl::InternalError("another state");
      },
      [](bool) {}, kStride);
}

TEST_F(AllocationFailuresTest, LoadPretrained) {
  WithAllocationsFailingInChildren([&] { return LoadPretrained(checkpoint_, Device::Cpu()).status(); }, [](bool) {},
                                   kStride);
}

TEST_F(AllocationFailuresTest, Step) {
  const std::unique_ptr<Trainer> trainer = Load(), right = Load();
  Step(right.get());
  WithAllocationsFailingInChildren(
      [&] {
        Step(trainer.get());
        return SameTensors(*trainer, *right) ? absl::OkStatus() : absl::InternalError("another state");
      },
      [](bool) {}, kStride);
}

TEST_F(AllocationFailuresTest, SaveCheckpoint) {
  const std::unique_ptr<Trainer> later = Load();
  Step(later.get());
  const std::string later_bytes = *SerializeCheckpoint(*later);
  WithAllocationsFailingInChildren([&] { return SaveCheckpoint(*later, checkpoint_); },
                                   [&](bool succeeded) {
                                     const std::string now = FileBytes(checkpoint_);
                                     EXPECT_TRUE(now == later_bytes || (!succeeded && now == bytes_));
                                     ExpectNothingIsLost();
                                   },
                                   kStride);
}

// With a decoding thread.
TEST_F(AllocationFailuresTest, TheLoop) {
  const std::unique_ptr<Dataset> dataset = OpenImages();
  LoopOptions options;
  options.workers = 1;
  const std::unique_ptr<Trainer> trainer = Load();
  WithAllocationsFailingInChildren(
      [&] { return RunTraining(trainer.get(), dataset.get(), *run_, options, TrainHooks()).status(); },
      [&](bool) { ExpectNothingIsLost(); }, /*stride=*/15 * kStride);
}

// What `train` does: the state of the last tick is saved before the process ends.
TEST_F(AllocationFailuresTest, TheHandlerSaves) {
  const std::unique_ptr<Dataset> dataset = OpenImages();
  CheckpointCopy copy;
  LoopOptions options;
  options.workers = 1;
  options.copy = &copy;
  const std::unique_ptr<Trainer> trainer = Load();
  WithAllocationsFailingInChildren(
      [&] {
        const DeviceFailureScope scope([&](const DeviceFailure&) {
          if (!copy.empty() && !copy.Write().ok()) std::_Exit(99);
          return std::string();
        });
        return RunTraining(trainer.get(), dataset.get(), *run_, options, TrainHooks()).status();
      },
      [&](bool) { ExpectNothingIsLost(); }, /*stride=*/15 * kStride);
}

}  // namespace
}  // namespace sg::gan
