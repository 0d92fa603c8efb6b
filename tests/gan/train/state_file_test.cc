// Saving and loading a trainer restores it bit for bit, or fails without a change.
#include <cmath>
#include <filesystem>
#include <functional>

#include "engine/io/safetensors_reader.h"
#include "gan/config/validate.h"
#include "gan/train/trainer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nn/state/checkpoint.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::Status LoadFrom(const std::string& path, Trainer* trainer) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(path);
  return file.ok() ? trainer->Load(*file) : file.status();
}

struct Case {
  const char* name;
  std::function<void(TrainConfig*)> change;
};

class StateFileTest : public ::testing::TestWithParam<Case> {};

TEST_P(StateFileTest, TrainingGoesOnBitForBit) {
  TrainConfig config = SmallConfig();
  GetParam().change(&config);
  ASSERT_TRUE(Validate(config).ok()) << Validate(config);
  const nn::ScratchDir folder;
  constexpr int kBefore = 7, kAfter = 10;  // both regularizers and several mixed batches on both sides

  Trainer whole(config, Device::Cpu());
  for (int i = 0; i < kBefore; ++i) whole.Step(SmallBatch(config, i));
  ASSERT_TRUE(whole.Save(folder.File("b"), {}).ok());

  // Starts from a different state, so everything must come from the file.
  Trainer resumed(config, Device::Cpu());
  resumed.Step(SmallBatch(config, 98));
  ASSERT_FALSE(SameTensors(resumed, whole));
  ASSERT_TRUE(LoadFrom(folder.File("b"), &resumed).ok());
  EXPECT_EQ(resumed.steps(), kBefore);
  EXPECT_TRUE(SameTensors(resumed, whole));

  for (int i = kBefore; i < kBefore + kAfter; ++i) {
    const Batch batch = SmallBatch(config, i);
    ASSERT_EQ(ScalarBits(resumed.Step(batch)), ScalarBits(whole.Step(batch))) << "step " << i;
  }
  EXPECT_TRUE(SameTensors(resumed, whole));
  EXPECT_EQ(WholeState(resumed), WholeState(whole));
}

INSTANTIATE_TEST_SUITE_P(
    Configurations, StateFileTest,
    ::testing::Values(Case{"all_regularizers", [](TrainConfig*) {}},
                      Case{"path_length_in_every_step", [](TrainConfig* c) { c->loss.pl_interval = 1; }},
                      Case{"annotated_axes", [](TrainConfig* c) { c->loss.pl_annotated_axes = true; }},
                      Case{"always_mixed", [](TrainConfig* c) { c->loss.mixing_prob = 1; }},
                      Case{"conditional", [](TrainConfig* c) { *c = SmallConditionalConfig(); }},
                      Case{"relativistic", [](TrainConfig* c) { *c = SmallRelativisticConfig(); }},
                      Case{"relativistic_in_parts",
                           [](TrainConfig* c) {
                             *c = SmallRelativisticConfig();
                             c->grad_accum = 2;
                           }},
                      Case{"schedule",
                           [](TrainConfig* c) {
                             *c = SmallRelativisticConfig();
                             c->augment.p = 0;
                             c->optimizer.beta2 = 0.9;
                             c->schedule = {/*kimg=*/0.05, 0.25, 0.1, 0.99, 10, 0.5};
                           }},
                      Case{"hinge_in_parts",
                           [](TrainConfig* c) {
                             c->loss.loss = AdversarialLoss::kHinge;
                             c->grad_accum = 2;
                           }},
                      Case{"momentum_and_ramp_up",
                           [](TrainConfig* c) {
                             c->optimizer.beta1 = 0.9;
                             c->optimizer.ema_kimg = 10;
                           }},
                      Case{"paper",
                           [](TrainConfig* c) {
                             c->model.latent_norm = LatentNorm::kRms;
                             c->model.rgb_activation = false;
                             c->model.activation_gain = std::sqrt(2.0);
                             c->model.resample = Resampling::kFir;
                             c->model.mbstd_per_group = true;
                             c->model.mbstd_unbiased = false;
                           }},
                      Case{"augmentation_that_adapts",
                           [](TrainConfig* c) {
                             c->augment.aug = AugMode::kAda;
                             c->augment.target = -1;     // p only grows,
                             c->augment.ada_kimg = 0.1;  // by 0.16 in every fourth step
                           }},
                      Case{"augmentation_in_parts",
                           [](TrainConfig* c) {
                             c->augment.aug = AugMode::kFixed;
                             c->augment.p = 0.5;
                             c->augment.exact_blits = true;
                             c->grad_accum = 2;
                           }},
                      Case{"diffaug", [](TrainConfig* c) { c->augment.aug = AugMode::kDiffAug; }},
                      Case{"official", [](TrainConfig* c) { *c = SmallOfficialConfig(); }},
                      Case{"official_in_parts",
                           [](TrainConfig* c) {
                             *c = SmallOfficialConfig();
                             c->grad_accum = 2;
                           }}),
    [](const ::testing::TestParamInfo<Case>& info) { return info.param.name; });

