// Checks of what a caller of the C interface hands over. Each error says which argument is wrong, its value and what is
// allowed.
//
//   absl::StatusOr<sg2_map_options> checked = MapOptions(model, options);
//   if (!checked.ok()) return checked.status();
#ifndef GAN_C_API_ARGUMENTS_H_
#define GAN_C_API_ARGUMENTS_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/device.h"
#include "gan/c_api/stylegan2.h"
#include "gan/config/config.h"
#include "gan/sample/sampler.h"

namespace sg::c_api {

absl::Status CheckPointer(absl::string_view name, const void* pointer);

// How many pictures are asked for.
absl::Status CheckCount(int64_t n);

// An array of n elements of shape `dims`, given with its length. Requires CheckCount.
absl::Status CheckArray(absl::string_view name, const void* array, size_t size, int64_t n,
                        std::initializer_list<int64_t> dims);

// The n pictures of `model` that a call fills. Requires CheckCount.
absl::Status CheckPixels(const gan::ModelConfig& model, int32_t pixel_type, const void* pixels, size_t bytes,
                         int64_t n);

// The size that the struct of a caller claims. All are those of the first version; when a struct grows, its earlier
// sizes must stay allowed, and what they lack has its default.
absl::Status CheckStructSize(absl::string_view name, size_t claimed, size_t ours);

// An available device.
absl::StatusOr<Device> DeviceOf(const sg2_load_options* options);
// Options that fit the model; the defaults if there are none.
absl::StatusOr<sg2_map_options> MapOptions(const gan::ModelConfig& model, const sg2_map_options* options);
absl::StatusOr<gan::SamplerNoise> NoiseOf(const sg2_noise_options* options);

}  // namespace sg::c_api

#endif  // GAN_C_API_ARGUMENTS_H_
