#include "gan/train/snapshot.h"

#include <cstdlib>
#include <filesystem>

#include "engine/runtime/devices.h"
#include "gan/config/json.h"
#include "gan/image/decode_image.h"
#include "gan/image/encode_png.h"
#include "gan/sample/sampler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nn/state/checkpoint.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kSide = 12;  // pictures per side of a sheet at 8x8

Image ReadPng(const std::string& path) {
  const absl::StatusOr<Image> image = DecodeImage(FileBytes(path), DecodeLimits());
  EXPECT_TRUE(image.ok()) << path << ": " << image.status();
  return image.ok() ? *image : Image();
}

// The picture at (column, row) of a sheet of 8x8 pictures.
std::vector<uint8_t> Tile(const Image& sheet, int column, int row) {
  std::vector<uint8_t> tile;
  for (int y = 0; y < 8; ++y) {
    const auto begin = sheet.pixels.begin() + ((row * 8 + y) * sheet.width + column * 8) * 3;
    tile.insert(tile.end(), begin, begin + 8 * 3);
  }
  return tile;
}

std::string WriteSolid(const nn::ScratchDir& folder, const std::string& name, uint8_t value) {
  return folder.Write(name, EncodePng({8, 8, 3, std::vector<uint8_t>(8 * 8 * 3, value)}).value());
}

std::unique_ptr<Dataset> OpenFolder(const std::string& path, OnBadImage on_bad_image = OnBadImage::kFail) {
  DatasetOptions options;
  options.path = path;
  options.spec = {8, 8, 3};
  options.on_bad_image = on_bad_image;
  return *Dataset::Open(options);
}

class SnapshotTest : public ::testing::Test {
 protected:
  SnapshotTest() : run_(*RunDirectory::Create(folder_.File("runs"), "run")), trainer_(SmallConfig(), Device::Cpu()) {
    for (int i = 0; i < 20; ++i) trainer_.Step(SmallBatch(SmallConfig(), i));
  }

  nn::ScratchDir folder_;
  RunDirectory run_;
  Trainer trainer_;
};

TEST_F(SnapshotTest, PictureKOfASheetIsSeedK) {
  const absl::StatusOr<std::string> path = WriteFakes(DrawFakes(trainer_, {}), run_, FakesName(trainer_));
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, run_.path() + "/fakes000000_080.png");
  const Image sheet = ReadPng(*path);
  ASSERT_EQ(sheet.width, kSide * 8);
  ASSERT_EQ(sheet.height, kSide * 8);

  const Sampler sampler(SmallConfig().model, trainer_.average(), trainer_.latent_average());
  for (uint32_t seed : {0u, 1u, 11u, 12u, 77u, 143u}) {
    const Tensor w = sampler.MapLatents(LatentsFromSeeds({seed}, 8, Device::Cpu()), 1);
    const Image alone = ToImages(sampler.Synthesize(w, NoiseMode::kConst, 0))[0];
    const std::vector<uint8_t> tile = Tile(sheet, seed % kSide, seed / kSide);
    for (size_t i = 0; i < tile.size(); ++i) {
      ASSERT_LE(std::abs(tile[i] - alone.pixels[i]), 1) << "seed " << seed << ", byte " << i;
    }
  }
  EXPECT_NE(Tile(sheet, 0, 0), Tile(sheet, 1, 0));
}

TEST_F(SnapshotTest, TheRowsOfASheetHaveTheLabelsOfTheData) {
  const nn::ScratchDir images;
  for (const char* folder : {"cat", "dog", "eel"}) {
    std::filesystem::create_directory(images.File(folder));
    WriteSolid(images, std::string(folder) + "/a.png", 100);
  }
  DatasetOptions options;
  options.path = images.path();
  options.spec = {8, 8, 3};
  options.labels = true;
  const std::unique_ptr<Dataset> dataset = *Dataset::Open(options);
  const TrainConfig config = SmallConditionalConfig();
  Trainer trainer(config, Device::Cpu());
  for (int i = 0; i < 20; ++i) trainer.Step(SmallBatch(config, i));
  const std::vector<float> labels = SheetLabels(*dataset, config.model);
  ASSERT_EQ(labels.size(), kSide * 3u);
  EXPECT_TRUE(SheetLabels(*dataset, SmallConfig().model).empty());
  const absl::StatusOr<std::string> path = WriteFakes(DrawFakes(trainer, labels), run_, "sheet.png");
  ASSERT_TRUE(path.ok()) << path.status();
  const Image sheet = ReadPng(*path);
  const Sampler sampler(config.model, trainer.average(), trainer.latent_average());
  for (const int row : {0, 1, 2, 3, 11}) {
    const auto seed = static_cast<uint32_t>(row * kSide + 5);
    const Tensor w = sampler.MapLatents(LatentsFromSeeds({seed}, 8, Device::Cpu()),
                                        ClassLabels(row % 3, 1, 3, Device::Cpu()), Truncation());
    const Image alone = ToImages(sampler.Synthesize(w, NoiseMode::kConst, 0))[0];
    const std::vector<uint8_t> tile = Tile(sheet, 5, row);
    for (size_t i = 0; i < tile.size(); ++i) {
      ASSERT_LE(std::abs(tile[i] - alone.pixels[i]), 1) << "row " << row << ", byte " << i;
    }
  }
}

