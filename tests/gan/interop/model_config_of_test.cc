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
  const absl::StatusOr<ModelConfig> model = ModelConfigOf(generator, {});
  return model.ok() ? "it was accepted" : std::string(model.status().message());
}

std::string ErrorOf(const ForeignDiscriminator& discriminator) {
  ModelConfig model = *ModelConfigOf(Generator({64, 64, 64, 32}), {});
  const ModelConfig before = model;
  const absl::Status status = AddDiscriminator(discriminator, {}, &model);
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
    const absl::StatusOr<ModelConfig> model = ModelConfigOf(Generator(c.channels), {});
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_EQ(model->channel_base, c.base);
    EXPECT_EQ(model->max_features, c.max);
    EXPECT_EQ(model->NumBlocks(), static_cast<int>(c.channels.size()));
    EXPECT_EQ(model->latent_dim, 64);
    EXPECT_TRUE(CheckOfficial(*model).ok());
  }
}

TEST(ModelConfigOf, NamesEverySwitchThatIsMissing) {
  ForeignGenerator generator = Generator({64, 64, 64, 32});
  generator.layers.conv_clamp = 256;
  EXPECT_THAT(ErrorOf(generator), HasSubstr("needs conv_clamp = 256, which this program does not have; \"convert"));
  generator.layers.label_dim = 10;
  generator.layers.image_channels = 1;
  generator.layers.architecture = "resnet";
  generator.z_dim = 32;
  EXPECT_THAT(ErrorOf(generator), HasSubstr("image_channels = 1, label_dim = 10, conv_clamp = 256, g_architecture = "
                                            "resnet, z_dim = 32 beside w_dim = 64, which"));
  ImportOptions options;
  options.ignore_clamp = true;
  ForeignGenerator clamped = Generator({64, 64, 64, 32});
  clamped.layers.conv_clamp = 256;
  EXPECT_TRUE(ModelConfigOf(clamped, options).ok());
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
  generator.mapping_layers = 0;
  EXPECT_THAT(ErrorOf(generator), HasSubstr("mapping_layers"));
}

TEST(ModelConfigOf, ADiscriminatorFitsOrSaysWhyNot) {
  EXPECT_EQ(ErrorOf(Discriminator({64, 64, 64, 32})), "it was accepted");
  ForeignDiscriminator discriminator = Discriminator({64, 64, 64, 32});
  discriminator.mbstd_group = 0;
  EXPECT_THAT(ErrorOf(discriminator), HasSubstr("mbstd_group = the whole batch"));
  discriminator.mbstd_group = 4;
  discriminator.mbstd_channels = 2;
  EXPECT_THAT(ErrorOf(discriminator), HasSubstr("mbstd_channels = 2"));
  discriminator.mbstd_channels = 1;
  discriminator.layers.architecture = "orig";
  EXPECT_THAT(ErrorOf(discriminator), HasSubstr("d_architecture = orig"));
  EXPECT_THAT(ErrorOf(Discriminator({64, 64, 32, 16})), HasSubstr("its discriminator has the channels"));
  discriminator = Discriminator({64, 64, 64, 32});
  discriminator.mbstd_group = 1;
  EXPECT_THAT(ErrorOf(discriminator), HasSubstr("mbstd_group"));
}

TEST(ModelConfigOf, EveryTrainingConfigurationIsValid) {
  for (const int group : {2, 3, 4, 5, 8, 32, 64, 1023}) {
    ModelConfig model = *ModelConfigOf(Generator({64, 64, 64, 32}), {});
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
