#include "gan/train/d_phase.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "gan/loss/adversarial.h"
#include "gan/loss/r1_penalty.h"
#include "gan/train/reals.h"
#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

// "adam.discriminator.m.conv.bias" of "discriminator.conv.bias".
std::string MomentOf(const std::string& parameter) {
  return "adam.discriminator.m." + parameter.substr(std::string("discriminator.").size());
}

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
    trainer.StepDiscriminator(SmallBatch(config, 0), /*penalties=*/true, &scalars);
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

// The first moments of Adam with the decay 1/2 are half the gradient, here of the loss written as one formula.
TEST(DPhaseTest, TakesTheGradientOfTheWholeLoss) {
  TrainConfig logistic = SmallConfig(), relativistic = SmallConfig();
  logistic.loss.r2_gamma = 3;
  relativistic.loss.loss = AdversarialLoss::kRelativistic;
  relativistic.loss.r2_gamma = 3;
  TrainConfig without_r1 = relativistic, without_r2 = relativistic;
  without_r1.loss.r1_gamma = 0;
  without_r2.loss.r2_gamma = 0;
  for (TrainConfig config : {logistic, relativistic, without_r1, without_r2}) {
    config.optimizer.beta1 = 0.5;
    config.optimizer.clip_norm = 0;
    for (const bool penalties : {false, true}) {
      const Batch batch = SmallBatch(config, 1);
      Trainer trainer(config, Device::Cpu()), same(config, Device::Cpu());
      std::vector<StepScalar> scalars;
      trainer.StepDiscriminator(batch, penalties, &scalars);

      const Tensor reals = ToPixels(config, UploadReals(config, batch, Device::Cpu())[0].bytes).Detach().Track();
      const Tensor fakes = same.Generate(config.batch).pixels.Detach().Track();
      const DiscriminatorNetwork& d = same.discriminator();
      const Tensor of_reals = d.Forward(reals), of_fakes = d.Forward(fakes);
      Tensor loss = config.loss.IsRelativistic()
                        ? RelativisticLoss(of_reals, of_fakes)
                        : Add(RealLoss(config.loss.loss, of_reals), FakeLoss(config.loss.loss, of_fakes));
      EXPECT_NEAR(Find(scalars, "Loss/D/loss"), loss.Item(), 1e-5);
      if (penalties) {
        const double interval = config.loss.r1_interval;
        loss = AddScaled(loss, 1, R1Penalty(reals, of_reals), 0.5 * config.loss.r1_gamma * interval);
        loss = AddScaled(loss, 1, R1Penalty(fakes, of_fakes), 0.5 * config.loss.r2_gamma * interval);
      }
      std::vector<nn::NamedTensor> parameters;
      for (const nn::NamedTensor& t : same.State()) {
        if (t.name.rfind("discriminator.", 0) == 0) parameters.push_back(t);
      }
      const std::vector<Tensor> want = Grad({loss}, nn::Tensors(parameters));
      for (size_t k = 0; k < parameters.size(); ++k) {
        const std::vector<float> gradient = want[k].ToHost<float>();
        const std::vector<float> moment = StateTensor(trainer, MomentOf(parameters[k].name)).ToHost<float>();
        double largest = 0;
        for (const float v : gradient) largest = std::max<double>(largest, std::abs(v));
        for (size_t i = 0; i < gradient.size(); ++i) {
          ASSERT_NEAR(2 * moment[i], gradient[i], 1e-4 * largest + 1e-6)
              << parameters[k].name << "[" << i << "] " << EnumName(config.loss.loss) << " " << penalties;
        }
      }
    }
  }
}

// The fakes of a conditional model have the labels of the real images that they are compared with.
TEST(DPhaseTest, PairsOfTheRelativisticLossHaveOneLabel) {
  const TrainConfig config = SmallRelativisticConfig();
  Batch batch = SmallBatch(config, 0), other = batch;
  std::fill(other.fake_labels.begin(), other.fake_labels.end(), 0.0f);
  Trainer a(config, Device::Cpu()), b(config, Device::Cpu()), c(config, Device::Cpu());
  EXPECT_EQ(ScalarBits(a.Step(batch)), ScalarBits(b.Step(other))) << "labels for fakes are not looked at";
  std::rotate(other.labels.begin(), other.labels.begin() + 3, other.labels.end());
  EXPECT_NE(ScalarBits(a.Step(batch)), ScalarBits(c.Step(other)));
}

// With separate_regularizers, the penalties of real images and of fakes share an update.
TEST(DPhaseTest, PenaltiesHaveAnUpdateOfTheirOwn) {
  TrainConfig config = SmallOfficialConfig();
  config.loss.r2_gamma = 2;
  Trainer both(config, Device::Cpu());
  config.loss.r1_gamma = 0;
  Trainer of_fakes(config, Device::Cpu());
  std::vector<StepScalar> scalars, fakes_alone;
  both.StepDiscriminator(SmallBatch(config, 0), /*penalties=*/true, &scalars);
  of_fakes.StepDiscriminator(SmallBatch(config, 0), /*penalties=*/true, &fakes_alone);
  EXPECT_GT(Find(scalars, "Loss/r1_penalty"), 0);
  EXPECT_EQ(Find(scalars, "Loss/r2_penalty"), Find(fakes_alone, "Loss/r2_penalty"));
  EXPECT_GT(Find(fakes_alone, "Loss/r2_penalty"), 0);
  EXPECT_NE(Find(scalars, "Gradient/D/r1_norm"), Find(fakes_alone, "Gradient/D/r1_norm"));
}

TEST(DPhaseTest, FrozenLayersKeepTheirValues) {
  for (TrainConfig config : {SmallConfig(), SmallOfficialConfig()}) {
    config.optimizer.freeze_d = 3;  // all but the residual of the only block, and the head
    Trainer trainer(config, Device::Cpu()), untrained(config, Device::Cpu());
    std::vector<StepScalar> scalars;
    trainer.StepDiscriminator(SmallBatch(config, 0), /*penalties=*/true, &scalars);
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
  whole.StepDiscriminator(SmallBatch(config, 0), /*penalties=*/false, &scalars);
  part.StepDiscriminator(SmallBatch(config, 0), /*penalties=*/false, &scalars);
  const std::string name = "discriminator.blocks.0.block.2.weight.weight";
  const std::vector<float> a = StateTensor(part, name).ToHost<float>(), b = StateTensor(whole, name).ToHost<float>();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6) << i;
}

}  // namespace
}  // namespace sg::gan