TEST_F(SnapshotTest, RealsAreWrittenAsTheyAre) {
  const nn::ScratchDir images;
  WriteSolid(images, "a.png", 10);
  WriteSolid(images, "b.png", 200);
  const absl::StatusOr<Image> reals = DrawReals(OpenFolder(images.path()).get());
  ASSERT_TRUE(reals.ok()) << reals.status();
  const absl::StatusOr<std::string> path = WriteReals(*reals, run_);
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, run_.File("reals.png"));
  const Image sheet = ReadPng(*path);
  ASSERT_EQ(sheet.width, 16);
  ASSERT_EQ(sheet.height, 8);
  EXPECT_EQ(Tile(sheet, 0, 0), std::vector<uint8_t>(8 * 8 * 3, 10));
  EXPECT_EQ(Tile(sheet, 1, 0), std::vector<uint8_t>(8 * 8 * 3, 200));
}

TEST_F(SnapshotTest, RealsOfManyImagesAreSpreadOverThem) {
  const nn::ScratchDir images;
  for (int i = 0; i < 250; ++i) WriteSolid(images, std::to_string(1000 + i) + ".png", i);
  const absl::StatusOr<Image> sheet = DrawReals(OpenFolder(images.path()).get());
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  ASSERT_EQ(sheet->width, kSide * 8);
  ASSERT_EQ(sheet->height, kSide * 8);
  EXPECT_EQ(sheet->pixels.front(), 0);
  EXPECT_GT(sheet->pixels.back(), 240);
}

TEST_F(SnapshotTest, ABadImageAmongTheReals) {
  const nn::ScratchDir images;
  WriteSolid(images, "a.png", 10);
  images.Write("b.png", "not an image");
  WriteSolid(images, "c.png", 200);
  EXPECT_THAT(std::string(DrawReals(OpenFolder(images.path()).get()).status().message()), StartsWith("b.png: "));
  const absl::StatusOr<Image> sheet = DrawReals(OpenFolder(images.path(), OnBadImage::kSkip).get());
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  EXPECT_EQ(sheet->width, 16);
  EXPECT_EQ(Tile(*sheet, 1, 0), std::vector<uint8_t>(8 * 8 * 3, 200));

  std::filesystem::remove(images.File("a.png"));
  std::filesystem::remove(images.File("c.png"));
  EXPECT_THAT(std::string(DrawReals(OpenFolder(images.path(), OnBadImage::kSkip).get()).status().message()),
              StartsWith("none of 1 images can be read, for example b.png: "));
}

TEST_F(SnapshotTest, ACheckpointHoldsConfigurationAndState) {
  ASSERT_TRUE(SaveCheckpoint(trainer_, CheckpointPath(trainer_, run_)).ok());
  const std::string checkpoint = run_.File("network-snapshot-000000_080.safetensors");
  const absl::StatusOr<TrainConfig> config = CheckpointConfig(checkpoint);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(ToJson(*config), ToJson(SmallConfig()));
  const absl::StatusOr<Resumed> resumed = ResumeTrainer(checkpoint, *config, Device::Cpu());
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->environment_note, "") << "this is where it was written";
  EXPECT_TRUE(WholeState(*resumed->trainer) == WholeState(trainer_));
}

