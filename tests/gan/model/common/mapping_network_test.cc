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

TEST(MappingNetwork, LeadsFromOneSizeToAnother) {
  ModelConfig config = Config(3, 2);
  config.w_dim = 5;
  RandomStream random;
  MappingNetwork mapping(config, RefF64(&random));
  EXPECT_EQ(mapping.Forward(testing::NormalF64({2, 3}, 1)).shape(), Shape({2, 5}));
  EXPECT_EQ(nn::Parameters(mapping)[0].tensor.shape(), Shape({5, 3}));
  EXPECT_EQ(nn::Parameters(mapping)[2].tensor.shape(), Shape({5, 5}));
}

// The embedding of the label is normalized by itself, and follows z.
TEST(MappingNetwork, SeesTheEmbeddedLabelBesideTheLatent) {
  ModelConfig config = Config(2, 1);
  config.label_dim = 3;
  RandomStream random;
  MappingNetwork mapping(config, RefF64(&random));
  const std::vector<nn::NamedTensor> p = nn::Parameters(mapping);
  ASSERT_EQ(p.size(), 4u);
  EXPECT_EQ(p[0].name, "embed.weight.weight");
  EXPECT_EQ(p[1].name, "embed.bias");
  const std::vector<double> embed = testing::Values(p[0].tensor);  // [2,3]
  const double a = embed[1], b = embed[4], norm = std::sqrt(a * a + b * b);
  const Tensor in = F64({1, 4}, {0.6, 0.8, a / norm, b / norm});
  const Tensor product = MatMul(in, p[2].tensor, {/*transpose_a=*/false, /*transpose_b=*/true, 1 / std::sqrt(4.0)});
  testing::ExpectSameValues(mapping.Forward(F64({1, 2}, {3, 4}), F64({1, 3}, {0, 1, 0})), LeakyRelu(product, 0.2),
                            1e-14);
}

TEST(MappingNetwork, OfLabelsAloneTakesNoLatent) {
  MappingNetworkParams params;
  params.label_dim = 3;
  params.w_dim = 2;
  params.layers = 1;
  RandomStream random;
  MappingNetwork mapping(params, RefF64(&random));
  EXPECT_EQ(mapping.Forward(Tensor(), F64({2, 3}, {1, 0, 0, 0, 0, 1})).shape(), Shape({2, 2}));
  EXPECT_EQ(nn::Parameters(mapping)[2].tensor.shape(), Shape({2, 2}));
}

TEST(MappingNetworkDeathTest, NamesTheOperandThatIsMissing) {
  ModelConfig config = Config(2, 1);
  config.label_dim = 3;
  RandomStream random;
  const MappingNetwork mapping(config, RefF64(&random));
  EXPECT_DEATH(mapping.Forward(F64({1, 2}, {3, 4})), "needs z: 1, labels: 1; got 1, 0");
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

TEST(MappingNetwork, WithLabelsDifferentiatesToSecondOrder) {
  ModelConfig config = Config(3, 2);
  config.latent_norm = LatentNorm::kRms;
  config.label_dim = 2;
  config.mapping_lr_mul = 0.1;
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<MappingNetwork>(
      MappingNetwork(config, RefF64(&random)), {testing::NormalF64({2, 3}, 1), testing::NormalF64({2, 2}, 2)},
      [](const MappingNetwork& m, const testing::Tensors& in) { return m.Forward(in[0], in[1]); }));
}

}  // namespace
}  // namespace sg::gan
