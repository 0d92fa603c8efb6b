#include "gan/train/schedule.h"

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
  EXPECT_EQ(R1Weight(loss), 0);
  EXPECT_EQ(R2Weight(loss), 6);
}

TEST(ScheduleTest, WeightsMakeUpForTheStepsWithout) {
  LossConfig loss;
  loss.r1_gamma = 10;
  loss.r1_interval = 4;
  EXPECT_EQ(R1Weight(loss), 20) << "half of gamma, in every fourth step";
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

TEST(ScheduleTest, PhasesOfOtherBatchesHaveOtherKeys) {
  TrainConfig config, parts;
  parts.grad_accum = 2;
  EXPECT_EQ(PhaseKey(config, "G"), PhaseKey(config, "G"));
  EXPECT_NE(PhaseKey(config, "G"), PhaseKey(config, "G+PL"));
  EXPECT_NE(PhaseKey(config, "G"), PhaseKey(parts, "G"));
}

}  // namespace
}  // namespace sg::gan
