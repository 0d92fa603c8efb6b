#include "gan/sample/image_batches.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/ops/in_place.h"
#include "engine/ops/random.h"
#include "engine/ops/shape_ops.h"
#include "gan/model/networks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

ModelConfig TinyModel() {
  ModelConfig model;
  model.resolution = 8;
  model.latent_dim = 2;
  model.mapping_layers = 1;
  model.g_features = model.d_features = model.max_features = 2;
  return model;
}

class ImageBatchesTest : public ::testing::Test {
 protected:
  ImageBatchesTest() {
    nn::InitContext init;
    init.device = Device::Cpu();
    init.random = &random_;
    const std::shared_ptr<GeneratorNetwork> generator = MakeGenerator(TinyModel(), init);
    // The noise strength starts at zero, which would hide what noise there is.
    for (const nn::NamedTensor& p : nn::Parameters(*generator)) {
      if (p.name.find("scale_noise") == std::string::npos) continue;
      const float scale = 0.5f;
      CopyFromHost(p.tensor, &scale, sizeof(scale));
    }
    sampler_ = std::make_unique<Sampler>(TinyModel(), generator, Tensor::Zeros({2}, DType::kF32, Device::Cpu()));
  }

  // The parts that are mapped, and the sizes of the batches.
  void Make(int64_t count) {
    const Tensor z = RandomNormal({count, 2}, DType::kF32, Device::Cpu(), &random_);
    const auto map = [&](int64_t begin, int64_t part) {
      parts_.emplace_back(begin, part);
      return sampler_->MapLatents(Narrow(z, 0, begin, part), 1);
    };
    const absl::Status made =
        SynthesizeInBatches(*sampler_, count, map, SamplerNoise(NoiseMode::kNone, 0), [&](const Tensor& pixels) {
          sizes_.push_back(pixels.dim(0));
          return absl::OkStatus();
        });
    EXPECT_TRUE(made.ok()) << made;
  }

  RandomStream random_{3, 0, 0};
  std::unique_ptr<Sampler> sampler_;
  std::vector<std::pair<int64_t, int64_t>> parts_;
  std::vector<int64_t> sizes_;
};

TEST_F(ImageBatchesTest, TheLastBatchHasTheRest) {
  Make(35);
  EXPECT_THAT(parts_, ElementsAre(Pair(0, 35)));
  EXPECT_THAT(sizes_, ElementsAre(16, 16, 3));
}

TEST_F(ImageBatchesTest, MapsManyLatentsInParts) {
  Make(kMappedAtOnce + 1);
  EXPECT_THAT(parts_, ElementsAre(Pair(0, kMappedAtOnce), Pair(kMappedAtOnce, 1)));
  EXPECT_EQ(sizes_.size(), 65);
  EXPECT_EQ(sizes_.back(), 1);
}

TEST_F(ImageBatchesTest, NoLatentsAreNoWork) {
  Make(0);
  EXPECT_THAT(parts_, IsEmpty());
  EXPECT_THAT(sizes_, IsEmpty());
}

// The noise of an image does not depend on the batch in which it is made, but on its place in the sequence.
TEST_F(ImageBatchesTest, GivesWhatTheSamplerGives) {
  const Tensor z = RandomNormal({20, 2}, DType::kF32, Device::Cpu(), &random_);
  const Tensor w = sampler_->MapLatents(z, 1);
  std::vector<float> values;
  const absl::Status made = SynthesizeInBatches(
      *sampler_, 20, [&](int64_t, int64_t) { return w; }, SamplerNoise(NoiseMode::kRandom, 5),
      [&](const Tensor& pixels) {
        const std::vector<float> more = pixels.ToHost<float>();
        values.insert(values.end(), more.begin(), more.end());
        return absl::OkStatus();
      });
  EXPECT_TRUE(made.ok()) << made;
  EXPECT_EQ(values, sampler_->Synthesize(w, NoiseMode::kRandom, 5).ToHost<float>());
}

TEST_F(ImageBatchesTest, AnErrorEndsTheWork) {
  int calls = 0;
  const Tensor z = RandomNormal({20, 2}, DType::kF32, Device::Cpu(), &random_);
  const absl::Status made = SynthesizeInBatches(
      *sampler_, 20, [&](int64_t, int64_t) { return sampler_->MapLatents(z, 1); }, SamplerNoise(NoiseMode::kNone, 0),
      [&](const Tensor&) {
        ++calls;
        return absl::DataLossError("full");
      });
  EXPECT_EQ(made, absl::DataLossError("full"));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace sg::gan
