#include "gan/train/fakes.h"

#include <vector>

#include "engine/ops/shape_ops.h"
#include "gan/sample/sampler.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

// The first entry of w from which on the latents are others than entry 0's; NumLatents() where all are the same.
int Crossover(const TrainConfig& config, const Fakes& fakes) {
  const auto entry = [&](int i) { return Narrow(fakes.w, 0, i, 1).ToHost<float>(); };
  int i = 1;
  while (i < config.model.NumLatents() && entry(i) == entry(0)) ++i;
  return i;
}

TEST(GenerateFakesTest, GivesImagesOfTheModelAndTheLatentsTheyCameFrom) {
  const TrainConfig config = SmallOfficialConfig();
  TrainState state(config, Device::Cpu());
  const Fakes fakes = GenerateFakes(config, 3, Tensor(), &state);
  EXPECT_EQ(fakes.w.shape(), Shape({config.model.NumLatents(), 3, config.model.latent_dim}));
  EXPECT_EQ(fakes.pixels.shape(), config.model.image_spec().BatchShape(3));
  EXPECT_TRUE(fakes.pixels.tracked()) << "differentiable with respect to the parameters";
}

TEST(GenerateFakesTest, AreOthersEveryTimeAndAFunctionOfTheSeed) {
  const TrainConfig config = SmallConfig();
  TrainState a(config, Device::Cpu()), b(config, Device::Cpu());
  std::vector<float> last;
  for (int i = 0; i < 3; ++i) {
    const std::vector<float> pixels = GenerateFakes(config, 2, Tensor(), &a).pixels.ToHost<float>();
    EXPECT_EQ(GenerateFakes(config, 2, Tensor(), &b).pixels.ToHost<float>(), pixels);
    EXPECT_NE(pixels, last);
    last = pixels;
  }
}

TEST(GenerateFakesTest, MixTwoLatentsFromTheFirstBlockAllowed) {
  TrainConfig config = SmallOfficialConfig();
  config.loss.mixing_prob = 1;
  config.loss.mixing_min_block = 2;
  TrainState state(config, Device::Cpu());
  std::vector<int> seen(config.model.NumLatents() + 1);
  for (int i = 0; i < 50; ++i) ++seen[Crossover(config, GenerateFakes(config, 1, Tensor(), &state))];
  EXPECT_EQ(seen[1], 0) << "below mixing_min_block";
  EXPECT_GT(seen[2], 0);
  EXPECT_GT(seen[3], 0);
  EXPECT_EQ(seen[2] + seen[3], 50);
}

// Both latents of a mixed image have its label, so its w changes with it in every entry.
TEST(GenerateFakesTest, HaveTheirLabels) {
  TrainConfig config = SmallConditionalConfig();
  for (const double mixing : {0.0, 1.0}) {
    config.loss.mixing_prob = mixing;
    TrainState a(config, Device::Cpu()), b(config, Device::Cpu());
    const Tensor first = ClassLabels(0, 2, 3, Device::Cpu()), second = ClassLabels(1, 2, 3, Device::Cpu());
    const Fakes of_first = GenerateFakes(config, 2, first, &a), of_second = GenerateFakes(config, 2, second, &b);
    EXPECT_EQ(of_first.w.shape(), Shape({config.model.NumLatents(), 2, 6}));
    EXPECT_EQ(of_first.labels.ToHost<float>(), first.ToHost<float>());
    for (int i = 0; i < config.model.NumLatents(); ++i) {
      EXPECT_NE(Narrow(of_first.w, 0, i, 1).ToHost<float>(), Narrow(of_second.w, 0, i, 1).ToHost<float>()) << i;
    }
  }
}

// Otherwise a resumed run could not know the stream's position from the number of steps.
TEST(GenerateFakesTest, DrawTwoNumbersForTheMixingWhateverTheyDecide) {
  for (const double probability : {0.0, 0.5, 1.0}) {
    TrainConfig config = SmallConfig();
    config.loss.mixing_prob = probability;
    TrainState state(config, Device::Cpu());
    GenerateFakes(config, 1, Tensor(), &state);
    const uint64_t once = state.streams.mixing.offset;
    for (int i = 0; i < 9; ++i) GenerateFakes(config, 1, Tensor(), &state);
    EXPECT_GT(once, 0u);
    EXPECT_EQ(state.streams.mixing.offset, 10 * once) << probability;
  }
}

}  // namespace
}  // namespace sg::gan
