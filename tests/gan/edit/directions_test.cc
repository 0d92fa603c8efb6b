#include "gan/edit/directions.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "engine/io/npz.h"
#include "engine/ops/in_place.h"
#include "engine/ops/random.h"
#include "gan/model/networks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nn/module.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

constexpr int64_t kDim = 6;

ModelConfig SmallModel(bool per_layer) {
  ModelConfig model;
  model.resolution = 16;
  model.latent_dim = kDim;
  model.mapping_layers = 2;
  model.g_features = 4;
  model.max_features = 8;
  model.latent_per_layer = per_layer;
  return model;
}

std::unique_ptr<GeneratorNetwork> MakeSmall(const ModelConfig& model) {
  RandomStream random = {5, 0, 0};
  nn::InitContext init;
  init.device = Device::Cpu();
  init.random = &random;
  return MakeGenerator(model, init);
}

// Makes all rows of the style weights of a module multiples of the unit vector of `axis`.
void PointAlong(GeneratorNetwork* generator, const std::string& module, int64_t axis) {
  int found = 0;
  for (const nn::NamedTensor& parameter : nn::Parameters(*generator)) {
    if (parameter.name != module + ".to_style.weight.weight") continue;
    ++found;
    std::vector<float> rows(parameter.tensor.NumElements());
    for (size_t row = 0; row < rows.size() / kDim; ++row) rows[row * kDim + axis] = static_cast<float>(row) - 2.5f;
    CopyFromHost(parameter.tensor, rows.data(), rows.size() * sizeof(float));
  }
  ASSERT_EQ(found, 1) << module;
}

std::vector<float> UnitVector(int64_t axis) {
  std::vector<float> unit(kDim);
  unit[axis] = 1;
  return unit;
}

TEST(SefaTest, TakesTheLayersOfEachEntry) {
  const ModelConfig model = SmallModel(/*per_layer=*/true);
  const std::unique_ptr<GeneratorNetwork> generator = MakeSmall(model);
  const std::vector<std::string> modules = {"generator.style_block",           "generator.blocks.0.style_block1",
                                            "generator.blocks.0.style_block2", "generator.blocks.1.style_block1",
                                            "generator.blocks.1.style_block2", "generator.blocks.1.to_rgb"};
  ASSERT_EQ(AllEntries(model).size(), modules.size());
  for (size_t i = 0; i < modules.size(); ++i) PointAlong(generator.get(), modules[i], static_cast<int64_t>(i));
  for (int64_t entry = 0; entry < kDim; ++entry) {
    const Directions found = SefaDirections(model, generator.get(), {entry}, 1);
    EXPECT_THAT(found.vectors, ::testing::Pointwise(FloatNear(1e-6), UnitVector(entry))) << entry;
    EXPECT_THAT(found.shares, ElementsAre(FloatNear(1, 1e-6)));
    EXPECT_THAT(found.deviations, ElementsAre(1));
  }
}

TEST(SefaTest, AnEntryOfABlockTakesBothConvolutions) {
  const ModelConfig model = SmallModel(/*per_layer=*/false);
  const std::unique_ptr<GeneratorNetwork> generator = MakeSmall(model);
  PointAlong(generator.get(), "generator.blocks.1.style_block1", 3);
  PointAlong(generator.get(), "generator.blocks.1.style_block2", 1);
  // The first has 8 channels and the second 4; each row counts the same, whatever its length.
  const Directions found = SefaDirections(model, generator.get(), {2}, 3);
  EXPECT_THAT(found.shares, ElementsAre(FloatNear(8.0f / 12, 1e-6), FloatNear(4.0f / 12, 1e-6), FloatNear(0, 1e-6)));
  EXPECT_THAT(std::vector<float>(found.vectors.begin(), found.vectors.begin() + kDim),
              ::testing::Pointwise(FloatNear(1e-6), UnitVector(3)));
  EXPECT_THAT(std::vector<float>(found.vectors.begin() + kDim, found.vectors.begin() + 2 * kDim),
              ::testing::Pointwise(FloatNear(1e-6), UnitVector(1)));
}

