#include "gan/train/d_phase.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

TEST(DPhaseTest, RealImagesHaveTheRangeOfTheModel) {
  for (const auto& [range, black, white] :
       {std::tuple<ImageRange, double, double>{ImageRange::kZeroToOne, 0, 1}, {ImageRange::kMinusOneToOne, -1, 1}}) {
    TrainConfig config = SmallConfig();
    config.model.image_range = range;
    for (const auto& [byte, value] : {std::pair<uint8_t, double>{0, black}, {255, white}}) {
      Trainer trainer(config, Device::Cpu());
      const Tensor pixels = Tensor::Full({4, 8, 8, 3}, value, DType::kF32, Device::Cpu());
      const double want = trainer.discriminator().Forward(pixels).ToHost<float>()[0];
      const std::vector<StepScalar> scalars = trainer.Step(UniformBatch(config, byte));
      EXPECT_NEAR(Find(scalars, "Loss/scores/real"), want, 1e-4) << EnumName(range) << " " << value;
    }
  }
}

TEST(DPhaseTest, TheDiscriminatorLearnsToTellTheDataFromTheFakes) {
  TrainConfig config = SmallConfig();
  config.loss.r1_interval = 0;
  const Batch white = UniformBatch(config, 255);
  Trainer trainer(config, Device::Cpu());
  const std::vector<StepScalar> first = trainer.Step(white);
  for (int i = 0; i < 8; ++i) trainer.Step(white);
  const std::vector<StepScalar> later = trainer.Step(white);
  EXPECT_LT(Find(later, "Loss/D/loss"), Find(first, "Loss/D/loss"));
  EXPECT_GT(Find(later, "Loss/scores/real") - Find(later, "Loss/scores/fake"),
            Find(first, "Loss/scores/real") - Find(first, "Loss/scores/fake"));
}

TEST(DPhaseTest, ChangesNothingOfTheGenerator) {
  for (TrainConfig config : {SmallConfig(), SmallOfficialConfig()}) {
    Trainer trainer(config, Device::Cpu()), untrained(config, Device::Cpu());
    std::vector<StepScalar> scalars;
    trainer.StepDiscriminator(SmallBatch(config, 0), /*r1=*/true, &scalars);
    int changed = 0;
    for (const nn::NamedTensor& t : trainer.State()) {
      const bool same = t.tensor.ToHost<float>() == StateTensor(untrained, t.name).ToHost<float>();
      const bool of_discriminator =
          t.name.rfind("discriminator.", 0) == 0 || t.name.rfind("adam.discriminator.", 0) == 0;
      EXPECT_TRUE(same || of_discriminator) << t.name;
      changed += !same;
    }
    EXPECT_GT(changed, 10);
  }
}

// The loss of a step is larger by what smoothing adds to the scores of its real images.
TEST(DPhaseTest, SmoothsTheLabelsOfRealImagesAlone) {
  for (const bool r1 : {false, true}) {
    TrainConfig config = SmallConfig();
    std::vector<StepScalar> hard, smooth;
    Trainer(config, Device::Cpu()).StepDiscriminator(SmallBatch(config, 0), r1, &hard);
    config.loss.label_smoothing = 0.25;
    Trainer(config, Device::Cpu()).StepDiscriminator(SmallBatch(config, 0), r1, &smooth);
    const double score = Find(hard, "Loss/scores/real");
    EXPECT_EQ(Find(smooth, "Loss/scores/real"), score);
    EXPECT_GT(std::abs(score), 1e-3);
    EXPECT_NEAR(Find(smooth, "Loss/D/loss"), Find(hard, "Loss/D/loss") + 0.25 * score, 1e-6) << r1;
    EXPECT_NE(Find(smooth, "Gradient/D/norm"), Find(hard, "Gradient/D/norm"));
  }
}

TEST(DPhaseTest, FrozenLayersKeepTheirValues) {
  for (TrainConfig config : {SmallConfig(), SmallOfficialConfig()}) {
    config.optimizer.freeze_d = 3;  // all but the residual of the only block, and the head
    Trainer trainer(config, Device::Cpu()), untrained(config, Device::Cpu());
    std::vector<StepScalar> scalars;
    trainer.StepDiscriminator(SmallBatch(config, 0), /*r1=*/true, &scalars);
    int frozen = 0;
    for (const nn::NamedTensor& t : trainer.State()) {
      if (t.name.rfind("discriminator.", 0) != 0) continue;
      const bool before_it =
          t.name.rfind("discriminator.from_rgb.", 0) == 0 || t.name.rfind("discriminator.blocks.0.block.", 0) == 0;
      const bool same = t.tensor.ToHost<float>() == StateTensor(untrained, t.name).ToHost<float>();
      EXPECT_EQ(same, before_it) << t.name;
      frozen += before_it;
    }
    EXPECT_EQ(frozen, 6) << "a weight and a bias each";
  }
}

// What is trained moves as it would without Freeze-D, but for the rounding of sums in another order.
TEST(DPhaseTest, FrozenLayersChangeNoOtherGradient) {
  TrainConfig config = SmallOfficialConfig();
  Trainer whole(config, Device::Cpu());
  config.optimizer.freeze_d = 2;
  Trainer part(config, Device::Cpu());
  std::vector<StepScalar> scalars;
  // One update: the next one finds other weights below.
  whole.StepDiscriminator(SmallBatch(config, 0), /*r1=*/false, &scalars);
  part.StepDiscriminator(SmallBatch(config, 0), /*r1=*/false, &scalars);
  const std::string name = "discriminator.blocks.0.block.2.weight.weight";
  const std::vector<float> a = StateTensor(part, name).ToHost<float>(), b = StateTensor(whole, name).ToHost<float>();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6) << i;
}

}  // namespace
}  // namespace sg::gan
