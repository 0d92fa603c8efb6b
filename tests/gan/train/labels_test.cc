#include "gan/train/labels.h"

#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

TrainConfig Config() {
  TrainConfig config;
  config.model.label_dim = 2;
  config.batch = 4;
  config.grad_accum = 2;
  return config;
}

// Every number is another.
Batch Numbered() {
  Batch batch;
  batch.labels.resize(4 * 2);
  std::iota(batch.labels.begin(), batch.labels.end(), 0.0f);
  batch.fake_labels.resize(kFakeSets * 4 * 2);
  std::iota(batch.fake_labels.begin(), batch.fake_labels.end(), 100.0f);
  return batch;
}

TEST(LabelsOfABatchTest, ArePartsInARow) {
  const std::vector<Tensor> parts = RealLabels(Config(), Numbered(), Device::Cpu());
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].shape(), Shape({2, 2}));
  EXPECT_THAT(parts[0].ToHost<float>(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(parts[1].ToHost<float>(), ElementsAre(4, 5, 6, 7));
}

TEST(LabelsOfABatchTest, OfFakesHaveASetForEachPhase) {
  const auto part = [](FakeSet set, int64_t images, int index) {
    return FakeLabels(Config(), Numbered(), set, images, Device::Cpu())[index].ToHost<float>();
  };
  EXPECT_THAT(part(FakeSet::kDiscriminator, 4, 0), ElementsAre(100, 101, 102, 103));
  EXPECT_THAT(part(FakeSet::kGenerator, 4, 1), ElementsAre(112, 113, 114, 115));
  EXPECT_THAT(part(FakeSet::kPathLength, 2, 0), ElementsAre(116, 117));
  EXPECT_THAT(part(FakeSet::kPathLength, 2, 1), ElementsAre(118, 119));
}

TEST(LabelsOfABatchTest, OfAModelWithoutLabelsAreUndefined) {
  TrainConfig config = Config();
  config.model.label_dim = 0;
  for (const Tensor& part : RealLabels(config, Batch(), Device::Cpu())) EXPECT_FALSE(part.defined());
  const std::vector<Tensor> fakes = FakeLabels(config, Batch(), FakeSet::kPathLength, 4, Device::Cpu());
  ASSERT_EQ(fakes.size(), 2u);
  EXPECT_FALSE(fakes[0].defined());
}

TEST(LabelsOfABatchDeathTest, MustBeThere) {
  EXPECT_DEATH(RealLabels(Config(), Batch(), Device::Cpu()), "0 numbers for 4 images with labels of 2");
}

}  // namespace
}  // namespace sg::gan
