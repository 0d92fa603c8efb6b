#include "gan/train/g_phase.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/autograd/grad.h"
#include "engine/io/safetensors_reader.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "gan/model/common/latents.h"
#include "gan/train/reals.h"
#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

constexpr int kCycle = 6;  // steps after which the regularizers of SmallConfig repeat

// What the path length draws tells for how many images it was taken.
TEST(GPhaseTest, ThePathLengthsBatchCanShrink) {
  for (const bool separate : {false, true}) {
    for (const int shrink : {1, 2, 4}) {
      TrainConfig config = SmallOfficialConfig();
      config.optimizer.separate_regularizers = separate;
      config.loss.pl_batch_shrink = shrink;
      Trainer trainer(config, Device::Cpu());
      for (int i = 0; i < kCycle; ++i) trainer.Step(SmallBatch(config, i));  // two path lengths
      const nn::ScratchDir folder;
      ASSERT_TRUE(trainer.Save(folder.File("state"), {}).ok());
      const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(folder.File("state"));
      ASSERT_TRUE(file.ok()) << file.status();
      const int numbers = 2 * config.batch / shrink * 8 * 8 * 3;
      EXPECT_EQ(file->metadata().at("random.path_length"), std::to_string(numbers / 4)) << separate << " " << shrink;
    }
  }
}

TEST(GPhaseTest, TheGeneratorLearnsTheColorOfTheData) {
  TrainConfig config = SmallConfig();
  config.optimizer.lr = 5e-3;
  config.loss.pl_weight = 0;
  config.model.rgb_activation = false;
  Trainer trainer(config, Device::Cpu());
  const float wanted[3] = {0.8f, 0.25f, 0.5f};
  Batch batch = UniformBatch(config, 0);
  for (size_t i = 0; i < batch.pixels.size(); ++i) batch.pixels[i] = static_cast<uint8_t>(wanted[i % 3] * 255 + 0.5f);

  const Tensor z = Tensor::Full({4, config.model.latent_dim}, 0.5, DType::kF32, Device::Cpu());
  const auto error = [&] {
    const Tensor w = RepeatLatent(trainer.average()->Map(z), config.model.NumBlocks());
    const std::vector<float> pixels = trainer.average()->Synthesize(w, NoNoise(config.model)).ToHost<float>();
    double sum = 0;
    for (size_t i = 0; i < pixels.size(); ++i) sum += std::abs(pixels[i] - wanted[i % 3]);
    return sum / pixels.size();
  };
  const double before = error();
  for (int i = 0; i < 400; ++i) trainer.Step(batch);
  EXPECT_LT(error(), 0.25 * before) << "from " << before;
  EXPECT_LT(error(), 0.12);
}

TEST(GPhaseTest, ChangesNothingOfTheDiscriminator) {
  for (TrainConfig config : {SmallConfig(), SmallOfficialConfig()}) {
    Trainer trainer(config, Device::Cpu()), untrained(config, Device::Cpu());
    std::vector<StepScalar> scalars;
    trainer.StepGenerator(/*path_length=*/true, &scalars);
    int changed = 0;
    for (const nn::NamedTensor& t : trainer.State()) {
      const bool same = t.tensor.ToHost<float>() == StateTensor(untrained, t.name).ToHost<float>();
      EXPECT_TRUE(same || t.name.find("discriminator.") == std::string::npos) << t.name;
      changed += !same;
    }
    EXPECT_GT(changed, 10);
  }
}

TEST(GPhaseTest, TheLatentAverageFollowsTheMeanOfW) {
  TrainConfig config = SmallConfig();
  config.loss.mixing_prob = 0;
  Trainer trainer(config, Device::Cpu()), same(config, Device::Cpu());
  const std::vector<float> w = same.Generate(config.batch).w.ToHost<float>();
  std::vector<StepScalar> scalars;
  trainer.StepGenerator(/*path_length=*/false, &scalars);
  const std::vector<float> average = trainer.latent_average().ToHost<float>();
  const size_t d = average.size();
  for (size_t i = 0; i < d; ++i) {
    double sum = 0;
    for (size_t k = i; k < w.size(); k += d) sum += w[k];
    EXPECT_NEAR(average[i], 0.005 * sum / (w.size() / d), 1e-8);
  }
}

