// Wrong calls and wrong files: each is an error with a text, and the process and the model live on.
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/c_api/models.h"
#include "tests/support/scratch_dir.h"

namespace sg::c_api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
constexpr size_t kHuge = std::numeric_limits<size_t>::max();

template <typename Call>
void ExpectRefused(const Call& call, const std::string& text) {
  const Result result = Try(call);
  EXPECT_EQ(result.code, SG2_INVALID_ARGUMENT) << result.message;
  EXPECT_THAT(result.message, HasSubstr(text));
}

class HostileTest : public ::testing::Test {
 protected:
  HostileTest()
      : model_(LoadModel("nvidia_skip_1.5.pkl")),
        z_(InfoOf(model_.get()).z_dim),
        w_(WSizeOf(model_.get())),
        pixels_(PixelsOf(model_.get())),
        want_(Generate(model_.get(), {85})) {}
  // Whatever was tried, the model works as before.
  ~HostileTest() override { EXPECT_EQ(Generate(model_.get(), {85}), want_); }

  const Model model_;
  std::vector<float> z_, w_;
  std::vector<uint8_t> pixels_;
  const std::vector<uint8_t> want_;
  const uint32_t seed_ = 1;
};

TEST_F(HostileTest, Load) {
  sg2_model* model = model_.get();
  ExpectRefused([&](sg2_error** e) { return sg2_load(nullptr, nullptr, &model, e); }, "path is NULL");
  EXPECT_EQ(model, nullptr);
  ExpectRefused([&](sg2_error** e) { return sg2_load("a", nullptr, nullptr, e); }, "model is NULL");
  sg2_load_options options = SG2_LOAD_OPTIONS_INIT;
  options.device = "\x1b[2J";
  const auto load = [&](sg2_error** e) { return sg2_load("a", &options, &model, e); };
  ExpectRefused(load, "options->device");
  EXPECT_THAT(Try(load).message, Not(HasSubstr("\x1b")));
  options.struct_size = kHuge;
  ExpectRefused(load, "options->struct_size");
  sg2_free(nullptr);
}

TEST_F(HostileTest, Info) {
  sg2_info info = {};
  ExpectRefused([&](sg2_error** e) { return sg2_get_info(model_.get(), &info, e); }, "info->struct_size is 0");
  info.struct_size = sizeof(info);
  ExpectRefused([&](sg2_error** e) { return sg2_get_info(nullptr, &info, e); }, "model is NULL");
  ExpectRefused([&](sg2_error** e) { return sg2_get_info(model_.get(), nullptr, e); }, "info is NULL");
}

TEST_F(HostileTest, Threads) {
  for (const int64_t wrong : {int64_t{-1}, int64_t{1025}, kMin, kMax}) {
    ExpectRefused([&](sg2_error** e) { return sg2_set_threads(wrong, e); }, "threads is ");
  }
}

TEST_F(HostileTest, Map) {
  const auto map = [&](const sg2_model* model, const float* z, size_t z_size, int64_t n, float* w, size_t w_size) {
    return [=](sg2_error** e) { return sg2_map(model, z, z_size, n, nullptr, w, w_size, e); };
  };
  ExpectRefused(map(nullptr, z_.data(), z_.size(), 1, w_.data(), w_.size()), "model is NULL");
  ExpectRefused(map(model_.get(), nullptr, z_.size(), 1, w_.data(), w_.size()), "z is NULL");
  ExpectRefused(map(model_.get(), z_.data(), z_.size(), 1, nullptr, w_.size()), "w is NULL");
  ExpectRefused(map(model_.get(), z_.data(), z_.size() - 1, 1, w_.data(), w_.size()), "z has the size ");
  ExpectRefused(map(model_.get(), z_.data(), kHuge, 1, w_.data(), w_.size()), "z has the size ");
  ExpectRefused(map(model_.get(), z_.data(), z_.size(), 1, w_.data(), w_.size() + 1), "w has the size ");
  for (const int64_t n : {int64_t{0}, int64_t{-1}, kMin}) {
    ExpectRefused(map(model_.get(), z_.data(), z_.size(), n, w_.data(), w_.size()), "n is ");
  }
  for (const int64_t n : {int64_t{2}, kMax, int64_t{1} << 60}) {
    ExpectRefused(map(model_.get(), z_.data(), z_.size(), n, w_.data(), w_.size()), "w has the size ");
  }
  sg2_map_options options = SG2_MAP_OPTIONS_INIT;
  options.class_index = 0;
  ExpectRefused(
      [&](sg2_error** e) { return sg2_map(model_.get(), z_.data(), z_.size(), 1, &options, w_.data(), w_.size(), e); },
      "options->class_index");
}

TEST_F(HostileTest, MapSeeds) {
  const auto map = [&](const sg2_model* model, const uint32_t* seeds, int64_t n, float* w, size_t w_size) {
    return [=](sg2_error** e) { return sg2_map_seeds(model, seeds, n, nullptr, w, w_size, e); };
  };
  ExpectRefused(map(nullptr, &seed_, 1, w_.data(), w_.size()), "model is NULL");
  ExpectRefused(map(model_.get(), nullptr, 1, w_.data(), w_.size()), "seeds is NULL");
  ExpectRefused(map(model_.get(), &seed_, 1, nullptr, w_.size()), "w is NULL");
  ExpectRefused(map(model_.get(), &seed_, -1, w_.data(), w_.size()), "n is -1");
  ExpectRefused(map(model_.get(), &seed_, kMax, w_.data(), w_.size()), "w has the size ");
}