TEST(GanspaceTest, DirectionsHaveTheirDeviations) {
  const ModelConfig model = SmallModel(false);
  const std::unique_ptr<GeneratorNetwork> generator = MakeSmall(model);
  GanspaceParams params;
  params.samples = 2500;
  params.count = kDim;
  params.seed = 9;
  std::vector<int64_t> seen;
  const absl::StatusOr<Directions> found = GanspaceDirections(
      model, *generator, params, Device::Cpu(), [](int64_t) { return Tensor(); },
      [&](int64_t done) {
        seen.push_back(done);
        return true;
      });
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(seen, ElementsAre(1000, 2000, 2500));

  // Of the same samples: along each direction w has the mean and the deviation that is told, and the directions are
  // uncorrelated.
  RandomStream stream = {9, 0, 0};
  std::vector<float> w;
  for (int64_t n : {1000, 1000, 500}) {
    const Tensor z = RandomNormal({n, kDim}, DType::kF32, Device::Cpu(), &stream);
    const std::vector<float> part = generator->Map(z).ToHost<float>();
    w.insert(w.end(), part.begin(), part.end());
  }
  double total = 0, shares = 0;
  for (int64_t k = 0; k < kDim; ++k) total += std::pow(found->deviations[k], 2);
  for (int64_t a = 0; a < kDim; ++a) {
    shares += found->shares[a];
    EXPECT_NEAR(found->shares[a], std::pow(found->deviations[a], 2) / total, 1e-5);
    for (int64_t b = 0; b < kDim; ++b) {
      double product = 0;
      for (size_t n = 0; n < w.size(); n += kDim) {
        double along_a = 0, along_b = 0;
        for (int64_t i = 0; i < kDim; ++i) {
          along_a += (w[n + i] - found->mean[i]) * found->vectors[a * kDim + i];
          along_b += (w[n + i] - found->mean[i]) * found->vectors[b * kDim + i];
        }
        product += along_a * along_b;
      }
      product /= static_cast<double>(params.samples);
      EXPECT_NEAR(product, a == b ? std::pow(found->deviations[a], 2) : 0, 1e-5 * total) << a << " " << b;
    }
    if (a > 0) {
      EXPECT_LE(found->deviations[a], found->deviations[a - 1]);
    }
  }
  EXPECT_NEAR(shares, 1, 1e-5);
  EXPECT_TRUE(absl::IsCancelled(
      GanspaceDirections(
          model, *generator, params, Device::Cpu(), [](int64_t) { return Tensor(); }, [](int64_t) { return false; })
          .status()));
}

TEST(MoveAlongTest, MovesTheNamedEntries) {
  const Tensor w = Tensor::FromHost<float>({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}, Device::Cpu());
  EXPECT_THAT(MoveAlong(w, {1, -2}, 0.5, {1}).ToHost<float>(), ElementsAre(1, 2, 3, 4, 5.5, 5, 7.5, 7));
  EXPECT_THAT(MoveAlong(w, {1, -2}, -1, {0, 1}).ToHost<float>(), ElementsAre(0, 4, 2, 6, 4, 8, 6, 10));
}

Directions Example() {
  Directions directions;
  directions.dim = 2;
  directions.vectors = {0.6f, 0.8f, -0.8f, 0.6f};
  directions.deviations = {2, 0.5f};
  directions.shares = {0.9f, 0.1f};
  directions.mean = {5, 6};
  return directions;
}

TEST(DirectionFilesTest, RoundTrip) {
  const nn::ScratchDir folder;
  ASSERT_TRUE(WriteDirections(folder.File("a.npz"), Example()).ok());
  const absl::StatusOr<Directions> back = ReadDirections(folder.File("a.npz"), 2);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->count(), 2);
  EXPECT_THAT(back->vectors, ::testing::Pointwise(FloatNear(1e-7), Example().vectors));
  EXPECT_EQ(back->deviations, Example().deviations);
  EXPECT_EQ(back->shares, Example().shares);
  EXPECT_EQ(back->mean, Example().mean);
  EXPECT_THAT(back->Step(0), ElementsAre(FloatNear(1.2f, 1e-6), FloatNear(1.6f, 1e-6)));
}

TEST(DirectionFilesTest, OnlyTheVectorsMustBeThere) {
  const nn::ScratchDir folder;
  ASSERT_TRUE(io::WriteNpz(folder.File("a.npz"), {{"lat_comp", {1, 2}, {3, 4}}}).ok());
  const absl::StatusOr<Directions> back = ReadDirections(folder.File("a.npz"), 2);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_THAT(back->Step(0), ElementsAre(FloatNear(0.6f, 1e-6), FloatNear(0.8f, 1e-6)));
  EXPECT_THAT(back->mean, Each(0));
}

TEST(DirectionFilesTest, FilesThatCannotBeUsed) {
  const nn::ScratchDir folder;
  const std::string path = folder.File("a.npz");
  const auto error = [&](const std::vector<io::NpzArray>& arrays) {
    EXPECT_TRUE(io::WriteNpz(path, arrays).ok());
    const std::string message(ReadDirections(path, 2).status().message());
    EXPECT_TRUE(absl::StartsWith(message, path)) << message;
    return message;
  };
  EXPECT_THAT(error({{"w", {1, 2}, {3, 4}}}), HasSubstr("holds no array \"lat_comp\""));
  EXPECT_THAT(error({{"lat_comp", {1, 3}, {3, 4, 5}}}), HasSubstr("\"lat_comp\" is [1,3], must be [N,1,2]"));
  EXPECT_THAT(error({{"lat_comp", {1, 2, 2}, {3, 4, 5, 6}}}), HasSubstr("must be [N,1,2]"));
  EXPECT_THAT(error({{"lat_comp", {2, 2}, {3, 4, 0, 0}}}), HasSubstr("direction 1 is zero or not finite"));
  EXPECT_THAT(error({{"lat_comp", {1, 2}, {3, NAN}}}), HasSubstr("direction 0 is zero or not finite"));
  EXPECT_THAT(error({{"lat_comp", {1, 2}, {3, 4}}, {"lat_stdev", {2}, {1, 1}}}),
              HasSubstr("\"lat_stdev\" is [2], must have 1 elements"));
}

}  // namespace
}  // namespace sg::gan
