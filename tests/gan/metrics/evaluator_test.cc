#include "gan/metrics/evaluator.h"

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/image/encode_png.h"
#include "gan/train/trainer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/metrics/wave_images.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

constexpr char kWeights[] = "third_party/efficientnet_lite0/efficientnet_lite0.safetensors";

TrainConfig ConfigOf16Pixels() {
  TrainConfig config = SmallConfig();
  config.model.resolution = 16;
  return config;
}

class MetricEvaluatorTest : public ::testing::Test {
 protected:
  MetricEvaluatorTest()
      : config_(ConfigOf16Pixels()),
        trainer_(config_, Device::Cpu()),
        sampler_(config_.model, trainer_.average(), trainer_.latent_average()) {
    for (int copy = 0; copy < 3; ++copy) {
      const std::vector<Image> waves = Waves(16, 1 + 0.3 * copy, 2, 1);
      for (size_t i = 0; i < waves.size(); ++i) data_.Write(absl::StrCat(copy, i, ".png"), *EncodePng(waves[i]));
    }
    DatasetOptions options;
    options.path = data_.path();
    options.spec = {16, 16, 3};
    dataset_ = *Dataset::Open(options);
    options_.fakes = 40;
    options_.resolution = 32;
    for (const auto& named : EnumTable<Metric>::kValues) options_.metrics.push_back(named.value);
  }

  absl::StatusOr<MetricEvaluator> Make() {
    return MetricEvaluator::Make(options_, config_.model, dataset_.get(), kWeights, Device::Cpu());
  }

  const nn::ScratchDir data_;
  const TrainConfig config_;
  const Trainer trainer_;
  const Sampler sampler_;
  std::unique_ptr<Dataset> dataset_;
  MetricOptions options_;
};

TEST_F(MetricEvaluatorTest, ComputesEveryMetricWithItsNumbers) {
  auto evaluator = Make();
  ASSERT_TRUE(evaluator.ok()) << evaluator.status();
  EXPECT_EQ(evaluator->real_rows(), nullptr) << "before they are computed";
  const auto results = evaluator->Evaluate(sampler_, nullptr);
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), options_.metrics.size());
  std::vector<std::string> names;
  for (size_t i = 0; i < results->size(); ++i) {
    const MetricResult& result = (*results)[i];
    EXPECT_EQ(result.metric, options_.metrics[i]);
    EXPECT_FALSE(result.protocol.empty());
    EXPECT_EQ(result.data_hash.empty(), !NeedsReals(result.metric));
    for (const auto& [name, estimate] : result.values) {
      names.push_back(name);
      EXPECT_LE(estimate.low, estimate.value) << name;
      EXPECT_GE(estimate.high, estimate.value) << name;
    }
    const bool pairs = result.metric == Metric::kMultiScaleSimilarity;
    const bool equal = result.metric == Metric::kSlicedWasserstein;
    EXPECT_EQ(result.fakes, pairs ? 20 : equal ? 24 : 40);
    EXPECT_EQ(result.reals, NeedsReals(result.metric) ? 24 : 0);
  }
  EXPECT_THAT(names, ::testing::ElementsAre("kid_efflite0", "fd_efflite0", "pr_efflite0_precision",
                                            "pr_efflite0_recall", "ppl_efflite0", "swd_16", "swd", "ms_ssim"));
  ASSERT_NE(evaluator->real_rows(), nullptr);
  EXPECT_EQ(evaluator->real_rows()->count(), 24);
  ASSERT_NE(evaluator->features(), nullptr);
  const std::vector<float> first = evaluator->features()->Of({dataset_->Get(0).value()});
  for (int64_t k = 0; k < evaluator->real_rows()->dim; ++k) {
    EXPECT_NEAR(evaluator->real_rows()->row(0)[k], first[k], 1e-3);
  }
  // Fakes of an untrained network are nothing like the waves.
  EXPECT_GT((*results)[0].values[0].second.low, 0);
  EXPECT_EQ((*results)[2].values[1].second.value, 0);
}

