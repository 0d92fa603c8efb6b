#include "gan/interop/annotated.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_pickle.h"
#include "tests/gan/interop/foreign_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

TEST(Annotated, SizesFollowFromTheShapes) {
  const std::shared_ptr<io::TorchFile> file = OpenForeign("annotated.pt");
  ASSERT_TRUE(IsAnnotated(*file));
  const absl::StatusOr<AnnotatedNetwork> network = ReadAnnotated(file);
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ(network->model.resolution, 8);
  EXPECT_EQ(network->model.latent_dim, 8);
  EXPECT_EQ(network->model.mapping_layers, 3);
  EXPECT_EQ(network->model.g_features, 4);
  EXPECT_EQ(network->model.d_features, 6);
  EXPECT_EQ(network->model.max_features, 8);
  EXPECT_EQ(network->generator.count("mapping_network.net.4.weight.weight"), 1u);
  EXPECT_EQ(network->generator.count("generator.blocks.0.style_block1.scale_noise"), 1u);
  EXPECT_EQ(network->generator.count("generator.up_sample.smooth.kernel"), 0u);
  EXPECT_EQ(network->discriminator.count("blocks.0.block.2.weight.weight"), 1u);
}

TEST(Annotated, RecognizesOnlyItsOwn) {
  for (const char* other : {"nvidia_2.pkl", "tensorflow_4.pkl", "rosinality_training.pt", "lucidrains.pt"}) {
    EXPECT_FALSE(IsAnnotated(*OpenForeign(other))) << other;
  }
}

TEST(Annotated, ShapesThatFitNoModelAreRefused) {
  const nn::ScratchDir dir;
  const std::string bytes = io::MakeTorchZip(
      io::RawDict({{"generator", io::RawDict({{"initial_constant", io::RawTensor("0", 0, {1}, {1}, 1)}})},
                   {"mapping_network", io::RawDict({})}}),
      {{"0", io::Floats({1})}});
  absl::StatusOr<std::unique_ptr<io::TorchFile>> file = io::TorchFile::Open(dir.Write("a.pt", bytes), {});
  ASSERT_TRUE(file.ok()) << file.status();
  const absl::StatusOr<AnnotatedNetwork> network = ReadAnnotated(std::shared_ptr<io::TorchFile>(*std::move(file)));
  EXPECT_THAT(std::string(network.status().message()), HasSubstr("fit no annotated model"));
}

}  // namespace
}  // namespace sg::gan
