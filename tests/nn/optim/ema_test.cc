#include "nn/optim/ema.h"

#include <cmath>
#include <vector>

#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::nn {
namespace {

using testing::ExpectValues;
using testing::F32;

TEST(Ema, UpdateMovesTheAverage) {
  for (const Device device : AvailableDevices()) {
    const std::vector<NamedTensor> average = {{"a", F32({2}, {0, 4}, device)}, {"b", F32({1}, {1}, device)}};
    const std::vector<NamedTensor> current = {{"a", F32({2}, {8, 4}, device)}, {"b", F32({1}, {-3}, device)}};
    UpdateEma(average, current, 0.75);
    ExpectValues(average[0].tensor, {2, 4});
    ExpectValues(average[1].tensor, {0});
    ExpectValues(current[0].tensor, {8, 4});
  }
}

TEST(Ema, UpdateAcceptsTrackedParameters) {
  const Tensor average = F32({1}, {0}, Device::Cpu()).Track();
  UpdateEma({{"a", average}}, {{"a", F32({1}, {1}, Device::Cpu()).Track()}}, 0.5);
  ExpectValues(average, {0.5});
  EXPECT_TRUE(average.tracked());
}

TEST(Ema, CopyIsExactAndDoesNotShare) {
  for (const Device device : AvailableDevices()) {
    const Tensor target = F32({2}, {0, 0}, device), source = F32({2}, {0.1f, -1e-30f}, device);
    CopyParameters({{"a", target}}, {{"a", source}});
    EXPECT_EQ(target.ToHost<float>(), source.ToHost<float>());
    UpdateEma({{"a", source}}, {{"a", F32({2}, {9, 9}, device)}}, 0);
    EXPECT_EQ(target.ToHost<float>(), (std::vector<float>{0.1f, -1e-30f}));
  }
}

TEST(Ema, BetaHalvesAWeightAfterTheHalfLife) {
  // Ten thousand images in batches of 32.
  const double beta = EmaBeta({32, 10, /*images_seen=*/1'000'000, /*rampup=*/0});
  EXPECT_NEAR(std::pow(beta, 10'000 / 32.0), 0.5, 1e-12);
}

TEST(Ema, RampUpShortensTheHalfLifeWhileFewImagesWereSeen) {
  // The half-life is 0.05 times the number of images seen ...
  EXPECT_NEAR(EmaBeta({32, 10, 64'000, 0.05}), std::pow(0.5, 32 / 3200.0), 1e-15);
  EXPECT_NEAR(EmaBeta({32, 10, 32, 0.05}), std::pow(0.5, 32 / 1.6), 1e-15);
  // ... up to the configured half-life.
  EXPECT_EQ(EmaBeta({32, 10, 200'000, 0.05}), EmaBeta({32, 10, 0, 0}));
  EXPECT_EQ(EmaBeta({32, 10, 10'000'000, 0.05}), EmaBeta({32, 10, 0, 0}));
}

TEST(Ema, WithoutHalfLifeIsTheCurrentValue) {
  EXPECT_EQ(EmaBeta({32, 0, 1000, 0}), 0);
  EXPECT_EQ(EmaBeta({32, 10, 0, 0.05}), 0);
}

TEST(EmaDeathTest, RefusesOtherNames) {
  const Tensor t = F32({1}, {1}, Device::Cpu());
  EXPECT_DEATH(UpdateEma({{"a", t}}, {{"b", t}}, 0.5), "\\[Ema\\] a beside b");
  EXPECT_DEATH(CopyParameters({{"a", t}}, {}), "\\[Ema\\] 1 and 0 parameters");
}

}  // namespace
}  // namespace sg::nn
