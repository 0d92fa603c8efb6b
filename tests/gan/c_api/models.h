// The C interface as its tests use it: models that free themselves, and calls that must succeed.
//
//   const Model model = LoadModel("nvidia_skip_1.5.pkl");
//   const std::vector<uint8_t> pixels = Generate(model.get(), {1, 2});
#ifndef TESTS_GAN_C_API_MODELS_H_
#define TESTS_GAN_C_API_MODELS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gan/c_api/stylegan2.h"
#include "gtest/gtest.h"

namespace sg::c_api {

struct FreeModel {
  void operator()(sg2_model* model) const { sg2_free(model); }
};
using Model = std::unique_ptr<sg2_model, FreeModel>;

// The code and the text of a call that may fail: Try([&](sg2_error** error) { return sg2_load(..., error); })
struct Result {
  sg2_code code = SG2_OK;
  std::string message;
};
template <typename Call>
Result Try(const Call& call) {
  sg2_error* error = nullptr;
  Result result;
  result.code = call(&error);
  result.message = sg2_error_message(error);
  EXPECT_EQ(sg2_error_code(error), result.code);
  sg2_error_free(error);
  return result;
}
template <typename Call>
void Must(const Call& call) {
  const Result result = Try(call);
  EXPECT_EQ(result.code, SG2_OK) << result.message;
}

// The path of a file of tests/golden/foreign_networks.py.
inline std::string NetworkPath(const std::string& name) { return "tests/golden/foreign_networks/" + name; }

inline Model LoadModel(const std::string& name) {
  sg2_model* model = nullptr;
  sg2_load_options options = SG2_LOAD_OPTIONS_INIT;
  options.device = "cpu";
  Must([&](sg2_error** error) { return sg2_load(NetworkPath(name).c_str(), &options, &model, error); });
  return Model(model);
}

inline sg2_info InfoOf(const sg2_model* model) {
  sg2_info info = {};
  info.struct_size = sizeof(info);
  Must([&](sg2_error** error) { return sg2_get_info(model, &info, error); });
  return info;
}

inline size_t PixelsOf(const sg2_model* model) {
  const sg2_info info = InfoOf(model);
  return static_cast<size_t>(info.height * info.width * info.channels);
}
inline size_t WSizeOf(const sg2_model* model) {
  const sg2_info info = InfoOf(model);
  return static_cast<size_t>(info.num_ws * info.w_dim);
}

inline std::vector<uint8_t> Generate(const sg2_model* model, const std::vector<uint32_t>& seeds,
                                     const sg2_map_options* options = nullptr,
                                     const sg2_noise_options* noise = nullptr) {
  std::vector<uint8_t> pixels(seeds.size() * PixelsOf(model));
  Must([&](sg2_error** error) {
    return sg2_generate(model, seeds.data(), static_cast<int64_t>(seeds.size()), options, noise, SG2_U8, pixels.data(),
                        pixels.size(), error);
  });
  return pixels;
}

}  // namespace sg::c_api

#endif  // TESTS_GAN_C_API_MODELS_H_
