// A value that is not a number, anywhere in a step, is noticed in that step and stays out of the state.
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/io/safetensors_reader.h"
#include "engine/tensor/op.h"
#include "engine/tensor/op_observer.h"
#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

// Overwrites one element in the result of the n-th operation, which may be an activation, a loss, a penalty, a score or
// a gradient of any order. The raw write does not count as an in-place operation of the program.
class Poison : public OpObserver {
 public:
  // Only counts.
  Poison() = default;
  Poison(int64_t operation, uint32_t element, float value) : target_(operation), element_(element), value_(value) {}

  void Before(const Op&, absl::Span<const Tensor>, const Tensor&) override {}
  void After(const Op& op, absl::Span<const Tensor>, const Tensor& output) override {
    if (output.dtype() != DType::kF32) return;
    if (operations_++ != target_) return;
    output.view().as<float>()[element_ % output.NumElements()] = value_;
    where_ = op.name();
  }

  int64_t operations() const { return operations_; }
  const std::string& where() const { return where_; }

 private:
  const int64_t target_ = -1;
  const uint32_t element_ = 0;
  const float value_ = 0;
  int64_t operations_ = 0;
  std::string where_;
};

std::vector<StepScalar> StepUnder(OpObserver* observer, Trainer* trainer, const Batch& batch) {
  SetOpObserver(observer);
  std::vector<StepScalar> scalars = trainer->Step(batch);
  SetOpObserver(nullptr);
  return scalars;
}

bool AllFinite(const std::vector<StepScalar>& scalars) {
  for (const StepScalar& s : scalars) {
    if (!std::isfinite(s.value.Item())) return false;
  }
  return true;
}

void ExpectFiniteState(const Trainer& trainer) {
  for (const nn::NamedTensor& t : trainer.State()) {
    for (float v : t.tensor.ToHost<float>()) ASSERT_TRUE(std::isfinite(v)) << t.name;
  }
}

class PoisonedStepTest : public ::testing::TestWithParam<TrainConfig> {};

TEST_P(PoisonedStepTest, IsNoticedAndLeavesTheStateFinite) {
  const TrainConfig config = GetParam();
  std::mt19937 random(7);
  const nn::ScratchDir folder;
  Trainer trainer(config, Device::Cpu()), clean(config, Device::Cpu());
  int noticed = 0, unnoticed_nans = 0;
  for (int round = 0; round < 240; ++round) {
    // The kinds of steps repeat after six.
    const Batch batch = SmallBatch(config, round);
    ASSERT_TRUE(clean.Save(folder.File("before"), {}).ok());
    const absl::StatusOr<io::SafetensorsReader> before = io::SafetensorsReader::Open(folder.File("before"));
    ASSERT_TRUE(before.ok()) << before.status();
    ASSERT_TRUE(trainer.Load(*before).ok());
    Poison counter;
    ASSERT_TRUE(AllFinite(StepUnder(&counter, &clean, batch)));
    ASSERT_GT(counter.operations(), 100);

    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const float value = round % 3 == 0   ? std::numeric_limits<float>::quiet_NaN()
                        : round % 3 == 1 ? kInfinity
                                         : -kInfinity;
    Poison poison(random() % counter.operations(), random(), value);
    const bool seen = !AllFinite(StepUnder(&poison, &trainer, batch));
    SCOPED_TRACE(::testing::Message() << value << " in " << poison.where() << ", round " << round);
    ExpectFiniteState(trainer);
    noticed += seen;
    // Infinity may be a legitimate value of an intermediate result: the loss of an infinite score can be 0.
    unnoticed_nans += !seen && std::isnan(value) && !SameTensors(trainer, clean);
    EXPECT_EQ(trainer.steps(), clean.steps()) << "the run goes on";
  }
  EXPECT_GT(noticed, 100);
  // A NaN that is in no scalar of the step: in the mean of the latents or the factor of clipping, where an update of
  // one tensor is then left out, and in the scores of R1, which depends only on their gradient.
  EXPECT_LE(unnoticed_nans, 8);
}

// Everything that the averages of the latents are made of.
TEST_P(PoisonedStepTest, AveragesDoNotTakeIt) {
  Trainer trainer(GetParam(), Device::Cpu());
  for (const nn::NamedTensor& t : trainer.State()) {
    if (t.name.rfind("mapping_network.", 0) != 0 || t.name.find("bias") == std::string::npos) continue;
    Overwrite(t.tensor, std::numeric_limits<float>::quiet_NaN(), 0, 3);
  }
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(AllFinite(trainer.Step(SmallBatch(GetParam(), i))));
  for (const nn::NamedTensor& t : trainer.State()) {
    if (t.name.rfind("ema.", 0) != 0) continue;
    for (float v : t.tensor.ToHost<float>()) ASSERT_TRUE(std::isfinite(v)) << t.name;
  }
}

// Without augmentation, whose operations differ in number from step to step.
TrainConfig RelativisticConfig() {
  TrainConfig config = SmallRelativisticConfig();
  config.augment.aug = AugMode::kNone;
  return config;
}

INSTANTIATE_TEST_SUITE_P(Presets, PoisonedStepTest,
                         ::testing::Values(SmallConfig(), SmallOfficialConfig(), RelativisticConfig()),
                         [](const auto& info) {
                           return info.index == 0 ? "Annotated" : info.index == 1 ? "Official" : "Relativistic";
                         });

}  // namespace
}  // namespace sg::gan
