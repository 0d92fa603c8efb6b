#include "gan/sample/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/ops/in_place.h"
#include "engine/ops/shape_ops.h"
#include "gan/model/common/latents.h"
#include "gan/model/networks.h"
#include "gan/sample/numpy_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"

namespace sg::gan {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

constexpr double kRounding = 1e-5;  // a batch of another size may sum in another order

ModelConfig SmallModel() {
  ModelConfig model;
  model.resolution = 16;
  model.latent_dim = 8;
  model.mapping_layers = 2;
  model.g_features = 4;
  model.d_features = 4;
  model.max_features = 8;
  model.rgb_activation = false;
  return model;
}

nn::InitContext Init(RandomStream* random) {
  nn::InitContext init;
  init.device = Device::Cpu();
  init.random = random;
  return init;
}

class SamplerTest : public ::testing::Test {
 protected:
  SamplerTest() : generator_(MakeGenerator(SmallModel(), Init(&random_))) {
    average_ = RandomNormal({8}, DType::kF32, Device::Cpu(), &random_);
    z_ = RandomNormal({5, 8}, DType::kF32, Device::Cpu(), &random_);
    // The noise strength starts at zero, which would make all noise modes equal.
    for (const nn::NamedTensor& p : nn::Parameters(*generator_)) {
      if (p.name.find("scale_noise") == std::string::npos) continue;
      const float scale = 0.5f;
      CopyFromHost(p.tensor, &scale, sizeof(scale));
    }
  }

  Sampler sampler() const { return Sampler(SmallModel(), generator_, average_); }

  // The pixels of image n.
  static std::vector<float> ImageOf(const Tensor& pixels, int64_t n) { return Narrow(pixels, 0, n, 1).ToHost<float>(); }

