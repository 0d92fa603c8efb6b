#include "gan/model/common/mapping_network.h"

#include <cmath>
#include <string>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::F64;
using testing::RefF64;

ModelConfig Config(int latent_dim, int layers) {
  ModelConfig config;
  config.latent_dim = latent_dim;
  config.mapping_layers = layers;
  return config;
}

class MappingNetworkParity : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, MappingNetworkParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(MappingNetworkParity, IsPyTorchs) {
  testing::GoldenCase golden("mapping_network", GetParam());
  MappingNetwork mapping(Config(16, 8), golden.init());
  golden.Fill(nn::Parameters(mapping));
  golden.ExpectMatches(mapping.Forward(golden.Input("z")));
}

TEST(MappingNetwork, SkipsActivationsInItsNames) {
  RandomStream random;
  MappingNetwork mapping(Config(2, 3), RefF64(&random));
  std::vector<std::string> names;
  for (const nn::NamedTensor& p : nn::Parameters(mapping)) names.push_back(p.name);
  EXPECT_EQ(names, (std::vector<std::string>{"net.0.weight.weight", "net.0.bias", "net.2.weight.weight", "net.2.bias",
                                             "net.4.weight.weight", "net.4.bias"}));
}

// One layer: gain * lrelu(x W' / sqrt(d) + b).
Tensor Layer(MappingNetwork& mapping, const Tensor& x, double gain) {
  const std::vector<Tensor> p = nn::Tensors(nn::Parameters(mapping));
  const Tensor y = MatMul(x, p[0], {/*transpose_a=*/false, /*transpose_b=*/true, 1 / std::sqrt(x.dim(1))});
  return Scale(LeakyRelu(Add(y, p[1]), 0.2), gain);
}

TEST(MappingNetwork, NormalizesTheLatentToUnitLength) {
  RandomStream random;
  MappingNetwork mapping(Config(2, 1), RefF64(&random));
  testing::ExpectSameValues(mapping.Forward(F64({2, 2}, {3, 4, 0, -7})),
                            Layer(mapping, F64({2, 2}, {0.6, 0.8, 0, -1}), 1), 1e-14);
}

TEST(MappingNetwork, NormalizesTheLatentToUnitMeanSquareWithRms) {
  ModelConfig config = Config(2, 1);
  config.latent_norm = LatentNorm::kRms;
  RandomStream random;
  MappingNetwork mapping(config, RefF64(&random));
  const double first = 1 / std::sqrt(12.5 + 1e-8), second = 1 / std::sqrt(24.5 + 1e-8);
  testing::ExpectSameValues(mapping.Forward(F64({2, 2}, {3, 4, 0, -7})),
                            Layer(mapping, F64({2, 2}, {3 * first, 4 * first, 0, -7 * second}), 1), 1e-14);
}

TEST(MappingNetwork, AppliesTheActivationGain) {
  ModelConfig config = Config(2, 1);
  config.activation_gain = std::sqrt(2.0);
  RandomStream random;
  MappingNetwork mapping(config, RefF64(&random));
  testing::ExpectSameValues(mapping.Forward(F64({1, 2}, {3, 4})),
                            Layer(mapping, F64({1, 2}, {0.6, 0.8}), std::sqrt(2.0)), 1e-14);
}

TEST(MappingNetwork, OfZerosIsFinite) {
  for (const LatentNorm norm : {LatentNorm::kUnit, LatentNorm::kRms}) {
    ModelConfig config = Config(2, 1);
    config.latent_norm = norm;
    RandomStream random;
    const MappingNetwork mapping(config, RefF64(&random));
    testing::ExpectValues(mapping.Forward(F64({1, 2}, {0, 0})), {0, 0});
  }
}

TEST(MappingNetwork, DifferentiatesToSecondOrder) {
  for (const LatentNorm norm : {LatentNorm::kUnit, LatentNorm::kRms}) {
    ModelConfig config = Config(3, 2);
    config.latent_norm = norm;
    RandomStream random;
    EXPECT_TRUE(testing::CheckModuleGradients<MappingNetwork>(
        MappingNetwork(config, RefF64(&random)), {testing::NormalF64({2, 3}, 1)},
        [](const MappingNetwork& m, const testing::Tensors& in) { return m.Forward(in[0]); }));
  }
}

}  // namespace
}  // namespace sg::gan
