#include "gan/train/health.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::map<std::string, Summary> Scores(double loss, double real, double fake) {
  return {{"Loss/D/loss", {10, loss, 0}}, {"Loss/scores/real", {10, real, 0}}, {"Loss/scores/fake", {10, fake, 0}}};
}
std::map<std::string, Summary> Norm(double norm) { return {{"Gradient/D/norm", {10, norm, 0}}}; }

// A run that tells images from fakes now and then gets no warning.
TEST(HealthMonitorTest, IsQuietAboutAHealthyRun) {
  HealthMonitor health((TrainConfig()));
  for (int i = 0; i < 100; ++i) EXPECT_THAT(health.Tick(Scores(0.05 + 0.9 * (i % 2), 1.5, -1)), IsEmpty()) << i;
  for (int i = 0; i < 100; ++i) EXPECT_THAT(health.Tick(Norm(1 + i % 10)), IsEmpty()) << i;
  EXPECT_THAT(health.Tick({}), IsEmpty());
  EXPECT_THAT(health.Tick({{"Loss/D/loss", {}}, {"Gradient/D/norm", {}}}), IsEmpty()) << "no value was finite";
}

TEST(HealthMonitorTest, TellsOnceThatTheDiscriminatorIsSureOfAll) {
  HealthMonitor health((TrainConfig()));
  for (int i = 1; i < HealthMonitor::kPatience; ++i) EXPECT_THAT(health.Tick(Scores(0.08, 3, -3)), IsEmpty()) << i;
  EXPECT_THAT(health.Tick(Scores(0.08, 3, -3)), ElementsAre(HasSubstr("Try --aug=ada")));
  EXPECT_THAT(health.Tick(Scores(0.08, 3, -3)), IsEmpty()) << "told already";
  EXPECT_THAT(health.Tick(Scores(0.5, 3, -3)), IsEmpty());
  for (int i = 1; i < HealthMonitor::kPatience; ++i) EXPECT_THAT(health.Tick(Scores(0.08, 3, -3)), IsEmpty()) << i;
  EXPECT_THAT(health.Tick(Scores(0.08, 3, -3)), ElementsAre(HasSubstr("by heart"))) << "it had ended in between";
}

TEST(HealthMonitorTest, LeavesThatToAdaptiveAugmentation) {
  TrainConfig config;
  config.augment.aug = AugMode::kAda;
  HealthMonitor health(config);
  for (int i = 0; i < 30; ++i) EXPECT_THAT(health.Tick(Scores(0.08, 3, -3)), IsEmpty());
}

TEST(HealthMonitorTest, TellsOnceOfAugmentationAtItsLimit) {
  TrainConfig config;
  config.augment.aug = AugMode::kAda;
  HealthMonitor health(config);
  EXPECT_THAT(health.Tick({}, /*augment_at_limit=*/true), ElementsAre(HasSubstr("largest probability, 0.85, and")));
  EXPECT_THAT(health.Tick({}, /*augment_at_limit=*/true), IsEmpty()) << "told already";
  EXPECT_THAT(health.Tick({}, /*augment_at_limit=*/false), IsEmpty());
  EXPECT_THAT(health.Tick({}, /*augment_at_limit=*/true), ElementsAre(HasSubstr("too few"))) << "it had ended";
}

TEST(HealthMonitorTest, TellsOfADiscriminatorThatSeesNothing) {
  HealthMonitor health((TrainConfig()));
  for (int i = 1; i < HealthMonitor::kPatience; ++i) EXPECT_THAT(health.Tick(Scores(1.39, 0.1, 0.101)), IsEmpty());
  EXPECT_THAT(health.Tick(Scores(1.39, 0.1, 0.101)), ElementsAre(HasSubstr("Try a smaller --gamma")));
}

TEST(HealthMonitorTest, TellsOfScoresThatDrift) {
  HealthMonitor health((TrainConfig()));
  for (int i = 1; i < HealthMonitor::kPatience; ++i) EXPECT_THAT(health.Tick(Scores(310, -300, -310)), IsEmpty());
  EXPECT_THAT(health.Tick(Scores(310, -300, -310)), ElementsAre(HasSubstr("drifted to -300 and -310")));
}

TEST(HealthMonitorTest, LetsTheScoresOfTheRelativisticLossDrift) {
  TrainConfig config;
  config.loss.loss = AdversarialLoss::kRelativistic;
  HealthMonitor health(config);
  for (int i = 0; i < 30; ++i) EXPECT_THAT(health.Tick(Scores(0.7, -300, -310)), IsEmpty());
}

TEST(HealthMonitorTest, TellsAtOnceOfAGradientThatExplodes) {
  HealthMonitor health((TrainConfig()));
  for (int i = 0; i < HealthMonitor::kPatience; ++i) EXPECT_THAT(health.Tick(Norm(2)), IsEmpty());
  EXPECT_THAT(health.Tick(Norm(199)), IsEmpty());
  EXPECT_THAT(health.Tick(Norm(201)), ElementsAre(HasSubstr("Gradient/D/norm is suddenly 201")));
  EXPECT_THAT(health.Tick(Norm(5000)), IsEmpty()) << "told already";
}

TEST(HealthMonitorTest, TellsOfPicturesThatBecomeAlike) {
  const Image black{2, 1, 1, {0, 0}}, gray{2, 1, 1, {40, 40}}, white{2, 1, 1, {200, 200}};
  HealthMonitor health((TrainConfig()));
  EXPECT_THAT(health.Sheet({black, black, black}), IsEmpty()) << "as at the beginning";
  EXPECT_THAT(health.Sheet({black, white, black}), IsEmpty());
  EXPECT_THAT(health.Sheet({gray, white, gray}), IsEmpty()) << "160 of 200";
  EXPECT_THAT(health.Sheet({black, gray, black}),
              ElementsAre(HasSubstr("differ by 40.0 of 255, and differed by 200.0")));
  EXPECT_THAT(health.Sheet({black, gray, black}), IsEmpty());
}

TEST(MeanDifference, OfPairsThatFollowEachOther) {
  EXPECT_DOUBLE_EQ(MeanDifference({{2, 1, 1, {0, 0}}, {2, 1, 1, {3, 3}}, {2, 1, 1, {3, 3}}}), 1.5);
  EXPECT_DOUBLE_EQ(MeanDifference({{2, 1, 1, {0, 255}}, {2, 1, 1, {0, 0}}}), 255 / std::sqrt(2.0));
}

}  // namespace
}  // namespace sg::gan
