#include "gan/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "engine/io/safetensors_reader.h"
#include "engine/runtime/backend_for.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kCycle = 6;  // number of steps after which the regularizers of SmallConfig repeat

std::vector<std::string> Names(const std::vector<StepScalar>& scalars) {
  std::vector<std::string> names;
  for (const StepScalar& s : scalars) names.push_back(s.name);
  return names;
}

TEST(TrainerTest, AStepReportsWhatItDid) {
  const TrainConfig config = SmallConfig();
  Trainer trainer(config, Device::Cpu());
  const Batch batch = SmallBatch(config, 0);
  EXPECT_THAT(Names(trainer.Step(batch)),
              ElementsAre("Loss/D/loss", "Loss/scores/real", "Loss/scores/fake", "Gradient/D/norm", "Loss/G/loss",
                          "Gradient/G/norm", "Gradient/M/norm"));
  EXPECT_THAT(Names(trainer.Step(batch)),
              ElementsAre("Loss/r1_penalty", "Loss/D/loss", "Loss/scores/real", "Loss/scores/fake", "Gradient/D/norm",
                          "Loss/G/loss", "Gradient/G/norm", "Gradient/M/norm"));
  EXPECT_THAT(Names(trainer.Step(batch)),
              ElementsAre("Loss/D/loss", "Loss/scores/real", "Loss/scores/fake", "Gradient/D/norm", "Loss/G/loss",
                          "Loss/pl_penalty", "Gradient/G/norm", "Gradient/M/norm"));
  EXPECT_EQ(trainer.steps(), 3);
  EXPECT_EQ(trainer.images_seen(), 3 * config.batch);
}

