#include "gan/interop/tensorflow.h"

#include "gan/interop/nvidia.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/interop/foreign_files.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The bias of a style is written as bias - 1, which rounds.
constexpr float kStyleRounding = 2e-7f;

std::string ErrorOf(const std::string& name) {
  const absl::StatusOr<ForeignNetwork> network = ReadTensorFlow(OpenForeign(name));
  return network.ok() ? "it was accepted" : std::string(network.status().message());
}

// Everything except the biases of the styles.
ForeignTensors WithoutStyleBiases(ForeignTensors tensors) {
  for (auto it = tensors.begin(); it != tensors.end();) {
    it = it->first.find(".affine.bias") != std::string::npos ? tensors.erase(it) : std::next(it);
  }
  return tensors;
}

TEST(TensorFlow, BothVersionsHaveTheTensorsOfPyTorch) {
  const absl::StatusOr<ForeignNetwork> torch = ReadNvidia(OpenForeign("nvidia_whole.pkl"));
  ASSERT_TRUE(torch.ok()) << torch.status();
  for (const char* name : {"tensorflow_4.pkl", "tensorflow_5.pkl"}) {
    const absl::StatusOr<ForeignNetwork> network = ReadTensorFlow(OpenForeign(name));
    ASSERT_TRUE(network.ok()) << network.status();
    const ForeignGenerator& average = *network->average;
    EXPECT_THAT(average.layers.channels, ElementsAre(64, 64, 64, 32));
    EXPECT_EQ(average.layers.architecture, "skip");
    EXPECT_EQ(average.z_dim, 64);
    EXPECT_EQ(average.w_dim, 64);
    EXPECT_EQ(average.mapping_layers, 2);
    EXPECT_EQ(network->discriminator->layers.architecture, "resnet");
    EXPECT_EQ(network->discriminator->mbstd_group, 4);
    ExpectSameTensors(average.tensors, torch->average->tensors, kStyleRounding);
    ExpectSameTensors(WithoutStyleBiases(average.tensors), WithoutStyleBiases(torch->average->tensors));
    ExpectSameTensors(network->discriminator->tensors, torch->discriminator->tensors);
    ExpectSameTensors(network->generator->tensors, average.tensors);
  }
}

TEST(TensorFlow, TheWholeBatchIsADefaultOfVersion5) {
  const absl::StatusOr<ForeignNetwork> network = ReadTensorFlow(OpenForeign("tensorflow_batch_stddev.pkl"));
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ(network->discriminator->mbstd_group, 0);
}

TEST(TensorFlow, ConditionalNetworks) {
  const absl::StatusOr<ForeignNetwork> network = ReadTensorFlow(OpenForeign("tensorflow_conditional.pkl"));
  const absl::StatusOr<ForeignNetwork> torch = ReadNvidia(OpenForeign("nvidia_conditional.pkl"));
  ASSERT_TRUE(network.ok() && torch.ok()) << network.status() << torch.status();
  EXPECT_EQ(network->average->z_dim, 64);
  EXPECT_EQ(network->average->w_dim, 64);
  EXPECT_EQ(network->average->layers.label_dim, 10);
  EXPECT_EQ(network->discriminator->mapping_layers, 8);
  EXPECT_EQ(network->discriminator->mapping_lr_mul, 0.01);
  ExpectSameTensors(network->average->tensors, torch->average->tensors, kStyleRounding);
  ExpectSameTensors(network->discriminator->tensors, torch->discriminator->tensors);
}

TEST(TensorFlow, OtherNetworksAreRefused) {
  EXPECT_THAT(ErrorOf("progan.pkl"), HasSubstr("progressive GAN of 2017"));
  EXPECT_THAT(ErrorOf("stylegan1.pkl"), HasSubstr("StyleGAN of 2018"));
  EXPECT_THAT(ErrorOf("tensorflow_growing.pkl"), HasSubstr("grows progressively (\"ToRGB_lod0/weight\")"));
  EXPECT_THAT(ErrorOf("tensorflow_labels.pkl"), HasSubstr("conditional networks of version 4"));
}

TEST(TensorFlow, RecognizesOnlyItsOwn) {
  EXPECT_TRUE(IsTensorFlow(*OpenForeign("tensorflow_4.pkl")));
  EXPECT_TRUE(IsTensorFlow(*OpenForeign("progan.pkl")));
  for (const char* other : {"nvidia_2.pkl", "rosinality_training.pt", "annotated.pt", "lucidrains.pt"}) {
    EXPECT_FALSE(IsTensorFlow(*OpenForeign(other))) << other;
  }
}

}  // namespace
}  // namespace sg::gan