// A trainer with some state, and a valid file with a different one.
class LoadErrorTest : public ::testing::Test {
 protected:
  LoadErrorTest() : trainer_(SmallConfig(), Device::Cpu()) {
    Trainer source(SmallConfig(), Device::Cpu());
    for (int i = 0; i < 4; ++i) source.Step(SmallBatch(SmallConfig(), i));
    SG_CHECK(source.Save(folder_.File("good"), {}).ok());
    good_ = folder_.Read("good");
    trainer_.Step(SmallBatch(SmallConfig(), 50));
    before_ = WholeState(trainer_);
  }

  // The error of loading `path`. Checks that the error names the file, and that the trainer is unchanged.
  std::string ErrorOf(const std::string& path) {
    const absl::Status status = LoadFrom(path, &trainer_);
    EXPECT_FALSE(status.ok()) << path;
    EXPECT_THAT(std::string(status.message()), StartsWith(path + ": "));
    EXPECT_TRUE(WholeState(trainer_) == before_) << "the trainer changed: " << status;
    return std::string(status.message());
  }

  nn::ScratchDir folder_;
  Trainer trainer_;
  std::string good_, before_;
};

TEST_F(LoadErrorTest, TheGoodFileLoads) {
  ASSERT_TRUE(LoadFrom(folder_.File("good"), &trainer_).ok());
  EXPECT_TRUE(WholeState(trainer_) == good_);
}

TEST_F(LoadErrorTest, AnotherArchitecture) {
  TrainConfig config = SmallConfig();
  config.model.g_features = config.model.d_features = 8;
  ASSERT_TRUE(Trainer(config, Device::Cpu()).Save(folder_.File("wider"), {}).ok());
  EXPECT_THAT(ErrorOf(folder_.File("wider")), HasSubstr("not a checkpoint of this model"));
  config = SmallConfig();
  config.model.mapping_layers = 3;
  ASSERT_TRUE(Trainer(config, Device::Cpu()).Save(folder_.File("deeper"), {}).ok());
  EXPECT_THAT(ErrorOf(folder_.File("deeper")), HasSubstr("it has the unknown adam.mapping_network.v.net.4.bias"));
  config.model.mapping_layers = 1;
  ASSERT_TRUE(Trainer(config, Device::Cpu()).Save(folder_.File("shallower"), {}).ok());
  EXPECT_THAT(ErrorOf(folder_.File("shallower")), HasSubstr("it lacks"));
}

TEST_F(LoadErrorTest, ATruncatedFile) {
  for (size_t size : {size_t{0}, size_t{7}, size_t{1000}, good_.size() / 2, good_.size() - 1}) {
    ErrorOf(folder_.Write("truncated", good_.substr(0, size)));
  }
}

TEST_F(LoadErrorTest, AFlippedBitAnywhere) {
  // Steps of a prime length: the header's length, names, numbers, checksums and every tensor are met.
  const size_t stride = good_.size() / 97 | 1;
  for (size_t i = 0; i < good_.size(); i += stride) {
    std::string damaged = good_;
    damaged[i] ^= 1 << (i % 8);
    ErrorOf(folder_.Write("flipped", damaged));
  }
}

