#include "gan/c_api/stylegan2.h"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "engine/base/version.h"
#include "engine/io/npy.h"
#include "gan/image/decode_image.h"
#include "gan/sample/numpy_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/c_api/models.h"
#include "tests/integration/subprocess.h"
#include "tests/support/scratch_dir.h"

namespace sg::c_api {
namespace {

using ::testing::HasSubstr;

constexpr char kNetwork[] = "nvidia_whole.pkl";
constexpr char kConditional[] = "nvidia_conditional.pkl";

std::vector<uint32_t> Seeds(uint32_t count) {
  std::vector<uint32_t> seeds(count);
  std::iota(seeds.begin(), seeds.end(), 0);
  return seeds;
}

std::vector<float> MapSeeds(const sg2_model* model, const std::vector<uint32_t>& seeds,
                            const sg2_map_options* options = nullptr) {
  std::vector<float> w(seeds.size() * WSizeOf(model));
  Must([&](sg2_error** error) {
    return sg2_map_seeds(model, seeds.data(), static_cast<int64_t>(seeds.size()), options, w.data(), w.size(), error);
  });
  return w;
}

std::vector<uint8_t> Synthesize(const sg2_model* model, const std::vector<float>& w, int64_t n,
                                const sg2_noise_options* noise = nullptr) {
  std::vector<uint8_t> pixels(n * PixelsOf(model));
  Must([&](sg2_error** error) {
    return sg2_synthesize(model, w.data(), w.size(), n, noise, SG2_U8, pixels.data(), pixels.size(), error);
  });
  return pixels;
}

// The pictures of the tool `generate`, in one sheet of one column, whose pixels are those of the pictures in order.
std::vector<uint8_t> PicturesOfTheTool(const std::string& network, std::vector<std::string> arguments) {
  const nn::ScratchDir folder;
  arguments.insert(arguments.end(), {"--network=" + std::filesystem::absolute(NetworkPath(network)).string(),
                                     "--grid=grid.png", "--columns=1", "--device=cpu"});
  const integration::Outcome outcome = integration::RunTool("generate", arguments, folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome;
  const absl::StatusOr<gan::Image> sheet = gan::DecodeImage(folder.Read("grid.png"), gan::DecodeLimits());
  EXPECT_TRUE(sheet.ok()) << sheet.status();
  return sheet.ok() ? sheet->pixels : std::vector<uint8_t>();
}

class Stylegan2Test : public ::testing::Test {
 protected:
  // The tool runs with one thread, too (subprocess.h).
  void SetUp() override {
    Must([](sg2_error** error) { return sg2_set_threads(1, error); });
  }
};

TEST_F(Stylegan2Test, KnowsItsVersions) {
  EXPECT_EQ(sg2_abi_version(), SG2_ABI_VERSION);
  EXPECT_STREQ(sg2_version(), kVersion);
}

TEST_F(Stylegan2Test, DescribesANetwork) {
  const Model model = LoadModel(kConditional);
  const sg2_info info = InfoOf(model.get());
  EXPECT_EQ(info.height, info.width);
  EXPECT_EQ(info.channels, 3);
  EXPECT_GT(info.num_ws, 0);
  EXPECT_GT(info.num_classes, 3);
  EXPECT_EQ(InfoOf(LoadModel(kNetwork).get()).num_classes, 0);
  EXPECT_EQ(InfoOf(LoadModel("nvidia_gray.pkl").get()).channels, 1);
  EXPECT_EQ(InfoOf(LoadModel("nvidia_rgba.pkl").get()).channels, 4);
}

// Nobody has trained an average of w into this file.
TEST_F(Stylegan2Test, TellsWhatItAssumed) {
  EXPECT_THAT(sg2_notes(LoadModel("rosinality_mapless.pt").get()), HasSubstr("."));
  EXPECT_STREQ(sg2_notes(nullptr), "");
}

TEST_F(Stylegan2Test, GeneratesWhatTheToolGenerates) {
  const Model model = LoadModel(kNetwork);
  EXPECT_EQ(Generate(model.get(), Seeds(20)), PicturesOfTheTool(kNetwork, {"--seeds=0-19"}));

  const sg2_map_options half = {sizeof(half), 0.5, 2, -1};
  const sg2_noise_options random = {sizeof(random), SG2_NOISE_RANDOM, 9};
  EXPECT_EQ(Generate(model.get(), Seeds(20), &half, &random),
            PicturesOfTheTool(kNetwork, {"--seeds=0-19", "--trunc=0.5", "--trunc-cutoff=2", "--noise-mode=random",
                                         "--noise-seed=9"}));

  const Model conditional = LoadModel(kConditional);
  const sg2_map_options third = {sizeof(third), 1, 0, 3};
  const sg2_noise_options none = {sizeof(none), SG2_NOISE_NONE, 0};
  EXPECT_EQ(Generate(conditional.get(), {4294967295u}, &third, &none),
            PicturesOfTheTool(kConditional, {"--seeds=4294967295", "--class=3", "--noise-mode=none"}));
}

TEST_F(Stylegan2Test, TheStepsGiveWhatTheWholeGives) {
  const Model model = LoadModel(kNetwork);
  const sg2_map_options half = {sizeof(half), 0.5, 0, -1};
  const std::vector<float> w = MapSeeds(model.get(), Seeds(20), &half);
  EXPECT_EQ(Synthesize(model.get(), w, 20), Generate(model.get(), Seeds(20), &half));

  const auto z_dim = static_cast<size_t>(InfoOf(model.get()).z_dim);
  std::vector<float> z;
  for (const uint32_t seed : Seeds(20)) {
    for (const double value : gan::NumpyRandomState(seed).RandN(static_cast<int64_t>(z_dim))) {
      z.push_back(static_cast<float>(value));
    }
  }
  std::vector<float> of_z(w.size());
  Must([&](sg2_error** error) {
    return sg2_map(model.get(), z.data(), z.size(), 20, &half, of_z.data(), of_z.size(), error);
  });
  EXPECT_EQ(of_z, w);
}

// Picture by picture: the layout of w is [n, num_ws, w_dim], whatever the network's own is.
TEST_F(Stylegan2Test, EachPictureHasItsOwnW) {
  const Model model = LoadModel(kNetwork);
  const std::vector<float> w = MapSeeds(model.get(), {5, 6});
  const std::vector<uint8_t> both = Synthesize(model.get(), w, 2);
  const std::vector<float> second(w.begin() + static_cast<int64_t>(WSizeOf(model.get())), w.end());
  const std::vector<uint8_t> alone = Synthesize(model.get(), second, 1);
  ASSERT_EQ(both.size(), 2 * alone.size());
  for (size_t i = 0; i < alone.size(); ++i) {
    ASSERT_NEAR(both[alone.size() + i], alone[i], 1) << i;  // another batch may round otherwise
  }
  EXPECT_NE(std::vector<uint8_t>(both.begin(), both.begin() + static_cast<int64_t>(alone.size())), alone);
}

TEST_F(Stylegan2Test, FloatsAreNotRounded) {
  const Model model = LoadModel(kNetwork);
  const uint32_t seed = 3;
  std::vector<float> floats(PixelsOf(model.get()));
  Must([&](sg2_error** error) {
    return sg2_generate(model.get(), &seed, 1, nullptr, nullptr, SG2_F32, floats.data(), floats.size() * sizeof(float),
                        error);
  });
  const std::vector<uint8_t> bytes = Generate(model.get(), {seed});
  for (size_t i = 0; i < bytes.size(); ++i) {
    const float rounded = std::floor(std::min(std::max(floats[i] * 255 + 0.5f, 0.0f), 255.0f));
    ASSERT_EQ(bytes[i], static_cast<uint8_t>(rounded)) << i;
  }
}

TEST_F(Stylegan2Test, TruncationToZeroIsTheAverage) {
  const Model model = LoadModel(kNetwork);
  const sg2_map_options none = {sizeof(none), 0, 0, -1};
  EXPECT_EQ(MapSeeds(model.get(), {1}, &none), MapSeeds(model.get(), {2}, &none));
  EXPECT_NE(MapSeeds(model.get(), {1}), MapSeeds(model.get(), {2}));
}

}  // namespace
}  // namespace sg::c_api
