#include "gan/train/finite_state.h"

#include <filesystem>
#include <limits>
#include <vector>

#include "engine/base/device.h"
#include "gtest/gtest.h"
#include "nn/state/checkpoint.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

class FiniteStateTest : public ::testing::Test {
 protected:
  // A file with these values in the second of its tensors.
  std::string Save(const std::vector<float>& values) {
    const std::string path = folder_.File("state.safetensors");
    const auto tensor = [](const std::vector<float>& of) {
      return Tensor::FromHost<float>({static_cast<int64_t>(of.size())}, of, Device::Cpu());
    };
    EXPECT_TRUE(nn::SaveTensors(path, {{"a", tensor({1, 2})}, {"b", tensor(values)}}, {}).ok());
    return path;
  }

  nn::ScratchDir folder_;
};

TEST_F(FiniteStateTest, EveryNumberCounts) {
  using Limits = std::numeric_limits<float>;
  EXPECT_TRUE(HoldsFiniteState(Save({0, -1, Limits::max(), Limits::denorm_min()})));
  for (const float broken : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
    EXPECT_FALSE(HoldsFiniteState(Save({0, 1, broken}))) << broken;
  }
}

TEST_F(FiniteStateTest, WhatCannotBeReadIsNone) {
  const std::string path = Save({1, 2, 3});
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  EXPECT_FALSE(HoldsFiniteState(path));
  EXPECT_FALSE(HoldsFiniteState(folder_.File("missing")));
}

}  // namespace
}  // namespace sg::gan
