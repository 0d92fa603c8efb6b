#include "gan/interop/model_config_of.h"

#include "gan/config/presets.h"
#include "gan/config/validate.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

ForeignGenerator Generator(const std::vector<int64_t>& channels) {
  ForeignGenerator generator;
  generator.layers.channels = channels;
  generator.layers.architecture = "skip";
  generator.z_dim = generator.w_dim = 64;
  generator.mapping_layers = 2;
  return generator;
}

ForeignDiscriminator Discriminator(const std::vector<int64_t>& channels) {
  ForeignDiscriminator discriminator;
  discriminator.layers.channels = channels;
  discriminator.layers.architecture = "resnet";
  return discriminator;
}

std::string ErrorOf(const ForeignGenerator& generator) {
  const absl::StatusOr<ModelConfig> model = ModelConfigOf(generator);
  return model.ok() ? "it was accepted" : std::string(model.status().message());
}

std::string ErrorOf(const ForeignDiscriminator& discriminator) {
  ModelConfig model = *ModelConfigOf(Generator({64, 64, 64, 32}));
  const ModelConfig before = model;
  const absl::Status status = AddDiscriminator(discriminator, &model);
  if (status.ok()) return "it was accepted";
  EXPECT_EQ(model.mbstd_group, before.mbstd_group);
  return std::string(status.message());
}

TEST(ModelConfigOf, ChannelsGiveTheRule) {
  struct Case {
    std::vector<int64_t> channels;
    int base, max;
  };
  for (const Case& c : {Case{{64, 64, 64, 32}, 1024, 64},
                        {{512, 512}, 4096, 512},
                        {{512, 512, 512, 512, 512, 256, 128, 64, 32}, 32768, 512},
                        {{8, 4}, 32, 8}}) {
    const absl::StatusOr<ModelConfig> model = ModelConfigOf(Generator(c.channels));
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_EQ(model->channel_base, c.base);
    EXPECT_EQ(model->max_features, c.max);
    EXPECT_EQ(model->NumBlocks(), static_cast<int>(c.channels.size()));
    EXPECT_EQ(model->latent_dim, 64);
    EXPECT_TRUE(CheckOfficial(*model).ok());
  }
}

TEST(ModelConfigOf, TakesEverySwitch) {
  ForeignGenerator generator = Generator({64, 64, 64, 32});
  EXPECT_EQ(ModelConfigOf(generator)->w_dim, 0);
  generator.layers.conv_clamp = 256;
  generator.layers.label_dim = 10;
  generator.layers.image_channels = 1;
  generator.layers.architecture = "resnet";
  generator.z_dim = 32;
  generator.mapping_lr_mul = 0.1;
  generator.noise = false;
  absl::StatusOr<ModelConfig> model = ModelConfigOf(generator);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->conv_clamp, 256);
  EXPECT_EQ(model->label_dim, 10);
  EXPECT_EQ(model->image_channels, 1);
  EXPECT_EQ(model->g_architecture, Architecture::kResnet);
  EXPECT_EQ(model->latent_dim, 32);
  EXPECT_EQ(model->WDim(), 64);
  EXPECT_EQ(model->mapping_lr_mul, 0.1);
  EXPECT_FALSE(model->noise);
  ForeignDiscriminator discriminator = Discriminator({64, 64, 64, 32});
  discriminator.layers.conv_clamp = 256;
  discriminator.layers.label_dim = 10;
  discriminator.layers.image_channels = 1;
  discriminator.layers.architecture = "orig";
  discriminator.mapping_layers = 8;
  discriminator.mbstd_group = 0;
  discriminator.mbstd_channels = 2;
  const absl::Status added = AddDiscriminator(discriminator, &*model);
  ASSERT_TRUE(added.ok()) << added;
  EXPECT_EQ(model->d_architecture, Architecture::kOrig);
  EXPECT_EQ(model->mbstd_group, 0);
  EXPECT_EQ(model->mbstd_channels, 2);
  EXPECT_TRUE(TrainConfigOf(*model).cond);
  EXPECT_TRUE(Validate(TrainConfigOf(*model)).ok());
}