// With regularizers in separate optimizer steps, the same scalars appear in another order, with one norm per step.
TEST(TrainerTest, AStepReportsTheUpdatesOfSeparateRegularizers) {
  const TrainConfig config = SmallOfficialConfig();
  Trainer trainer(config, Device::Cpu());
  const Batch batch = SmallBatch(config, 0);
  EXPECT_THAT(Names(trainer.Step(batch)),
              ElementsAre("Loss/D/loss", "Loss/scores/real", "Loss/scores/fake", "Gradient/D/norm", "Loss/G/loss",
                          "Gradient/G/norm", "Gradient/M/norm"));
  EXPECT_THAT(Names(trainer.Step(batch)),
              ElementsAre("Loss/D/loss", "Loss/scores/real", "Loss/scores/fake", "Gradient/D/norm", "Loss/r1_penalty",
                          "Gradient/D/r1_norm", "Loss/G/loss", "Gradient/G/norm", "Gradient/M/norm"));
  EXPECT_THAT(
      Names(trainer.Step(batch)),
      ElementsAre("Loss/D/loss", "Loss/scores/real", "Loss/scores/fake", "Gradient/D/norm", "Loss/G/loss",
                  "Gradient/G/norm", "Gradient/M/norm", "Loss/pl_penalty", "Gradient/G/pl_norm", "Gradient/M/pl_norm"));
  const nn::ScratchDir folder;
  ASSERT_TRUE(trainer.Save(folder.File("state"), {}).ok());
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(folder.File("state"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->metadata().at("adam.discriminator.steps"), "4") << "three of the loss, one of R1";
  EXPECT_EQ(file->metadata().at("adam.generator.steps"), "4");
  EXPECT_EQ(file->metadata().at("adam.mapping_network.steps"), "4");
  EXPECT_EQ(file->metadata().at("path_length.steps"), "1");
}

// As in NVIDIA's training: the generator first, and both regularizers in the first step of their intervals.
TEST(TrainerTest, TheGeneratorCanComeFirst) {
  const TrainConfig config = SmallConditionalConfig();
  Trainer trainer(config, Device::Cpu());
  const Batch batch = SmallBatch(config, 0);
  EXPECT_THAT(Names(trainer.Step(batch)),
              ElementsAre("Loss/G/loss", "Gradient/G/norm", "Gradient/M/norm", "Loss/pl_penalty", "Gradient/G/pl_norm",
                          "Gradient/M/pl_norm", "Loss/D/loss", "Loss/scores/real", "Loss/scores/fake",
                          "Gradient/D/norm", "Loss/r1_penalty", "Gradient/D/r1_norm"));
  EXPECT_THAT(Names(trainer.Step(batch)),
              ElementsAre("Loss/G/loss", "Gradient/G/norm", "Gradient/M/norm", "Loss/D/loss", "Loss/scores/real",
                          "Loss/scores/fake", "Gradient/D/norm"));
}

TEST(TrainerTest, AugmentationFollowsTheSignsOfRealScores) {
  TrainConfig config = SmallConfig();
  config.augment.aug = AugMode::kAda;
  config.augment.ada_kimg = 0.1;  // p moves by 0.16
  Trainer trainer(config, Device::Cpu());
  // Every real image gets a positive score, whatever it shows.
  Overwrite(StateTensor(trainer, "discriminator.final.bias"), 100);
  std::vector<StepScalar> scalars = trainer.Step(SmallBatch(config, 0));
  EXPECT_THAT(Names(scalars),
              ElementsAre("Loss/D/loss", "Loss/scores/real", "Loss/scores/fake", "Loss/signs/real", "Gradient/D/norm",
                          "Loss/G/loss", "Gradient/G/norm", "Gradient/M/norm", "Progress/augment"));
  EXPECT_EQ(Find(scalars, "Loss/signs/real"), 1);
  for (int i = 1; i < 3; ++i) trainer.Step(SmallBatch(config, i));
  EXPECT_EQ(trainer.augment_p(), 0);
  scalars = trainer.Step(SmallBatch(config, 3));
  EXPECT_DOUBLE_EQ(trainer.augment_p(), 0.16);
  EXPECT_FLOAT_EQ(static_cast<float>(Find(scalars, "Progress/augment")), 0.16f);
  EXPECT_FALSE(trainer.augment_at_limit());
  for (int i = 4; i < 24; ++i) trainer.Step(SmallBatch(config, i));
  EXPECT_EQ(trainer.augment_p(), 0.85);
  EXPECT_TRUE(trainer.augment_at_limit());
}

// NVIDIA counts the images of the loss and those of R1.
TEST(TrainerTest, SeparateRegularizersReportTheirSignsToo) {
  TrainConfig config = SmallOfficialConfig();
  config.augment.aug = AugMode::kFixed;
  config.augment.p = 0.3;
  Trainer trainer(config, Device::Cpu());
  trainer.Step(SmallBatch(config, 0));
  const std::vector<std::string> names = Names(trainer.Step(SmallBatch(config, 1)));
  EXPECT_EQ(std::count(names.begin(), names.end(), "Loss/signs/real"), 2);
  EXPECT_EQ(trainer.augment_p(), 0.3);
}

// Other labels of the same images, or for the fakes, give another state.
TEST(TrainerTest, LearnsFromTheLabels) {
  const TrainConfig config = SmallConditionalConfig();
  Trainer trainer(config, Device::Cpu()), of_other_reals(config, Device::Cpu()), of_other_fakes(config, Device::Cpu());
  Batch batch = SmallBatch(config, 0);
  trainer.Step(batch);
  Batch other = batch;
  std::rotate(other.labels.begin(), other.labels.begin() + 1, other.labels.end());
  of_other_reals.Step(other);
  other = batch;
  std::rotate(other.fake_labels.begin(), other.fake_labels.begin() + 1, other.fake_labels.end());
  of_other_fakes.Step(other);
  const auto of = [](const Trainer& t, const std::string& name) { return StateTensor(t, name).ToHost<float>(); };
  const std::string d = "discriminator.mapping_network.embed.weight.weight", g = "mapping_network.embed.weight.weight";
  EXPECT_NE(of(trainer, d), of(of_other_reals, d));
  EXPECT_EQ(of(trainer, g), of(of_other_reals, g)) << "the generator came first";
  EXPECT_NE(of(trainer, g), of(of_other_fakes, g));
}

TEST(TrainerDeathTest, LabelsMustBeThere) {
  const TrainConfig config = SmallConditionalConfig();
  Batch batch = SmallBatch(config, 0);
  batch.fake_labels.clear();
  EXPECT_DEATH(Trainer(config, Device::Cpu()).Step(batch), "\\[Trainer\\] .* labels");
}

TEST(TrainerTest, EveryTensorOfTheStateMovesAndStaysFinite) {
  for (const TrainConfig& config : {SmallConfig(), SmallOfficialConfig(), SmallConditionalConfig()}) {
    Trainer trainer(config, Device::Cpu()), untrained(config, Device::Cpu());
    ASSERT_TRUE(SameTensors(trainer, untrained)) << "the seed decides the start";
    for (int i = 0; i < 2 * kCycle; ++i) trainer.Step(SmallBatch(config, i));
    const std::vector<nn::NamedTensor> after = trainer.State(), before = untrained.State();
    for (size_t t = 0; t < after.size(); ++t) {
      const std::vector<float> x = after[t].tensor.ToHost<float>();
      for (float v : x) ASSERT_TRUE(std::isfinite(v)) << after[t].name;
      if (after[t].name.find("noise_const") != std::string::npos) continue;  // does not change
      EXPECT_NE(x, before[t].tensor.ToHost<float>()) << config.preset << " " << after[t].name << " never changed";
    }
  }
}

// The first moments after a whole cycle without momentum and learning rate. They are the gradients of the last updates,
// which in step kCycle - 1 are those of both regularizers.
std::map<std::string, std::vector<float>> RegularizersGradients(TrainConfig config) {
  config.optimizer.lr = config.optimizer.mapping_lr = 0;
  config.optimizer.beta1 = 1e-100;  // 0 in f32; with an exact 0, the moments would not be kept
  Trainer trainer(config, Device::Cpu());
  for (int i = 0; i < kCycle; ++i) trainer.Step(SmallBatch(config, i));
  std::map<std::string, std::vector<float>> found;
  for (const nn::NamedTensor& t : trainer.State()) {
    if (t.name.find(".m.") != std::string::npos) found[t.name] = t.tensor.ToHost<float>();
  }
  return found;
}

void ExpectTimes(const std::map<std::string, std::vector<float>>& got, double factor, const std::string& network,
                 const std::map<std::string, std::vector<float>>& base) {
  int compared = 0;
  for (const auto& [name, values] : base) {
    if (name.rfind("adam." + network + ".m.", 0) != 0) continue;
    for (size_t i = 0; i < values.size(); ++i) {
      ASSERT_NEAR(got.at(name)[i], factor * values[i], 1e-5 * std::abs(factor * values[i])) << name << "[" << i << "]";
      compared += values[i] != 0;
    }
  }
  EXPECT_GT(compared, 10);
}

TEST(TrainerTest, SeparateRegularisersAreAsStrongAsTheirWeights) {
  TrainConfig config = SmallOfficialConfig();
  config.loss.pl_interval = 2;  // all factors are powers of two, to avoid rounding differences
  const auto base = RegularizersGradients(config);
  TrainConfig stronger = config;
  stronger.loss.r1_gamma *= 4;
  ExpectTimes(RegularizersGradients(stronger), 4, "discriminator", base);
  stronger = config;
  stronger.loss.pl_weight *= 2;
  ExpectTimes(RegularizersGradients(stronger), 2, "generator", base);
  TrainConfig weaker = config;
  weaker.loss.pl_times_interval = false;
  ExpectTimes(RegularizersGradients(weaker), 1.0 / config.loss.pl_interval, "generator", base);
  ExpectTimes(RegularizersGradients(weaker), 1.0 / config.loss.pl_interval, "mapping_network", base);
}

TEST(TrainerTest, TheSeedDecides) {
  TrainConfig config = SmallConfig();
  Trainer a(config, Device::Cpu()), b(config, Device::Cpu());
  config.seed = 2;
  Trainer other(config, Device::Cpu());
  for (int i = 0; i < kCycle; ++i) {
    const Batch batch = SmallBatch(config, i);
    EXPECT_EQ(ScalarBits(a.Step(batch)), ScalarBits(b.Step(batch)));
    other.Step(batch);
  }
  EXPECT_TRUE(SameTensors(a, b));
  EXPECT_FALSE(SameTensors(a, other));
}

// With the learning rates at zero both trainers stay at the same weights, and Adam's first moment is half the gradient
// of the first step. Two things are not the same in parts by design and are kept out: what the minibatch
// standard deviation tells the discriminator (its weights are zeroed), and the noise, which is drawn per part (its
// strength starts at zero).
void ExpectPartsAddUp(TrainConfig config) {
  config.batch = 8;
  config.optimizer.lr = config.optimizer.mapping_lr = 0;
  config.optimizer.clip_norm = 0;
  config.optimizer.beta1 = 0.5;
  config.loss.r1_interval = 1;
  config.loss.pl_weight = 0;
  config.loss.mixing_prob = 0;
  const Batch batch = SmallBatch(config, 3);
  const auto gradients = [&](int parts) {
    config.grad_accum = parts;
    Trainer trainer(config, Device::Cpu());
    const Tensor conv = StateTensor(trainer, "discriminator.conv.weight.weight");
    Overwrite(conv, 0, conv.dim(3) - 1, conv.dim(3));
    const std::vector<StepScalar> scalars = trainer.Step(batch);
    EXPECT_EQ(std::count_if(scalars.begin(), scalars.end(),
                            [](const StepScalar& s) { return std::string(s.name) == "Loss/D/loss"; }),
              parts);
    std::map<std::string, std::vector<float>> found;
    for (const nn::NamedTensor& t : trainer.State()) {
      const bool moment = t.name.rfind("adam.", 0) == 0 && t.name.find(".m.") != std::string::npos;
      if (!moment || t.name.find("scale_noise") != std::string::npos) continue;
      std::vector<float> values = t.tensor.ToHost<float>();
      if (t.name == "adam.discriminator.m.conv.weight.weight") {
        for (size_t i = t.tensor.dim(3) - 1; i < values.size(); i += t.tensor.dim(3)) values[i] = 0;
      }
      found[t.name] = values;
    }
    return found;
  };
  const auto whole = gradients(1);
  for (int parts : {2, 4}) {
    const auto split = gradients(parts);
    ASSERT_EQ(split.size(), whole.size());
    for (const auto& [name, values] : whole) {
      double largest = 0;
      for (float v : values) largest = std::max<double>(largest, std::abs(v));
      // A bias of all scores means nothing to the relativistic loss.
      ASSERT_TRUE(largest > 0 || (config.loss.IsRelativistic() && absl::EndsWith(name, ".bias"))) << name;
      for (size_t i = 0; i < values.size(); ++i) {
        ASSERT_NEAR(split.at(name)[i], values[i], 1e-4 * largest) << name << "[" << i << "] in " << parts << " parts";
      }
    }
  }
}

TEST(TrainerTest, GradientsOfPartsAddUpToThoseOfTheWholeBatch) {
  ExpectPartsAddUp(SmallConfig());
  TrainConfig pairs = SmallConfig();
  pairs.loss.loss = AdversarialLoss::kRelativistic;
  pairs.loss.r2_gamma = 2;
  ExpectPartsAddUp(pairs);
}

TEST(TrainerTest, NothingStaysInMemoryAfterAStep) {
  for (TrainConfig config : {SmallConfig(), SmallRelativisticConfig()})
    for (int parts : {1, 2}) {
      config.grad_accum = parts;
      Trainer trainer(config, Device::Cpu());
      Backend& backend = BackendFor(Device::Cpu());
      for (int i = 0; i < 2 * kCycle; ++i) trainer.Step(SmallBatch(config, i));
      const MemoryStats before = backend.Stats();
      for (int i = 0; i < 2 * kCycle; ++i) {
        trainer.Step(SmallBatch(config, i));
        const MemoryStats after = backend.Stats();
        ASSERT_EQ(after.live_bytes, before.live_bytes) << "step " << i;
        ASSERT_EQ(after.live_buffers, before.live_buffers) << "step " << i;
        ASSERT_EQ(after.system_allocations, before.system_allocations) << "step " << i;
      }
    }
}

TEST(TrainerTest, ATrainerTakesItsMemoryWithIt) {
  const int64_t before = BackendFor(Device::Cpu()).Stats().live_bytes;
  {
    const TrainConfig config = SmallConfig();
    Trainer trainer(config, Device::Cpu());
    for (int i = 0; i < kCycle; ++i) trainer.Step(SmallBatch(config, i));
    EXPECT_GT(BackendFor(Device::Cpu()).Stats().live_bytes, before);
  }
  EXPECT_EQ(BackendFor(Device::Cpu()).Stats().live_bytes, before);
}

TEST(TrainerTest, AnAverageWithoutHalfLifeIsTheNetworkItself) {
  TrainConfig config = SmallConfig();
  config.optimizer.ema_kimg = 0;
  Trainer trainer(config, Device::Cpu());
  for (int i = 0; i < 3; ++i) trainer.Step(SmallBatch(config, i));
  for (const nn::NamedTensor& t : trainer.State()) {
    if (t.name.rfind("ema.", 0) != 0 || t.name == "ema.latent_average") continue;
    EXPECT_EQ(t.tensor.ToHost<float>(), StateTensor(trainer, t.name.substr(4)).ToHost<float>()) << t.name;
  }
}

TEST(TrainerTest, GradientsThatAreNotNumbersChangeNoParameter) {
  const TrainConfig config = SmallConfig();
  Trainer trainer(config, Device::Cpu()), reference(config, Device::Cpu());
  for (int i = 0; i < 2; ++i) {
    trainer.Step(SmallBatch(config, i));
    reference.Step(SmallBatch(config, i));
  }
  const std::string poisoned = "discriminator.from_rgb.0.bias";
  Overwrite(StateTensor(trainer, poisoned), std::numeric_limits<float>::quiet_NaN());
  for (int i = 0; i < kCycle; ++i) {
    const std::vector<StepScalar> scalars = trainer.Step(SmallBatch(config, i));
    EXPECT_FALSE(std::isfinite(Find(scalars, "Gradient/D/norm")));
    EXPECT_FALSE(std::isfinite(Find(scalars, "Gradient/G/norm")));
  }
  EXPECT_EQ(trainer.steps(), 2 + kCycle) << "the run goes on";
  // The optimizer has changed nothing. Only the averages continue to change, and they stay finite.
  const std::set<std::string> others = {poisoned, "ema.latent_average", "path_length.exponential_sum"};
  for (const nn::NamedTensor& t : reference.State()) {
    const std::vector<float> now = StateTensor(trainer, t.name).ToHost<float>();
    if (t.name.rfind("ema.", 0) == 0 || others.count(t.name) != 0) {
      for (float v : now) EXPECT_TRUE(t.name == poisoned || std::isfinite(v)) << t.name;
    } else {
      EXPECT_EQ(now, t.tensor.ToHost<float>()) << t.name;
    }
  }
}

TEST(TrainerDeathTest, ABatchOfAnotherSizeIsAMistake) {
  const TrainConfig config = SmallConfig();
  Trainer trainer(config, Device::Cpu());
  Batch batch = SmallBatch(config, 0);
  batch.pixels.pop_back();
  EXPECT_DEATH(trainer.Step(batch), "767 bytes for a batch of 4 images");
}

}  // namespace
}  // namespace sg::gan