TEST_F(SnapshotTest, ACheckpointTellsWhichImagesItHasSeen) {
  const std::string path = CheckpointPath(trainer_, run_);
  const DataIdentity images = {40, "0123abcd"};
  ASSERT_TRUE(SaveCheckpoint(trainer_, path, images).ok());
  EXPECT_EQ(ResumeTrainer(path, SmallConfig(), Device::Cpu())->data, images);
  EXPECT_TRUE(*SerializeCheckpoint(trainer_, images) == FileBytes(path));
  const DataIdentity labeled = {40, "0123abcd", "4567cdef"};
  ASSERT_TRUE(SaveCheckpoint(trainer_, path, labeled).ok());
  EXPECT_EQ(ResumeTrainer(path, SmallConfig(), Device::Cpu())->data, labeled);
  // Files of earlier versions, and damaged numbers.
  for (const Metadata& other : {Metadata{}, Metadata{{"data.images", "40"}}, Metadata{{"data.hash", "0123abcd"}},
                                Metadata{{"data.images", "-1"}, {"data.hash", "0123abcd"}}}) {
    ASSERT_TRUE(trainer_.Save(path, other).ok());
    EXPECT_EQ(ResumeTrainer(path, SmallConfig(), Device::Cpu())->data, std::nullopt);
  }
}

TEST_F(SnapshotTest, AnotherEnvironmentIsNoted) {
  ASSERT_TRUE(trainer_.Save(run_.CheckpointPath("000001"), {{"environment", "cpu: another machine"}}).ok());
  const absl::StatusOr<Resumed> resumed = ResumeTrainer(run_.CheckpointPath("000001"), SmallConfig(), Device::Cpu());
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_THAT(resumed->environment_note, HasSubstr("cpu: another machine"));
  EXPECT_THAT(resumed->environment_note, HasSubstr("not bit for bit"));
  ASSERT_TRUE(trainer_.Save(run_.CheckpointPath("000002"), {}).ok());
  EXPECT_EQ(ResumeTrainer(run_.CheckpointPath("000002"), SmallConfig(), Device::Cpu())->environment_note, "");
}

TEST_F(SnapshotTest, ABatchInOtherPartsIsNoted) {
  ASSERT_TRUE(SaveCheckpoint(trainer_, CheckpointPath(trainer_, run_)).ok());
  TrainConfig parts = SmallConfig();
  parts.grad_accum = 2;
  const absl::StatusOr<Resumed> resumed = ResumeTrainer(CheckpointPath(trainer_, run_), parts, Device::Cpu());
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_THAT(resumed->environment_note, HasSubstr("batches in 1 part, this is in 2"));
  EXPECT_THAT(resumed->environment_note, HasSubstr("not bit for bit"));
  EXPECT_TRUE(SameTensors(*resumed->trainer, trainer_)) << "but the state is the same";
}

TEST_F(SnapshotTest, SerializesTheBytesOfTheCheckpoint) {
  ASSERT_TRUE(SaveCheckpoint(trainer_, CheckpointPath(trainer_, run_)).ok());
  const absl::StatusOr<std::string> bytes = SerializeCheckpoint(trainer_);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(*bytes == FileBytes(CheckpointPath(trainer_, run_)));
}

// Every layer of these networks has hundreds of megabytes, and the file has the small ones of `trainer_`.
TEST_F(SnapshotTest, AClaimOfHugeNetworksTakesNoMemory) {
  TrainConfig huge = SmallConfig();
  huge.model.resolution = 1024;
  huge.model.g_features = huge.model.d_features = huge.model.max_features = 4096;
  ASSERT_TRUE(SaveCheckpoint(trainer_, CheckpointPath(trainer_, run_)).ok());
  ResetMemoryPeak(Device::Cpu());
  const int64_t before = MemoryStatsOf(Device::Cpu()).peak_bytes;
  const absl::Status status = ResumeTrainer(CheckpointPath(trainer_, run_), huge, Device::Cpu()).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a checkpoint of this model: it lacks "));
  EXPECT_EQ(MemoryStatsOf(Device::Cpu()).peak_bytes, before);
}

TEST_F(SnapshotTest, WhatIsNoCheckpointIsAnErrorWithItsPath) {
  const std::string text = folder_.Write("text.safetensors", "nothing"), missing = folder_.File("missing.safetensors");
  const std::string tensors = folder_.File("tensors.safetensors");
  ASSERT_TRUE(nn::SaveTensors(tensors, trainer_.State(), {}).ok());
  const std::string bad_config = folder_.File("config.safetensors");
  ASSERT_TRUE(nn::SaveTensors(bad_config, trainer_.State(), {{"config", "{\"preset\":\"quick\"}"}}).ok());
  for (const std::string& path : {text, missing, tensors, bad_config}) {
    EXPECT_THAT(std::string(CheckpointConfig(path).status().message()), StartsWith(path + ": "));
    EXPECT_THAT(std::string(ResumeTrainer(path, SmallConfig(), Device::Cpu()).status().message()),
                StartsWith(path + ": "));
  }
  EXPECT_THAT(std::string(CheckpointConfig(bad_config).status().message()), HasSubstr("is missing"));
}

}  // namespace
}  // namespace sg::gan