TEST_F(HostileTest, Synthesize) {
  sg2_noise_options noise = SG2_NOISE_OPTIONS_INIT;
  const auto make = [&](const sg2_model* model, const float* w, size_t w_size, int64_t n, int32_t type, void* pixels,
                        size_t bytes) {
    return [=](sg2_error** e) { return sg2_synthesize(model, w, w_size, n, &noise, type, pixels, bytes, e); };
  };
  const sg2_model* const model = model_.get();
  ExpectRefused(make(nullptr, w_.data(), w_.size(), 1, SG2_U8, pixels_.data(), pixels_.size()), "model is NULL");
  ExpectRefused(make(model, nullptr, w_.size(), 1, SG2_U8, pixels_.data(), pixels_.size()), "w is NULL");
  ExpectRefused(make(model, w_.data(), 0, 1, SG2_U8, pixels_.data(), pixels_.size()), "w has the size 0");
  ExpectRefused(make(model, w_.data(), w_.size(), 0, SG2_U8, pixels_.data(), pixels_.size()), "n is 0");
  ExpectRefused(make(model, w_.data(), w_.size(), kMax, SG2_U8, pixels_.data(), pixels_.size()), "w has the size");
  ExpectRefused(make(model, w_.data(), w_.size(), 1, SG2_U8, nullptr, pixels_.size()), "pixels is NULL");
  ExpectRefused(make(model, w_.data(), w_.size(), 1, SG2_U8, pixels_.data(), kHuge), "pixels has the size");
  ExpectRefused(make(model, w_.data(), w_.size(), 1, SG2_F32, pixels_.data(), pixels_.size()), "pixels has the size");
  ExpectRefused(make(model, w_.data(), w_.size(), 1, -1, pixels_.data(), pixels_.size()), "pixel_type is -1");
  noise.mode = 3;
  ExpectRefused(
      [&](sg2_error** e) {
        return sg2_synthesize(model, w_.data(), w_.size(), 1, &noise, SG2_U8, pixels_.data(), pixels_.size(), e);
      },
      "noise->mode is 3");
}

// Not numbers are values, like others: they give some picture.
TEST_F(HostileTest, NotANumberIsNoError) {
  w_.assign(w_.size(), std::numeric_limits<float>::quiet_NaN());
  Must([&](sg2_error** e) {
    return sg2_synthesize(model_.get(), w_.data(), w_.size(), 1, nullptr, SG2_U8, pixels_.data(), pixels_.size(), e);
  });
}

TEST_F(HostileTest, Generate) {
  const sg2_model* const model = model_.get();
  const auto make = [&](const sg2_model* given, const uint32_t* seeds, int64_t n, void* pixels, size_t bytes) {
    return [=](sg2_error** e) { return sg2_generate(given, seeds, n, nullptr, nullptr, SG2_U8, pixels, bytes, e); };
  };
  ExpectRefused(make(nullptr, &seed_, 1, pixels_.data(), pixels_.size()), "model is NULL");
  ExpectRefused(make(model, nullptr, 1, pixels_.data(), pixels_.size()), "seeds is NULL");
  ExpectRefused(make(model, &seed_, 1, nullptr, pixels_.size()), "pixels is NULL");
  ExpectRefused(make(model, &seed_, -5, pixels_.data(), pixels_.size()), "n is -5");
  ExpectRefused(make(model, &seed_, 2, pixels_.data(), pixels_.size()), "pixels has the size");
  ExpectRefused(make(model, &seed_, kMax, pixels_.data(), pixels_.size()), "pixels has the size");
}

Result LoadResult(const std::string& path) {
  sg2_model* model = nullptr;
  const Result result = Try([&](sg2_error** error) { return sg2_load(path.c_str(), nullptr, &model, error); });
  EXPECT_EQ(model, nullptr) << path;
  EXPECT_THAT(result.message, HasSubstr(path));
  sg2_free(model);
  return result;
}

TEST(HostileFiles, EachErrorHasItsCode) {
  const nn::ScratchDir folder;
  EXPECT_EQ(LoadResult(folder.File("missing.pkl")).code, SG2_CANNOT_READ);
  EXPECT_EQ(LoadResult(folder.path()).code, SG2_CANNOT_READ);
  EXPECT_EQ(LoadResult(folder.Write("empty.pkl", "")).code, SG2_BAD_FILE);
  EXPECT_EQ(LoadResult(folder.Write("text.safetensors", "This is no network.\n")).code, SG2_BAD_FILE);
  EXPECT_EQ(LoadResult(NetworkPath("stylegan3.pkl")).code, SG2_UNSUPPORTED);
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(HostileFiles, ADamagedFileIsAnError) {
  const nn::ScratchDir folder;
  const std::string whole = ReadWhole(NetworkPath("nvidia_skip_1.5.pkl"));
  ASSERT_FALSE(whole.empty());
  for (size_t part = 1; part < 8; ++part) {
    EXPECT_EQ(LoadResult(folder.Write("part.pkl", whole.substr(0, whole.size() * part / 8))).code, SG2_BAD_FILE)
        << part;
  }
}

}  // namespace
}  // namespace sg::c_api