TEST_F(LoadErrorTest, IncompleteMetadata) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(folder_.File("good"));
  ASSERT_TRUE(file.ok());
  const std::map<std::string, std::string> metadata = file->metadata();
  int needed = 0;
  for (const auto& [key, value] : metadata) {
    std::map<std::string, std::string> less = metadata, wrong = metadata;
    less.erase(key);
    wrong[key] = "x";
    if (key == "config") continue;  // only for readers that have no configuration yet
    ++needed;
    if (key.find("steps") != std::string::npos) {  // times the batch, it would not be a number of images
      std::map<std::string, std::string> hostile = metadata;
      hostile[key] = "9000000000000000000";
      ASSERT_TRUE(nn::SaveTensors(folder_.File("hostile"), trainer_.State(), hostile).ok());
      EXPECT_THAT(ErrorOf(folder_.File("hostile")), HasSubstr(key));
    }
    ASSERT_TRUE(nn::SaveTensors(folder_.File("less"), trainer_.State(), less).ok());
    EXPECT_THAT(ErrorOf(folder_.File("less")), HasSubstr(key == "format" ? "not a training state" : key));
    ASSERT_TRUE(nn::SaveTensors(folder_.File("wrong"), trainer_.State(), wrong).ok());
    EXPECT_THAT(ErrorOf(folder_.File("wrong")), HasSubstr(key == "format" ? "not a training state" : key));
  }
  EXPECT_EQ(needed, 19) << "format, steps, path length, three of Adam, six random streams, three of augmentation, four "
                           "of rollbacks";
}

// Files of format 1 also contained the first moments, which are unused if beta1 is 0.
TEST_F(LoadErrorTest, AFileOfTheFormatBefore) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(folder_.File("good"));
  ASSERT_TRUE(file.ok());
  std::map<std::string, std::string> metadata = file->metadata();
  Trainer source(SmallConfig(), Device::Cpu());
  ASSERT_TRUE(LoadFrom(folder_.File("good"), &source).ok());
  std::vector<nn::NamedTensor> tensors = source.State();
  for (const nn::NamedTensor& t : source.State()) {
    const size_t v = t.name.find(".v.");
    if (t.name.rfind("adam.", 0) != 0 || v == std::string::npos) continue;
    std::string name = t.name;
    tensors.push_back({name.replace(v, 3, ".m."), Tensor::Zeros(t.tensor.shape(), DType::kF32, Device::Cpu())});
  }
  ASSERT_TRUE(nn::SaveTensors(folder_.File("more"), tensors, metadata).ok());
  EXPECT_THAT(ErrorOf(folder_.File("more")), HasSubstr("it has the unknown adam.discriminator.m."));
  metadata["format"] = "stylegan2.cpp training state 1";
  ASSERT_TRUE(nn::SaveTensors(folder_.File("old"), tensors, metadata).ok());
  ASSERT_TRUE(LoadFrom(folder_.File("old"), &trainer_).ok());
  EXPECT_TRUE(WholeState(trainer_) == good_);
  tensors.back().name = "another";
  ASSERT_TRUE(nn::SaveTensors(folder_.File("strange"), tensors, metadata).ok());
  EXPECT_FALSE(LoadFrom(folder_.File("strange"), &trainer_).ok());
}

TEST_F(LoadErrorTest, AFileOfAFormatToCome) {
  ASSERT_TRUE(
      nn::SaveTensors(folder_.File("new"), trainer_.State(), {{"format", "stylegan2.cpp training state 5"}}).ok());
  EXPECT_THAT(ErrorOf(folder_.File("new")), HasSubstr("format 5, from a later version of this program"));
  for (const char* format : {"stylegan2.cpp training state 0", "stylegan2.cpp training state 4x", "stylegan2.cpp"}) {
    ASSERT_TRUE(nn::SaveTensors(folder_.File("odd"), trainer_.State(), {{"format", format}}).ok());
    EXPECT_THAT(ErrorOf(folder_.File("odd")), HasSubstr("not a training state")) << format;
  }
}

TEST_F(LoadErrorTest, NotACheckpoint) {
  ErrorOf(folder_.Write("text", "no tensors here"));
  ErrorOf(folder_.File("missing"));
  ASSERT_TRUE(nn::SaveTensors(folder_.File("tensors"), trainer_.State(), {}).ok());
  EXPECT_THAT(ErrorOf(folder_.File("tensors")), HasSubstr("not a training state"));
}

TEST(SaveTest, AnErrorLeavesTheOldFile) {
  const nn::ScratchDir folder;
  Trainer trainer(SmallConfig(), Device::Cpu());
  EXPECT_FALSE(trainer.Save(folder.File("no/such/folder/state"), {}).ok());
  ASSERT_TRUE(trainer.Save(folder.File("state"), {{"note", "first"}}).ok());
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(folder.File("state"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->metadata().at("note"), "first") << "extra metadata is kept";
  EXPECT_TRUE(file->Verify().ok());
  EXPECT_EQ(folder.Names().size(), 1u) << "no temporary file is left";
}

}  // namespace
}  // namespace sg::gan