TEST_F(MetricEvaluatorTest, RepeatsItsNumbers) {
  auto evaluator = Make();
  ASSERT_TRUE(evaluator.ok());
  const auto first = evaluator->Evaluate(sampler_, nullptr), again = evaluator->Evaluate(sampler_, nullptr);
  ASSERT_TRUE(first.ok() && again.ok());
  for (size_t i = 0; i < first->size(); ++i) {
    for (size_t v = 0; v < (*first)[i].values.size(); ++v) {
      EXPECT_EQ((*first)[i].values[v].second.value, (*again)[i].values[v].second.value);
      EXPECT_EQ((*first)[i].values[v].second.low, (*again)[i].values[v].second.low);
    }
  }
}

TEST_F(MetricEvaluatorTest, RefusesWhatCannotWork) {
  const auto error = [&] { return std::string(Make().status().message()); };
  MetricOptions good = options_;
  options_.fakes = 15;
  EXPECT_THAT(error(), HasSubstr("at least 16 fakes, not 15"));
  options_ = good;
  options_.metrics.clear();
  EXPECT_THAT(error(), HasSubstr("no metric"));
  options_ = good;
  const auto small = MetricEvaluator::Make(options_, SmallConfig().model, dataset_.get(), kWeights, Device::Cpu());
  EXPECT_THAT(std::string(small.status().message()),
              HasSubstr("swd needs square images with a side of at least 16 pixels"));
  ModelConfig model = config_.model;
  model.label_dim = 2;
  const auto conditional = MetricEvaluator::Make(options_, model, dataset_.get(), kWeights, Device::Cpu());
  EXPECT_THAT(std::string(conditional.status().message()), HasSubstr("none with 2 elements in the data"));
  model = config_.model;
  model.image_channels = 4;
  const auto transparent = MetricEvaluator::Make(options_, model, dataset_.get(), kWeights, Device::Cpu());
  EXPECT_THAT(std::string(transparent.status().message()), HasSubstr("those of this network have 4 channels"));
  const auto missing = MetricEvaluator::Make(options_, config_.model, dataset_.get(), "nowhere", Device::Cpu());
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("nowhere"));
}

// Every metric of a conditional model of gray images.
TEST_F(MetricEvaluatorTest, TakesLabelsFromTheDataAndGrayImages) {
  const nn::ScratchDir folder;
  std::filesystem::create_directories(folder.File("a"));
  std::filesystem::create_directories(folder.File("b"));
  const std::vector<Image> waves = Waves(16, 1, 2, 1);
  for (size_t i = 0; i < waves.size(); ++i)
    folder.Write(absl::StrCat(i % 3 == 0 ? "a/" : "b/", i, ".png"), *EncodePng(waves[i]));
  DatasetOptions data;
  data.path = folder.path();
  data.spec = {16, 16, 1};
  data.labels = true;
  const std::unique_ptr<Dataset> dataset = *Dataset::Open(data);
  TrainConfig config = config_;
  config.model.image_channels = 1;
  config.model.label_dim = 2;
  const Trainer trainer(config, Device::Cpu());
  const Sampler sampler(config.model, trainer.average(), trainer.latent_average());
  auto evaluator = MetricEvaluator::Make(options_, config.model, dataset.get(), kWeights, Device::Cpu());
  ASSERT_TRUE(evaluator.ok()) << evaluator.status();
  const auto results = evaluator->Evaluate(sampler, nullptr);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(results->size(), options_.metrics.size());
  EXPECT_THAT((*results)[0].protocol, HasSubstr("labels of random images"));
  for (const MetricResult& result : *results) {
    for (const auto& [name, estimate] : result.values) EXPECT_TRUE(std::isfinite(estimate.value)) << name;
  }
}

TEST_F(MetricEvaluatorTest, NeedsNoDataAndNoNetworkForSimilarity) {
  options_.metrics = {Metric::kMultiScaleSimilarity};
  auto evaluator = MetricEvaluator::Make(options_, config_.model, nullptr, "nowhere", Device::Cpu());
  ASSERT_TRUE(evaluator.ok()) << evaluator.status();
  const auto results = evaluator->Evaluate(sampler_, nullptr);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_GT((*results)[0].values[0].second.value, 0);
}

TEST_F(MetricEvaluatorTest, Stops) {
  auto evaluator = Make();
  ASSERT_TRUE(evaluator.ok());
  const auto stopped =
      evaluator->Evaluate(sampler_, [](absl::string_view what, int64_t, int64_t) { return what != "path lengths"; });
  EXPECT_TRUE(absl::IsCancelled(stopped.status()));
}

}  // namespace
}  // namespace sg::gan