TEST(ModelConfigOf, RefusesSizesThatNoNetworkHas) {
  EXPECT_THAT(ErrorOf(Generator({64})), HasSubstr("1 sizes"));
  EXPECT_THAT(ErrorOf(Generator(std::vector<int64_t>(10, 4))), HasSubstr("10 sizes"));
  EXPECT_THAT(ErrorOf(Generator({64, 32, 64, 32})), HasSubstr("channels 64, 32, 64, 32"));
  EXPECT_THAT(ErrorOf(Generator({64, 64, 64, 0})), HasSubstr("cannot be used"));
  EXPECT_THAT(ErrorOf(Generator({64, 64, 64, int64_t{1} << 40})), HasSubstr("more channels"));
  ForeignGenerator generator = Generator({64, 64, 64, 32});
  generator.w_dim = generator.z_dim = 1 << 20;
  EXPECT_THAT(ErrorOf(generator), HasSubstr("latent_dim"));
  generator = Generator({64, 64, 64, 32});
  generator.layers.architecture = "dense";
  EXPECT_THAT(ErrorOf(generator), HasSubstr("g_architecture is \"dense\", must be"));
  generator = Generator({64, 64, 64, 32});
  generator.layers.image_channels = 5;
  EXPECT_THAT(ErrorOf(generator), HasSubstr("image_channels (--channels) is 5"));
  generator = Generator({64, 64, 64, 32});
  generator.layers.conv_clamp = -1;
  EXPECT_THAT(ErrorOf(generator), HasSubstr("conv_clamp is -1"));
  generator = Generator({64, 64, 64, 32});
  generator.mapping_layers = 0;
  EXPECT_THAT(ErrorOf(generator), HasSubstr("mapping_layers"));
}

TEST(ModelConfigOf, ADiscriminatorFitsOrSaysWhyNot) {
  EXPECT_EQ(ErrorOf(Discriminator({64, 64, 64, 32})), "it was accepted");
  ForeignDiscriminator discriminator = Discriminator({64, 64, 64, 32});
  discriminator.mbstd_channels = 3;
  EXPECT_THAT(ErrorOf(discriminator), HasSubstr("mbstd_channels is 3"));
  discriminator.mbstd_channels = 1;
  discriminator.layers.architecture = "dense";
  EXPECT_THAT(ErrorOf(discriminator), HasSubstr("d_architecture is \"dense\""));
  discriminator = Discriminator({64, 64, 64, 32});
  discriminator.layers.conv_clamp = 256;
  EXPECT_THAT(ErrorOf(discriminator), HasSubstr("conv_clamp = 256 beside the generator's 0"));
  discriminator = Discriminator({64, 64, 64, 32});
  discriminator.layers.label_dim = 10;
  EXPECT_THAT(ErrorOf(discriminator), HasSubstr("label_dim = 10 beside the generator's 0"));
  EXPECT_THAT(ErrorOf(Discriminator({64, 64, 32, 16})), HasSubstr("its discriminator has the channels"));
  discriminator = Discriminator({64, 64, 64, 32});
  discriminator.mbstd_group = 1;
  EXPECT_THAT(ErrorOf(discriminator), HasSubstr("mbstd_group"));
}

TEST(ModelConfigOf, LabelsOfTheDiscriminatorHaveEightLayers) {
  ForeignGenerator generator = Generator({64, 64, 64, 32});
  generator.layers.label_dim = 10;
  ModelConfig model = *ModelConfigOf(generator);
  ForeignDiscriminator discriminator = Discriminator({64, 64, 64, 32});
  discriminator.layers.label_dim = 10;
  discriminator.mapping_layers = 7;
  EXPECT_THAT(std::string(AddDiscriminator(discriminator, &model).message()), HasSubstr("maps labels by 7 layers"));
}

TEST(ModelConfigOf, EveryTrainingConfigurationIsValid) {
  for (const int group : {0, 2, 3, 4, 5, 8, 32, 64, 1023}) {
    ModelConfig model = *ModelConfigOf(Generator({64, 64, 64, 32}));
    model.mbstd_group = group;
    EXPECT_TRUE(Validate(TrainConfigOf(model)).ok()) << group << ": " << Validate(TrainConfigOf(model));
  }
}

TEST(ModelConfigOf, TheAnnotatedModelIsNotOfficial) {
  EXPECT_FALSE(CheckOfficial(ModelConfig()).ok());
  EXPECT_FALSE(CheckOfficial(PresetConfig("quick")->model).ok());
  EXPECT_TRUE(CheckOfficial(PresetConfig("official")->model).ok());
}

}  // namespace
}  // namespace sg::gan
