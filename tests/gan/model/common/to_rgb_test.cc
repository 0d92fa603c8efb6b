#include "gan/model/common/to_rgb.h"

#include <cmath>
#include <string>
#include <vector>

#include "engine/ops/elementwise.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::NormalF64;
using testing::RefF64;

class ToRgbParity : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, ToRgbParity, ::testing::ValuesIn(testing::ParityDevices()), testing::DeviceTestName);

TEST_P(ToRgbParity, IsPyTorchs) {
  testing::GoldenCase golden("to_rgb", GetParam());
  ModelConfig config;
  config.latent_dim = 8;
  ToRgb to_rgb(config, 6, golden.init());
  golden.Fill(nn::Parameters(to_rgb));
  golden.ExpectMatches(to_rgb.Forward(golden.Input("x"), to_rgb.Modulate(golden.Input("w"))));
}

TEST(ToRgb, NamesItsParameters) {
  RandomStream random;
  ToRgb to_rgb(ModelConfig(), 2, RefF64(&random));
  std::vector<std::string> names;
  for (const nn::NamedTensor& p : nn::Parameters(to_rgb)) names.push_back(p.name);
  EXPECT_EQ(names, (std::vector<std::string>{"to_style.weight.weight", "to_style.bias", "conv.weight.weight", "bias"}));
}

// The result for a configuration, with the same parameters every time.
Tensor Rgb(const ModelConfig& config) {
  RandomStream random;
  const ToRgb to_rgb(config, 2, RefF64(&random));
  return to_rgb.Forward(NormalF64({2, 3, 3, 2}, 1), to_rgb.Modulate(NormalF64({2, 3}, 2)));
}

TEST(ToRgb, IsLinearWithoutActivation) {
  ModelConfig config;
  config.latent_dim = 3;
  const Tensor activated = Rgb(config);
  config.rgb_activation = false;
  const Tensor linear = Rgb(config);
  testing::ExpectSameValues(LeakyRelu(linear, 0.2), activated, 1e-15);
  bool any_negative = false;
  for (double v : testing::Values(linear)) any_negative |= v < 0;
  EXPECT_TRUE(any_negative);
}

TEST(ToRgb, AppliesTheActivationGainWithItsActivationOnly) {
  ModelConfig config;
  config.latent_dim = 3;
  const Tensor plain = Rgb(config);
  config.activation_gain = std::sqrt(2.0);
  testing::ExpectSameValues(Rgb(config), Scale(plain, std::sqrt(2.0)), 1e-14);
  config.rgb_activation = false;
  testing::ExpectSameValues(LeakyRelu(Rgb(config), 0.2), plain, 1e-15);
}

TEST(ToRgb, DifferentiatesToSecondOrder) {
  ModelConfig config;
  config.latent_dim = 2;
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<ToRgb>(
      ToRgb(config, 2, RefF64(&random)), {NormalF64({2, 2, 3, 2}, 1), NormalF64({2, 2}, 2)},
      [](const ToRgb& m, const testing::Tensors& in) { return m.Forward(in[0], m.Modulate(in[1])); }));
}

}  // namespace
}  // namespace sg::gan
