// Checkpoints of every version of the format, written by the program of that time, stay readable for ever.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/crc32c.h"
#include "engine/tensor/record_scope.h"
#include "gan/config/config.h"
#include "gan/image/image.h"
#include "gan/sample/sampler.h"
#include "gan/train/pretrained.h"
#include "gan/train/snapshot.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

struct Version {
  const char* file;
  int64_t steps;
  uint32_t picture;      // CRC-32C of the 8-bit pixels of seed 3, truncated to 0.7
  double augment_p = 0;  // of augmentation
  int64_t rollbacks = 0;
};

// tests/golden/README.md says how the files were written. A new version of the format adds lines; none is ever removed.
constexpr Version kVersions[] = {
    {"format1_annotated.safetensors", 10, 0x3c70fac2},      {"format1_official.safetensors", 10, 0x922d4161},
    {"format2_annotated.safetensors", 10, 0x3c70fac2},      {"format2_official.safetensors", 10, 0x922d4161},
    {"format2_fields4_auto.safetensors", 10, 0xf4fe5aa0},   {"format3_ada.safetensors", 10, 0x238aa9ba, 0.64},
    {"format4_rollback.safetensors", 10, 0x820acd0b, 0, 1},
};

std::string PathOf(const Version& version) {
  return std::string(std::getenv("TEST_SRCDIR")) + "/stylegan2/tests/golden/checkpoints/" + version.file;
}

class FormatStabilityTest : public ::testing::TestWithParam<Version> {};

// On the reference backend, which computes the same bits everywhere.
TEST_P(FormatStabilityTest, GivesThePictureThatItGaveThen) {
  const absl::StatusOr<Pretrained> network = LoadPretrained(PathOf(GetParam()), Device::Ref());
  ASSERT_TRUE(network.ok()) << network.status();
  const ModelConfig& model = network->config.model;
  const Sampler sampler(model, network->generator, network->latent_average);
  RecordScope no_record(false);
  const Tensor w = sampler.MapLatents(LatentsFromSeeds({3}, model.latent_dim, Device::Ref()), /*truncation=*/0.7);
  const std::vector<Image> images = ToImages(sampler.Synthesize(w, NoiseMode::kConst, /*noise_seed=*/0));
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(io::Crc32c(images[0].pixels.data(), images[0].pixels.size()), GetParam().picture);
}

TEST_P(FormatStabilityTest, TrainingGoesOn) {
  const absl::StatusOr<TrainConfig> config = CheckpointConfig(PathOf(GetParam()));
  ASSERT_TRUE(config.ok()) << config.status();
  const absl::StatusOr<Resumed> resumed = ResumeTrainer(PathOf(GetParam()), *config, Device::Cpu());
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  Trainer& trainer = *resumed->trainer;
  EXPECT_EQ(trainer.steps(), GetParam().steps);
  EXPECT_DOUBLE_EQ(trainer.augment_p(), GetParam().augment_p);
  EXPECT_EQ(trainer.rollback().count, GetParam().rollbacks);
  for (int i = 0; i < 3; ++i) {
    for (const StepScalar& s : trainer.Step(SmallBatch(*config, i))) EXPECT_TRUE(std::isfinite(s.value.Item()));
  }
  // The continued state is one of today's format.
  Trainer again(*config, Device::Cpu());
  const nn::ScratchDir folder;
  ASSERT_TRUE(trainer.Save(folder.File("state"), {}).ok());
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(folder.File("state"));
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(again.Load(*file).ok());
  EXPECT_TRUE(SameTensors(trainer, again));
}

INSTANTIATE_TEST_SUITE_P(Versions, FormatStabilityTest, ::testing::ValuesIn(kVersions), [](const auto& info) {
  std::string name = info.param.file;
  return name.substr(0, name.find('.'));
});

}  // namespace
}  // namespace sg::gan
