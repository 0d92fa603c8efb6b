#include "gan/train/critic.h"

#include <memory>
#include <vector>

#include "engine/ops/random.h"
#include "gan/config/config.h"
#include "gan/model/networks.h"
#include "gan/sample/sampler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

using ::testing::FloatNear;
using ::testing::Pointwise;

TEST(CriticTest, ScoresOfAPairAreThoseOfEachAlone) {
  for (const TrainConfig& config : {SmallConfig(), SmallOfficialConfig()}) {
    RandomStream random = {5, 0};
    nn::InitContext init;
    init.device = Device::Cpu();
    init.random = &random;
    const std::unique_ptr<DiscriminatorNetwork> network = MakeDiscriminator(config.model, init);
    const Shape batch = config.model.image_spec().BatchShape(4);
    const Tensor fake = RandomNormal(batch, DType::kF32, Device::Cpu(), &random);
    const Tensor real = RandomNormal(batch, DType::kF32, Device::Cpu(), &random);
    const Critic critic(*network);
    const Critic::Pair pair = critic.Scores({fake, Tensor()}, {real, Tensor()});
    EXPECT_EQ(pair.fake.shape(), Shape({4, 1}));
    EXPECT_THAT(pair.fake.ToHost<float>(), Pointwise(FloatNear(1e-5f), critic.Scores(fake, Tensor()).ToHost<float>()));
    EXPECT_THAT(pair.real.ToHost<float>(), Pointwise(FloatNear(1e-5f), critic.Scores(real, Tensor()).ToHost<float>()));
    EXPECT_NE(pair.fake.ToHost<float>(), pair.real.ToHost<float>());
  }
}

TEST(CriticTest, ScoresOfAPairHaveTheirLabels) {
  const TrainConfig config = SmallConditionalConfig();
  RandomStream random = {5, 0};
  nn::InitContext init;
  init.device = Device::Cpu();
  init.random = &random;
  const std::unique_ptr<DiscriminatorNetwork> network = MakeDiscriminator(config.model, init);
  const Tensor images = RandomNormal(config.model.image_spec().BatchShape(4), DType::kF32, Device::Cpu(), &random);
  const Tensor first = ClassLabels(0, 4, 3, Device::Cpu()), second = ClassLabels(1, 4, 3, Device::Cpu());
  const Critic critic(*network);
  const Critic::Pair pair = critic.Scores({images, first}, {images, second});
  EXPECT_THAT(pair.fake.ToHost<float>(), Pointwise(FloatNear(1e-5f), critic.Scores(images, first).ToHost<float>()));
  EXPECT_THAT(pair.real.ToHost<float>(), Pointwise(FloatNear(1e-5f), critic.Scores(images, second).ToHost<float>()));
  EXPECT_NE(pair.fake.ToHost<float>(), pair.real.ToHost<float>());
}

}  // namespace
}  // namespace sg::gan
