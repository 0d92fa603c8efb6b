#include "gan/train/stats.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

StepScalar Scalar(const char* name, double value) {
  return {name, Tensor::Full({1}, value, DType::kF32, Device::Cpu())};
}

TEST(TickStatsTest, CountMeanAndStandardDeviation) {
  TickStats stats;
  for (double value : {1.0, 2.0, 3.0, 6.0}) stats.Add({Scalar("Loss/D/loss", value), Scalar("Loss/G/loss", -value)});
  const std::map<std::string, Summary> summaries = stats.Collect();
  ASSERT_EQ(summaries.size(), 2u);
  EXPECT_EQ(summaries.at("Loss/D/loss").num, 4);
  EXPECT_DOUBLE_EQ(summaries.at("Loss/D/loss").mean, 3);
  EXPECT_NEAR(summaries.at("Loss/D/loss").std, std::sqrt(3.5), 1e-12);
  EXPECT_DOUBLE_EQ(summaries.at("Loss/G/loss").mean, -3);
}

TEST(TickStatsTest, ATickForgetsTheOneBefore) {
  TickStats stats;
  stats.Add({Scalar("a", 100)});
  stats.Collect();
  stats.Add({Scalar("b", 1)});
  const std::map<std::string, Summary> summaries = stats.Collect();
  EXPECT_EQ(summaries.count("a"), 0u);
  EXPECT_DOUBLE_EQ(summaries.at("b").mean, 1);
  EXPECT_DOUBLE_EQ(summaries.at("b").std, 0);
  EXPECT_TRUE(stats.Collect().empty());
}

TEST(TickStatsTest, WhatIsNotFiniteIsLeftOutButSeen) {
  TickStats stats;
  for (double value : {kNan, 4.0, kInf, -kInf, 8.0}) stats.Add({Scalar("Loss/D/loss", value)});
  stats.Add({Scalar("Loss/G/loss", kNan)});
  const std::map<std::string, Summary> summaries = stats.Collect();
  EXPECT_EQ(summaries.at("Loss/D/loss").num, 2);
  EXPECT_DOUBLE_EQ(summaries.at("Loss/D/loss").mean, 6);
  EXPECT_EQ(summaries.at("Loss/G/loss").num, 0);
  EXPECT_EQ(summaries.at("Loss/G/loss").mean, 0);
}

TEST(TickStatsTest, CountsGradientsThatAreNotFiniteInARow) {
  TickStats stats;
  stats.Add({Scalar("Gradient/D/norm", kNan), Scalar("Loss/D/loss", kNan), Scalar("Gradient/G/norm", kInf)});
  EXPECT_EQ(stats.diverged_in_a_row(), 0) << "nothing was read yet";
  stats.Collect();
  EXPECT_EQ(stats.diverged_in_a_row(), 1) << "losses do not count, and each network has its own row";
  stats.Add({Scalar("Gradient/D/norm", kNan)});
  stats.Collect();
  EXPECT_EQ(stats.diverged_in_a_row(), 2) << "a row continues over ticks";
  stats.Add({Scalar("Gradient/D/norm", 1), Scalar("Gradient/G/norm", 1)});
  stats.Collect();
  EXPECT_EQ(stats.diverged_in_a_row(), 0) << "a finite norm ends the row";
}

TEST(TickStatsTest, ReadKeepsTheValuesForTheNextCollect) {
  TickStats stats;
  stats.Add({Scalar("Gradient/D/norm", kNan), Scalar("Loss/D/loss", 1)});
  stats.Read();
  EXPECT_EQ(stats.diverged_in_a_row(), 1);
  stats.Add({Scalar("Loss/D/loss", 3)});
  stats.Read();
  EXPECT_EQ(stats.diverged_in_a_row(), 1) << "each gradient counts once";
  const std::map<std::string, Summary> summaries = stats.Collect();
  EXPECT_EQ(summaries.at("Loss/D/loss").num, 2);
  EXPECT_DOUBLE_EQ(summaries.at("Loss/D/loss").mean, 2);
}

TEST(TickStatsTest, ATickIsSteadyIfAllItsGradientsAre) {
  TickStats stats;
  EXPECT_TRUE(stats.steady());
  for (double unsteady : {kNan, kInf, 1e6}) {
    stats.Add({Scalar("Gradient/D/norm", unsteady), Scalar("Gradient/G/norm", 1)});
    stats.Read();
    EXPECT_FALSE(stats.steady()) << unsteady;
    stats.Add({Scalar("Gradient/D/norm", 100)});
    stats.Collect();
    EXPECT_FALSE(stats.steady()) << unsteady;
    stats.Add({Scalar("Gradient/D/norm", 100), Scalar("Loss/D/loss", unsteady)});
    stats.Collect();
    EXPECT_TRUE(stats.steady()) << "of the next tick, and of gradients only";
  }
}

TEST(TickStatsTest, AFiniteNormOfOneNetworkDoesNotHideAnotherThatDiverged) {
  TickStats stats;
  for (int step = 0; step < 10; ++step) {
    stats.Add({Scalar("Gradient/D/norm", 1), Scalar("Gradient/G/norm", 1), Scalar("Gradient/M/norm", kInf)});
  }
  stats.Collect();
  EXPECT_EQ(stats.diverged_in_a_row(), 10);
}

TEST(TickStatsTest, ARegularizerOfTheSameNetworkCountsInItsRow) {
  TickStats stats;
  stats.Add({Scalar("Gradient/D/norm", kNan), Scalar("Gradient/D/r1_norm", kNan)});
  stats.Collect();
  EXPECT_EQ(stats.diverged_in_a_row(), 2);
}

}  // namespace
}  // namespace sg::gan