TEST(GPhaseTest, TheLatentAverageMovesAsFastAsIsSaid) {
  TrainConfig config = SmallConfig();
  Trainer trainer(config, Device::Cpu());
  config.optimizer.w_avg_beta = 0.5;
  Trainer faster(config, Device::Cpu());
  std::vector<StepScalar> scalars;
  trainer.StepGenerator(/*path_length=*/false, &scalars);
  faster.StepGenerator(/*path_length=*/false, &scalars);
  const std::vector<float> slow = trainer.latent_average().ToHost<float>();
  const std::vector<float> fast = faster.latent_average().ToHost<float>();
  for (size_t i = 0; i < slow.size(); ++i) EXPECT_NEAR(fast[i], 100 * slow[i], 1e-5 * std::abs(fast[i]) + 1e-8);
}

// One bad step must not spoil the average of all pictures to come.
TEST(GPhaseTest, TheLatentAverageLeavesOutWhatIsNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}) {
    const TrainConfig config = SmallConfig();
    Trainer trainer(config, Device::Cpu());
    for (int i = 0; i < 2; ++i) trainer.Step(SmallBatch(config, i));
    const std::vector<float> before = trainer.latent_average().ToHost<float>();
    Overwrite(StateTensor(trainer, "mapping_network.net.2.bias"), bad, /*begin=*/0, /*stride=*/2);
    std::vector<StepScalar> scalars;
    trainer.StepGenerator(/*path_length=*/false, &scalars);
    const std::vector<float> after = trainer.latent_average().ToHost<float>();
    for (size_t i = 0; i < before.size(); ++i) {
      if (i % 2 == 0) {
        EXPECT_EQ(after[i], before[i]) << bad;
      } else {
        EXPECT_TRUE(std::isfinite(after[i])) << bad;
        EXPECT_NE(after[i], before[i]) << bad;
      }
    }
  }
}

// The real images are a constant to the generator. The first moments of Adam with the decay 1/2 are half the gradient.
TEST(GPhaseTest, TheRelativisticLossComparesWithTheImagesOfTheBatch) {
  TrainConfig config = SmallConfig();
  config.loss.loss = AdversarialLoss::kRelativistic;
  config.optimizer.beta1 = 0.5;
  config.optimizer.clip_norm = 0;
  const Batch batch = SmallBatch(config, 1);
  Trainer trainer(config, Device::Cpu()), same(config, Device::Cpu());
  std::vector<StepScalar> scalars;
  trainer.StepGenerator(batch, /*path_length=*/false, &scalars);

  const Tensor of_reals =
      same.discriminator().Forward(ToPixels(config, UploadReals(config, batch, Device::Cpu())[0].bytes)).Detach();
  const Tensor of_fakes = same.discriminator().Forward(same.Generate(config.batch).pixels);
  const Tensor loss = Mean(Softplus(Sub(of_reals, of_fakes)));
  EXPECT_NEAR(Find(scalars, "Loss/G/loss"), loss.Item(), 1e-5);
  std::vector<nn::NamedTensor> parameters;
  for (const nn::NamedTensor& t : same.State()) {
    if (t.name.rfind("generator.", 0) == 0) parameters.push_back(t);
  }
  const std::vector<Tensor> want = Grad({loss}, nn::Tensors(parameters));
  for (size_t k = 0; k < parameters.size(); ++k) {
    const std::vector<float> gradient = want[k].ToHost<float>();
    const std::string name = "adam.generator.m." + parameters[k].name.substr(std::string("generator.").size());
    const std::vector<float> moment = StateTensor(trainer, name).ToHost<float>();
    double largest = 0;
    for (const float v : gradient) largest = std::max<double>(largest, std::abs(v));
    for (size_t i = 0; i < gradient.size(); ++i) {
      ASSERT_NEAR(2 * moment[i], gradient[i], 1e-4 * largest + 1e-7) << name << "[" << i << "]";
    }
  }
}

TEST(GPhaseDeathTest, TheRelativisticLossNeedsImages) {
  TrainConfig config = SmallConfig();
  config.loss.loss = AdversarialLoss::kRelativistic;
  std::vector<StepScalar> scalars;
  EXPECT_DEATH(Trainer(config, Device::Cpu()).StepGenerator(/*path_length=*/false, &scalars), "\\[Trainer\\] 0 bytes");
}

}  // namespace
}  // namespace sg::gan
