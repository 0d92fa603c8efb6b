#include "tools/train_failure.h"

#include <filesystem>
#include <string>

#include "engine/base/device.h"
#include "engine/base/device_failure.h"
#include "engine/tensor/record_scope.h"
#include "engine/tensor/tensor.h"
#include "gan/train/memory_plan.h"
#include "gan/train/run_directory.h"
#include "gan/train/trainer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/scratch_dir.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/progress.h"

namespace sg::cli {
namespace {

using ::testing::AllOf;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::StartsWith;

gan::TrainConfig BatchOf16() {
  gan::TrainConfig config = gan::SmallConfig();
  config.batch = 16;
  config.model.mbstd_group = 4;
  return config;
}

int64_t Peak(gan::TrainConfig config, int grad_accum) {
  config.grad_accum = grad_accum;
  return gan::PredictPeakBytes(config);
}

std::string Bytes(int64_t bytes) { return FormatBytes(static_cast<uint64_t>(bytes)); }

TEST(MemoryAdviceTest, IsTheFewestPartsThatFit) {
  const gan::TrainConfig config = BatchOf16();
  const int64_t half = Peak(config, 2), quarter = Peak(config, 4);
  const int64_t roomy = half * 2, tight = quarter * 8 / 7 + 8;  // an eighth stays free
  ASSERT_LT(tight - tight / 8, half);
  EXPECT_EQ(MemoryAdvice(config, roomy),
            "--grad-accum=2 (8 images at a time) would take about " + Bytes(half) + " of " + Bytes(roomy) + ".\n");
  EXPECT_EQ(MemoryAdvice(config, tight),
            "--grad-accum=4 (4 images at a time) would take about " + Bytes(quarter) + " of " + Bytes(tight) + ".\n");
  EXPECT_THAT(MemoryAdvice(config, quarter), StartsWith("No --grad-accum would make it fit"))
      << "with nothing left for workspaces";
}

// The prediction may be below what a GPU takes; what failed is no advice.
TEST(MemoryAdviceTest, IsLessThanWhatFailed) {
  gan::TrainConfig config = BatchOf16();
  const int64_t plenty = int64_t{1} << 40;
  EXPECT_THAT(MemoryAdvice(config, plenty), StartsWith("--grad-accum=2 (8 images"));
  config.grad_accum = 2;
  EXPECT_THAT(MemoryAdvice(config, plenty), StartsWith("--grad-accum=4 (4 images"));
  config.grad_accum = 4;
  EXPECT_THAT(MemoryAdvice(config, plenty),
              AllOf(StartsWith("No --grad-accum"), HasSubstr("groups of 4 images (--mbstd-group)")));
}

TEST(MemoryAdviceTest, WithoutACapacityItIsGeneral) {
  EXPECT_EQ(MemoryAdvice(BatchOf16(), 0), "A larger --grad-accum takes less memory.\n");
}

class TrainFailureDeathTest : public ::testing::Test {
 protected:
  TrainFailureDeathTest() : run_(*gan::RunDirectory::Create(folder_.path(), "run")) {
    // The handler starts a thread.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }

  // Two steps, a copy, another step, and the end.
  void Fail(const DeviceFailure& failure) {
    const gan::TrainConfig config = BatchOf16();
    TrainFailure on_failure;
    on_failure.SetConfig(config);
    on_failure.SetRun(&run_);
    gan::Trainer trainer(config, Device::Cpu());
    for (int i = 0; i < 2; ++i) trainer.Step(gan::SmallBatch(config, i));
    ASSERT_TRUE(on_failure.copy()->Take(trainer, run_).ok());
    trainer.Step(gan::SmallBatch(config, 2));
    const RecordScope no_record(false);  // the advice is computed all the same
    FailDevice(failure);
  }

  nn::ScratchDir folder_;
  gan::RunDirectory run_;
};

TEST_F(TrainFailureDeathTest, SavesTheCopyAndSaysHowToGoOn) {
  DeviceFailure failure;
  failure.message = "the GPU fell off the bus";
  EXPECT_EXIT(
      Fail(failure), ExitedWithCode(kExitRuntimeError),
      "^the GPU fell off the bus\n"
      "Saved the state of step 2, copied at the last tick: .*/00000-run/network-snapshot-000000_032.safetensors\n"
      "Resume: bazel run //tools:train -- --resume=.*/00000-run\n$");
}

TEST_F(TrainFailureDeathTest, OutOfMemoryAlsoSaysWhatWouldFit) {
  DeviceFailure failure;
  failure.kind = DeviceFailure::Kind::kOutOfMemory;
  failure.message = "no memory";
  failure.capacity_bytes = int64_t{1} << 40;
  EXPECT_EXIT(
      Fail(failure), ExitedWithCode(kExitRuntimeError),
      "^no memory\nSaved the state of step 2, .*\nResume: .*\n--grad-accum=2 \\(8 images at a time\\) would take "
      "about .* of 1.0 TiB.\n$");
}

// As while the configuration of a checkpoint is read.
TEST_F(TrainFailureDeathTest, BeforeThereIsAConfigurationOrARunItOnlySaysWhatFailed) {
  const auto fail = [] {
    const TrainFailure on_failure;
    DeviceFailure failure;
    failure.kind = DeviceFailure::Kind::kOutOfMemory;
    failure.message = "no memory";
    FailDevice(failure);
  };
  EXPECT_EXIT(fail(), ExitedWithCode(kExitRuntimeError), "^no memory\n$");
}

// The CPU's memory ends like a GPU's.
TEST_F(TrainFailureDeathTest, TheMemoryOfTheCpu) {
  const auto fail = [this] {
    const gan::TrainConfig config = BatchOf16();
    TrainFailure on_failure;
    on_failure.SetConfig(config);
    on_failure.SetRun(&run_);
    gan::Trainer trainer(config, Device::Cpu());
    on_failure.SetTrainer(&trainer, {});
    ASSERT_EQ(on_failure.copy(), nullptr) << "its state can be read, and a copy takes memory";
    trainer.Step(gan::SmallBatch(config, 0));
    Tensor::Empty({int64_t{1} << 45}, DType::kF32, Device::Cpu());
  };
  EXPECT_EXIT(
      fail(), ExitedWithCode(kExitRuntimeError),
      "^\\[Pool\\] out of memory: .* asked for; .* MiB live in .* tensors.*\nSaved the state of step 1: .*\nResume: "
      ".*\n--grad-accum=2 \\(8 images at a time\\) would take about .*\n$");
}

TEST_F(TrainFailureDeathTest, ADiskThatFailsTooIsSaid) {
  const auto fail = [this] {
    TrainFailure on_failure;
    on_failure.SetRun(&run_);
    const gan::Trainer trainer(BatchOf16(), Device::Cpu());
    ASSERT_TRUE(on_failure.copy()->Take(trainer, run_).ok());
    std::filesystem::remove_all(run_.path());
    DeviceFailure failure;
    failure.message = "failed";
    FailDevice(failure);
  };
  EXPECT_EXIT(fail(), ExitedWithCode(kExitRuntimeError),
              "^failed\nThe state of step 0, copied at the last tick, could not be saved: .*/00000-run/.*\n$");
}

}  // namespace
}  // namespace sg::cli
