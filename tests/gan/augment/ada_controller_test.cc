#include "gan/augment/ada_controller.h"

#include <limits>
#include <map>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::F32;

// p goes from 0 to 1 in 100 steps of 10 images.
constexpr AdaRule kRule = {/*target=*/0.6, /*kimg=*/1, /*batch=*/10};

void Observe(AdaController* controller, float mean_sign, int64_t images = 10) {
  controller->Observe(F32({}, {mean_sign}, Device::Cpu()), images);
}

void RunSteps(AdaController* controller, float mean_sign, int64_t begin, int64_t end) {
  for (int64_t step = begin; step < end; ++step) {
    Observe(controller, mean_sign);
    controller->EndStep(kRule, step + 1);
  }
}

TEST(AdaController, StartsWhereItIsTold) {
  AdaController controller;
  controller.Start(0.25);
  EXPECT_DOUBLE_EQ(controller.p(), 0.25);
  RunSteps(&controller, 0.8f, 0, 4);
  EXPECT_DOUBLE_EQ(controller.p(), 0.29);
  for (const double beyond : {0.9, 1.0, 3.5, std::numeric_limits<double>::infinity()}) {
    controller.Start(beyond);
    EXPECT_DOUBLE_EQ(controller.p(), 0.85) << "NVIDIA has no limit";
    EXPECT_TRUE(controller.at_limit());
  }
}

TEST(AdaController, MovesEveryFourStepsTowardsTheTarget) {
  AdaController controller;
  RunSteps(&controller, 0.8f, 0, 3);
  EXPECT_EQ(controller.p(), 0);
  RunSteps(&controller, 0.8f, 3, 4);
  EXPECT_DOUBLE_EQ(controller.p(), 0.04);
  RunSteps(&controller, 0.8f, 4, 8);
  EXPECT_DOUBLE_EQ(controller.p(), 0.08);
  RunSteps(&controller, 0.4f, 8, 12);
  EXPECT_DOUBLE_EQ(controller.p(), 0.04);
  RunSteps(&controller, 0.6f, 12, 16);  // exactly the target
  EXPECT_DOUBLE_EQ(controller.p(), 0.04);
}

TEST(AdaController, StaysFromZeroToItsLimit) {
  AdaController controller;
  RunSteps(&controller, -1, 0, 8);
  EXPECT_EQ(controller.p(), 0);
  EXPECT_FALSE(controller.at_limit());
  RunSteps(&controller, 1, 8, 8 + 100);
  EXPECT_EQ(controller.p(), 0.85);
  EXPECT_TRUE(controller.at_limit());
  RunSteps(&controller, 0, 200, 204);
  EXPECT_DOUBLE_EQ(controller.p(), 0.81);
  EXPECT_FALSE(controller.at_limit());
}

TEST(AdaController, AveragesOverAllImagesSinceTheLastUpdate) {
  AdaController controller;
  // 10 images at 1 and 30 at 0.4: 0.55, below the target. The mean of the four means would be above it.
  Observe(&controller, 1);
  Observe(&controller, 0.4f, 30);
  RunSteps(&controller, 1, 3, 4);  // 20 at 1: 0.64
  EXPECT_DOUBLE_EQ(controller.p(), 0.04);
  Observe(&controller, 1);
  Observe(&controller, 0.4f, 30);
  controller.EndStep(kRule, 8);
  EXPECT_EQ(controller.p(), 0);
  controller.EndStep(kRule, 12);  // no image, no change
  EXPECT_EQ(controller.p(), 0);
}

TEST(AdaController, ScoresThatAreNoNumbersDoNotCount) {
  AdaController controller;
  Observe(&controller, std::numeric_limits<float>::quiet_NaN());
  RunSteps(&controller, 0.8f, 3, 4);
  EXPECT_DOUBLE_EQ(controller.p(), 0.04);
}

// A copy by way of the counts of a checkpoint, taken between two updates, goes on in the same way.
TEST(AdaController, TheCountsAreTheWholeState) {
  AdaController original, copy;
  RunSteps(&original, 0.8f, 0, 6);
  std::map<std::string, int64_t> counts;
  original.Visit([&](const char* name, int64_t max, int64_t& value) {
    EXPECT_GE(value, 0) << name;
    EXPECT_LE(value, max) << name;
    counts[name] = value;
  });
  EXPECT_EQ(counts.at("augment.images"), 20);
  EXPECT_EQ(counts.at("augment.signs"), 36);
  copy.Visit([&](const char* name, int64_t, int64_t& value) { value = counts.at(name); });
  EXPECT_EQ(copy.p(), original.p());
  RunSteps(&original, -0.4f, 6, 8);
  RunSteps(&copy, -0.4f, 6, 8);
  EXPECT_EQ(original.p(), 0);
  EXPECT_EQ(copy.p(), 0);
}

}  // namespace
}  // namespace sg::gan
