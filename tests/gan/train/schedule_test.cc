#include "gan/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

TEST(ScheduleTest, TheRegularizersComeEveryIntervalAfterTheirStart) {
  LossConfig loss;
  loss.r1_interval = 4;
  loss.pl_interval = 3;
  loss.pl_start = 5;
  std::vector<int64_t> r1, pl;
  for (int64_t step = 0; step < 13; ++step) {
    if (AppliesGradientPenalty(loss, step)) r1.push_back(step);
    if (AppliesPathLength(loss, step)) pl.push_back(step);
  }
  EXPECT_THAT(r1, ElementsAre(3, 7, 11));
  EXPECT_THAT(pl, ElementsAre(8, 11)) << "not in step 5, which is not after pl_start";
  loss.r1_interval = 0;
  loss.pl_weight = 0;
  EXPECT_FALSE(AppliesGradientPenalty(loss, 3));
  EXPECT_FALSE(AppliesPathLength(loss, 8));
  loss.r1_interval = 4;
  loss.r1_gamma = 0;
  EXPECT_FALSE(AppliesGradientPenalty(loss, 3));
}

TEST(ScheduleTest, TheRegularizersCanComeFirstInTheirInterval) {
  LossConfig loss;
  loss.r1_interval = 4;
  loss.pl_interval = 3;
  loss.regularize_first = true;
  for (const auto& [start, want] : {std::pair<int64_t, std::vector<int64_t>>{0, {0, 3, 6}}, {3, {3, 6}}, {4, {6}}}) {
    loss.pl_start = start;
    std::vector<int64_t> r1, pl;
    for (int64_t step = 0; step < 9; ++step) {
      if (AppliesGradientPenalty(loss, step)) r1.push_back(step);
      if (AppliesPathLength(loss, step)) pl.push_back(step);
    }
    EXPECT_THAT(r1, ElementsAre(0, 4, 8));
    EXPECT_EQ(pl, want) << start;
  }
}

TEST(ScheduleTest, ThePenaltiesOfRealImagesAndOfFakesComeTogether) {
  LossConfig loss;
  loss.r1_interval = 4;
  loss.r1_gamma = 0;
  loss.r2_gamma = 3;
  EXPECT_FALSE(AppliesGradientPenalty(loss, 2));
  EXPECT_TRUE(AppliesGradientPenalty(loss, 3));
  TrainConfig config;
  config.loss = loss;
  EXPECT_EQ(R1Weight(config, 0), 0);
  EXPECT_EQ(R2Weight(config, 0), 6);
}

TEST(ScheduleTest, WeightsMakeUpForTheStepsWithout) {
  TrainConfig config;
  LossConfig& loss = config.loss;
  loss.r1_gamma = 10;
  loss.r1_interval = 4;
  EXPECT_EQ(R1Weight(config, 0), 20) << "half of gamma, in every fourth step";
  loss.pl_weight = 2;
  loss.pl_interval = 8;
  EXPECT_EQ(PathLengthWeight(loss), 2);
  loss.pl_times_interval = true;
  EXPECT_EQ(PathLengthWeight(loss), 16);
}

TEST(ScheduleTest, TheAverageForgetsHalfInItsHalfLife) {
  TrainConfig config;
  config.batch = 100;
  config.optimizer.ema_kimg = 1;
  config.optimizer.ema_rampup = 0;
  double kept = 1;
  for (int step = 1; step <= 10; ++step) kept *= AverageDecay(config, step * config.batch);
  EXPECT_NEAR(kept, 0.5, 1e-12);
  config.optimizer.ema_rampup = 0.05;
  EXPECT_LT(AverageDecay(config, 1000), 0.5) << "at the beginning, half-lives are 5 % of the images seen";
}

// R3GAN's schedule, in values that its formula gives.
TEST(ScheduleTest, ValuesGoToTheirFinalOnesAlongHalfACosine) {
  TrainConfig config;
  config.batch = 100;
  config.loss.r1_gamma = 2;
  config.loss.r2_gamma = 4;
  config.loss.r1_interval = 1;
  config.optimizer.beta2 = 0.9;
  config.optimizer.ema_kimg = 0;
  config.optimizer.ema_rampup = 0;
  config.augment.p = 0;
  config.schedule.kimg = 20;
  config.schedule.final_lr_factor = 0.25;
  config.schedule.final_gamma_factor = 0.1;
  config.schedule.final_beta2 = 0.99;
  config.schedule.final_ema_kimg = 500;
  config.schedule.final_p = 0.3;
  struct Row {
    int64_t images;
    double way;
  };
  for (const Row& row : {Row{0, 0}, {5000, (1 - std::sqrt(0.5)) / 2}, {10000, 0.5}, {20000, 1}, {1000000, 1}}) {
    EXPECT_NEAR(ScheduledRate(config, row.images), 1 - 0.75 * row.way, 1e-12) << row.images;
    EXPECT_NEAR(R1Weight(config, row.images), 1 - 0.9 * row.way, 1e-12);
    EXPECT_NEAR(R2Weight(config, row.images), 2 * (1 - 0.9 * row.way), 1e-12);
    EXPECT_NEAR(Beta2(config, row.images), 0.9 + 0.09 * row.way, 1e-12);
    EXPECT_NEAR(FixedP(config, row.images), 0.3 * row.way, 1e-12);
    EXPECT_NEAR(AverageDecay(config, row.images), std::pow(0.5, 0.1 / std::max(1e-11, 500 * row.way)), 1e-12);
  }
}

TEST(ScheduleTest, NothingChangesWithoutOne) {
  TrainConfig config, other = config;
  other.schedule.kimg = 10;  // without final values
  for (const TrainConfig& c : {config, other}) {
    for (const int64_t images : {0, 777, 20000}) {
      EXPECT_EQ(ScheduledRate(c, images), 1);
      EXPECT_EQ(R1Weight(c, images), 0.5 * c.loss.r1_gamma * c.loss.r1_interval);
      EXPECT_EQ(Beta2(c, images), c.optimizer.beta2);
      EXPECT_EQ(FixedP(c, images), c.augment.p);
      EXPECT_EQ(AverageDecay(c, images), AverageDecay(config, images));
    }
  }
}

TEST(ScheduleTest, PhasesOfOtherBatchesHaveOtherKeys) {
  TrainConfig config, parts;
  parts.grad_accum = 2;
  EXPECT_EQ(PhaseKey(config, "G"), PhaseKey(config, "G"));
  EXPECT_NE(PhaseKey(config, "G"), PhaseKey(config, "G+PL"));
  EXPECT_NE(PhaseKey(config, "G"), PhaseKey(parts, "G"));
}

}  // namespace
}  // namespace sg::gan