  RandomStream random_ = {3, 0, 0};
  const std::shared_ptr<GeneratorNetwork> generator_;
  Tensor average_, z_;
};

TEST_F(SamplerTest, TruncationMovesTowardsTheAverage) {
  const int blocks = SmallModel().NumBlocks();
  const std::vector<float> whole = sampler().MapLatents(z_, 1).ToHost<float>();
  const std::vector<float> half = sampler().MapLatents(z_, 0.5).ToHost<float>();
  const std::vector<float> none = sampler().MapLatents(z_, 0).ToHost<float>();
  const std::vector<float> beyond = sampler().MapLatents(z_, -1).ToHost<float>();
  const std::vector<float> mapped = generator_->Map(z_).ToHost<float>(), average = average_.ToHost<float>();
  ASSERT_EQ(whole.size(), blocks * mapped.size());
  for (size_t i = 0; i < whole.size(); ++i) {
    const float w = mapped[i % mapped.size()], center = average[i % 8];
    EXPECT_EQ(whole[i], w);
    EXPECT_EQ(none[i], center);
    EXPECT_NEAR(half[i], 0.5f * (w + center), 1e-6);
    EXPECT_NEAR(beyond[i], 2 * center - w, 1e-5);
  }
}

TEST_F(SamplerTest, TruncationCanLeaveTheLastEntries) {
  const std::vector<float> whole = sampler().MapLatents(z_, 1).ToHost<float>();
  const std::vector<float> half = sampler().MapLatents(z_, 0.5).ToHost<float>();
  const std::vector<float> first = sampler().MapLatents(z_, Tensor(), {/*psi=*/0.5, /*cutoff=*/1}).ToHost<float>();
  const size_t entry = whole.size() / SmallModel().NumBlocks();
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(first[i], i < entry ? half[i] : whole[i]) << i;
  for (const int cutoff : {0, SmallModel().NumBlocks(), 100}) {
    EXPECT_EQ(sampler().MapLatents(z_, Tensor(), {0.5, cutoff}).ToHost<float>(), half) << cutoff;
  }
}

TEST_F(SamplerTest, TruncationIsPyTorchs) {
  for (const Device device : testing::ParityDevices()) {
    const testing::GoldenCase golden("truncation", device);
    const Sampler truncating(SmallModel(), generator_, golden.Constant("w_avg"));
    golden.ExpectOutput("", truncating.Truncate(golden.Constant("w"), 0.7));
  }
}

TEST_F(SamplerTest, TruncationToNothingGivesEverybodyTheAverageImage) {
  const Tensor pixels = sampler().Synthesize(sampler().MapLatents(z_, 0), NoiseMode::kConst, 7);
  ASSERT_EQ(pixels.shape(), Shape({5, 16, 16, 3}));
  const Tensor alone =
      sampler().Synthesize(RepeatLatent(Reshape(average_, {1, 8}), SmallModel().NumBlocks()), NoiseMode::kConst, 7);
  for (int64_t n = 0; n < 5; ++n) EXPECT_THAT(ImageOf(pixels, n), Pointwise(FloatNear(kRounding), ImageOf(alone, 0)));
}

TEST_F(SamplerTest, DifferentLatentsGiveDifferentImages) {
  const Tensor pixels = sampler().Synthesize(sampler().MapLatents(z_, 1), NoiseMode::kNone, 0);
  for (int64_t n = 1; n < 5; ++n) EXPECT_NE(ImageOf(pixels, n), ImageOf(pixels, 0));
}

TEST_F(SamplerTest, ConstantNoiseDoesNotDependOnTheBatch) {
  const Tensor w = sampler().MapLatents(z_, 0.7);
  const Tensor together = sampler().Synthesize(w, NoiseMode::kConst, 7);
  for (int64_t max_batch : {1, 2, 3}) {
    const Tensor parts = sampler().Synthesize(w, NoiseMode::kConst, 7, max_batch);
    EXPECT_THAT(parts.ToHost<float>(), Pointwise(FloatNear(kRounding), together.ToHost<float>())) << max_batch;
  }
  for (int64_t n = 0; n < 5; ++n) {
    const Tensor alone = sampler().Synthesize(Narrow(w, 1, n, 1), NoiseMode::kConst, 7);
    EXPECT_THAT(alone.ToHost<float>(), Pointwise(FloatNear(kRounding), ImageOf(together, n))) << n;
  }
  EXPECT_EQ(sampler().Synthesize(w, NoiseMode::kConst, 7).ToHost<float>(), together.ToHost<float>());
  EXPECT_NE(sampler().Synthesize(w, NoiseMode::kConst, 8).ToHost<float>(), together.ToHost<float>());
}

TEST_F(SamplerTest, RandomNoiseDiffersFromImageToImage) {
  const Tensor same = sampler().MapLatents(z_, 0);  // five times the average
  for (int64_t max_batch : {16, 2}) {
    const Tensor pixels = sampler().Synthesize(same, NoiseMode::kRandom, 7, max_batch);
    for (int64_t n = 1; n < 5; ++n) {
      for (int64_t m = 0; m < n; ++m) EXPECT_NE(ImageOf(pixels, n), ImageOf(pixels, m)) << n << " and " << m;
    }
    EXPECT_EQ(sampler().Synthesize(same, NoiseMode::kRandom, 7, max_batch).ToHost<float>(), pixels.ToHost<float>());
    EXPECT_NE(sampler().Synthesize(same, NoiseMode::kRandom, 8, max_batch).ToHost<float>(), pixels.ToHost<float>());
  }
}

TEST_F(SamplerTest, WithoutNoiseTheSeedDoesNotMatter) {
  const Tensor w = sampler().MapLatents(z_, 1);
  const std::vector<float> pixels = sampler().Synthesize(w, NoiseMode::kNone, 1).ToHost<float>();
  EXPECT_EQ(sampler().Synthesize(w, NoiseMode::kNone, 2).ToHost<float>(), pixels);
  EXPECT_NE(sampler().Synthesize(w, NoiseMode::kConst, 1).ToHost<float>(), pixels);
}

TEST_F(SamplerTest, BatchesOneByOneAreTheImagesOfSynthesize) {
  const Tensor w = sampler().MapLatents(z_, 0.7);
  for (NoiseMode mode : {NoiseMode::kConst, NoiseMode::kRandom, NoiseMode::kNone}) {
    const Tensor together = sampler().Synthesize(w, mode, 7, /*max_batch=*/2);
    SamplerNoise noise(mode, 7);
    for (int64_t begin = 0; begin < 5; begin += 2) {
      const int64_t images = std::min<int64_t>(2, 5 - begin);
      EXPECT_EQ(sampler().SynthesizeBatch(Narrow(w, 1, begin, images), &noise).ToHost<float>(),
                Narrow(together, 0, begin, images).ToHost<float>());
    }
  }
}

TEST_F(SamplerTest, NoImagesAtATimeIsAMistake) {
  const Tensor w = sampler().MapLatents(z_, 1);
  for (int64_t max_batch : {0, -1}) {
    EXPECT_DEATH((void)sampler().Synthesize(w, NoiseMode::kNone, 0, max_batch), "max_batch");
  }
}

TEST_F(SamplerTest, NothingIsRecorded) {
  for (const nn::NamedTensor& p : nn::Parameters(*generator_)) ASSERT_TRUE(p.tensor.tracked()) << p.name;
  const Tensor w = sampler().MapLatents(z_, 0.5);
  EXPECT_FALSE(w.tracked());
  EXPECT_FALSE(sampler().Synthesize(w, NoiseMode::kRandom, 0).tracked());
}

TEST(SamplerOfSignedImages, GivesPixelsFromZeroToOneAndALatentForEveryLayer) {
  ModelConfig model = SmallModel();
  model.image_range = ImageRange::kMinusOneToOne;
  model.latent_per_layer = true;
  RandomStream random = {3, 0, 0};
  const std::shared_ptr<GeneratorNetwork> generator = MakeGenerator(model, Init(&random));
  const Tensor z = RandomNormal({2, 8}, DType::kF32, Device::Cpu(), &random);
  const Sampler sampler(model, generator, Tensor::Zeros({8}, DType::kF32, Device::Cpu()));
  const Tensor w = sampler.MapLatents(z, 1);
  EXPECT_EQ(w.shape(), Shape({6, 2, 8}));
  std::vector<float> want = generator->Synthesize(w, NoNoise(model)).ToHost<float>();
  for (float& v : want) v = 0.5f * v + 0.5f;
  EXPECT_THAT(sampler.Synthesize(w, NoiseMode::kNone, 0).ToHost<float>(), Pointwise(FloatNear(1e-6f), want));
}

TEST(SamplerOfANetworkWithNoise, MakesTheSamePictureForEverySeedOfTheNoise) {
  ModelConfig model = SmallModel();
  model.noise_const = true;
  RandomStream random = {3, 0, 0};
  const std::shared_ptr<GeneratorNetwork> generator = MakeGenerator(model, Init(&random));
  for (const nn::NamedTensor& p : nn::Parameters(*generator)) {
    const float scale = 0.5f;
    if (p.name.find("scale_noise") != std::string::npos) CopyFromHost(p.tensor, &scale, sizeof(scale));
  }
  const Tensor z = RandomNormal({2, 8}, DType::kF32, Device::Cpu(), &random);
  const Sampler sampler(model, generator, Tensor::Zeros({8}, DType::kF32, Device::Cpu()));
  const Tensor w = sampler.MapLatents(z, 1);
  const std::vector<float> picture = sampler.Synthesize(w, NoiseMode::kConst, 1).ToHost<float>();
  EXPECT_EQ(sampler.Synthesize(w, NoiseMode::kConst, 2).ToHost<float>(), picture);
  std::vector<BlockNoise> noise = generator->NoiseConst();
  for (BlockNoise& block : noise) {
    for (Tensor* n : {&block.first, &block.second}) {
      if (n->defined()) *n = Concat({*n, *n}, 0);
    }
  }
  EXPECT_EQ(generator->Synthesize(w, noise).ToHost<float>(), picture);
  EXPECT_NE(sampler.Synthesize(w, NoiseMode::kNone, 1).ToHost<float>(), picture);
}

TEST(ClassLabelsTest, HaveAOneAtTheirClass) {
  EXPECT_THAT(ClassLabels(1, 2, 3, Device::Cpu()).ToHost<float>(), ElementsAre(0, 1, 0, 0, 1, 0));
  EXPECT_DEATH((void)ClassLabels(3, 2, 3, Device::Cpu()), "class 3 of 3");
}

TEST(LatentsFromSeedsTest, RowsAreNumpysNumbers) {
  const std::vector<uint32_t> seeds = {85, 0, 4294967295u};
  const Tensor z = LatentsFromSeeds(seeds, 5, Device::Cpu());  // an odd number, so a row might reuse half a pair
  ASSERT_EQ(z.shape(), Shape({3, 5}));
  const std::vector<float> values = z.ToHost<float>();
  for (size_t row = 0; row < seeds.size(); ++row) {
    const std::vector<double> want = NumpyRandomState(seeds[row]).RandN(5);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(values[row * 5 + i], static_cast<float>(want[i]));
  }
  EXPECT_NEAR(values[5], 1.7640523459783, 1e-6);  // the well-known first number of seed 0
}

TEST(ToImagesTest, RoundsAndSaturates) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const Tensor pixels = Tensor::FromHost<float>(
      {2, 1, 2, 3}, {0, 1, 0.5f, -0.1f, 1.1f, 0.4999f / 255, nan, inf, -inf, -1e30f, 1e30f, 254.6f / 255},
      Device::Cpu());
  const std::vector<Image> images = ToImages(pixels);
  ASSERT_EQ(images.size(), 2u);
  for (const Image& image : images) {
    EXPECT_EQ(image.width, 2);
    EXPECT_EQ(image.height, 1);
    EXPECT_EQ(image.channels, 3);
  }
  EXPECT_THAT(images[0].pixels, ElementsAre(0, 255, 128, 0, 255, 0));
  EXPECT_THAT(images[1].pixels, ElementsAre(0, 255, 0, 0, 255, 255));
}

TEST(ToImagesTest, EveryByteComesBack) {
  std::vector<float> values(256 * 3);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i / 3) / 255.0f;
  const Image image = ToImages(Tensor::FromHost<float>({1, 16, 16, 3}, values, Device::Cpu()))[0];
  for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(image.pixels[i], i / 3);
}

}  // namespace
}  // namespace sg::gan
