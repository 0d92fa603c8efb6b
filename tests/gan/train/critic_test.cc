#include "gan/train/critic.h"

#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/random.h"
#include "engine/ops/shape_ops.h"
#include "gan/augment/augment_images.h"
#include "gan/config/config.h"
#include "gan/sample/sampler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using ::testing::FloatNear;
using ::testing::Pointwise;

TEST(CriticTest, ScoresOfAPairAreThoseOfEachAlone) {
  for (const TrainConfig& config : {SmallConfig(), SmallOfficialConfig()}) {
    TrainState state(config, Device::Cpu());
    RandomStream random = {5, 0};
    const Shape batch = config.model.image_spec().BatchShape(4);
    const Tensor fake = RandomNormal(batch, DType::kF32, Device::Cpu(), &random);
    const Tensor real = RandomNormal(batch, DType::kF32, Device::Cpu(), &random);
    const Critic critic(config, &state);
    const Critic::Pair pair = critic.Scores({fake, Tensor()}, {real, Tensor()});
    EXPECT_EQ(pair.fake.shape(), Shape({4, 1}));
    EXPECT_THAT(pair.fake.ToHost<float>(), Pointwise(FloatNear(1e-5f), critic.Scores(fake, Tensor()).ToHost<float>()));
    EXPECT_THAT(pair.real.ToHost<float>(), Pointwise(FloatNear(1e-5f), critic.Scores(real, Tensor()).ToHost<float>()));
    EXPECT_NE(pair.fake.ToHost<float>(), pair.real.ToHost<float>());
  }
}

TEST(CriticTest, ScoresOfAPairHaveTheirLabels) {
  const TrainConfig config = SmallConditionalConfig();
  TrainState state(config, Device::Cpu());
  RandomStream random = {5, 0};
  const Tensor images = RandomNormal(config.model.image_spec().BatchShape(4), DType::kF32, Device::Cpu(), &random);
  const Tensor first = ClassLabels(0, 4, 3, Device::Cpu()), second = ClassLabels(1, 4, 3, Device::Cpu());
  const Critic critic(config, &state);
  const Critic::Pair pair = critic.Scores({images, first}, {images, second});
  EXPECT_THAT(pair.fake.ToHost<float>(), Pointwise(FloatNear(1e-5f), critic.Scores(images, first).ToHost<float>()));
  EXPECT_THAT(pair.real.ToHost<float>(), Pointwise(FloatNear(1e-5f), critic.Scores(images, second).ToHost<float>()));
  EXPECT_NE(pair.fake.ToHost<float>(), pair.real.ToHost<float>());
}

// With and without augmentation, on the same networks.
TEST(CriticTest, ScoresAreThoseOfAugmentedImages) {
  for (const AugMode aug : {AugMode::kFixed, AugMode::kDiffAug}) {
    TrainConfig config = SmallConfig();
    TrainState plain(config, Device::Cpu());
    const Critic plain_critic(config, &plain);
    TrainConfig augmented = config;
    augmented.augment.aug = aug;
    augmented.augment.p = 0.8;
    TrainState state(augmented, Device::Cpu());
    const Critic critic(augmented, &state);
    RandomStream random = {5, 0};
    const Shape batch = config.model.image_spec().BatchShape(4);
    const Tensor fake = RandomNormal(batch, DType::kF32, Device::Cpu(), &random);
    const Tensor real = RandomNormal(batch, DType::kF32, Device::Cpu(), &random);
    RandomStream stream = state.streams.augment;
    const Critic::Pair pair = critic.Scores({fake, Tensor()}, {real, Tensor()});
    const Tensor changed = AugmentImages(Concat({fake, real}, 0), augmented, 0.8, &stream);
    EXPECT_EQ(state.streams.augment.offset, stream.offset);
    EXPECT_EQ(plain.streams.augment.offset, 0u);
    EXPECT_THAT(pair.fake.ToHost<float>(),
                Pointwise(FloatNear(1e-5f), plain_critic.Scores(Narrow(changed, 0, 0, 4), Tensor()).ToHost<float>()));
    EXPECT_THAT(pair.real.ToHost<float>(),
                Pointwise(FloatNear(1e-5f), plain_critic.Scores(Narrow(changed, 0, 4, 4), Tensor()).ToHost<float>()));
    EXPECT_NE(pair.real.ToHost<float>(), plain_critic.Scores(real, Tensor()).ToHost<float>());
  }
}

// As in R1: the gradient is that at the image as it was, and can be differentiated again.
TEST(CriticTest, GradientsLeadToTheImageBeforeAugmentation) {
  TrainConfig config = SmallConfig();
  config.augment.aug = AugMode::kFixed;
  config.augment.p = 1;
  config.augment.pipe = AugPipe::kBlit;
  config.augment.exact_blits = true;
  TrainState state(config, Device::Cpu());
  RandomStream random = {5, 0};
  const Tensor image =
      RandomNormal(config.model.image_spec().BatchShape(2), DType::kF32, Device::Cpu(), &random).Track();
  const RandomStream before = state.streams.augment;
  const Tensor gradient = Grad({Critic(config, &state).Scores(image, Tensor())}, {image})[0];
  // The gradient at the changed image, led back by the adjoint of the change.
  RandomStream stream = before;
  const Tensor changed = AugmentImages(image, config, 1, &stream);
  const Tensor at_changed = changed.Detach().Track();
  config.augment.aug = AugMode::kNone;
  const Tensor inner = Grad({Critic(config, &state).Scores(at_changed, Tensor())}, {at_changed})[0];
  testing::ExpectSameValues(gradient, Grad({changed}, {image}, {inner})[0], 1e-6);
  EXPECT_NE(gradient.ToHost<float>(), inner.ToHost<float>());
}

}  // namespace
}  // namespace sg::gan
