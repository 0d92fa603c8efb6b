#include "gan/c_api/arguments.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"
#include "engine/runtime/device_named.h"
#include "engine/runtime/devices.h"

namespace sg::c_api {

absl::Status CheckPointer(absl::string_view name, const void* pointer) {
  return pointer != nullptr ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrCat(name, " is NULL"));
}

absl::Status CheckCount(int64_t n) {
  return n >= 1 ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrCat("n is ", n, ", must be at least 1"));
}

absl::Status CheckArray(absl::string_view name, const void* array, size_t size, int64_t n,
                        std::initializer_list<int64_t> dims) {
  const absl::Status there = CheckPointer(name, array);
  if (!there.ok()) return there;
  int64_t each = 1;  // of a network that fits into memory
  for (const int64_t dim : dims) each *= dim;
  if (n <= std::numeric_limits<int64_t>::max() / each && size == static_cast<size_t>(n * each)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " has the size ", size, ", must be ", n, " * ", absl::StrJoin(dims, " * "), " for n = ", n));
}

absl::Status CheckPixels(const gan::ModelConfig& model, int32_t pixel_type, const void* pixels, size_t bytes,
                         int64_t n) {
  const gan::ImageSpec spec = model.image_spec();
  switch (pixel_type) {
    case SG2_U8: return CheckArray("pixels", pixels, bytes, n, {spec.height, spec.width, spec.channels});
    case SG2_F32:
      return CheckArray("pixels", pixels, bytes, n,
                        {spec.height, spec.width, spec.channels, static_cast<int64_t>(sizeof(float))});
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("pixel_type is ", pixel_type, ", must be ", SG2_U8, " (SG2_U8) or ", SG2_F32, " (SG2_F32)"));
  }
}

absl::Status CheckStructSize(absl::string_view name, size_t claimed, size_t ours) {
  if (claimed == ours) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, "->struct_size is ", claimed, ", must be ", ours,
                   claimed > ours ? "; if it is that of a newer header, this library is too old for the program" : ""));
}

absl::StatusOr<Device> DeviceOf(const sg2_load_options* options) {
  if (options != nullptr) {
    const absl::Status size = CheckStructSize("options", options->struct_size, sizeof(*options));
    if (!size.ok()) return size;
  }
  const char* const name = options != nullptr && options->device != nullptr ? options->device : "auto";
  const absl::optional<Device> device = DeviceNamed(name);
  if (!device) {
    return absl::InvalidArgumentError(
        absl::StrCat("options->device is \"", name, "\", must be NULL, \"auto\", \"cpu\", \"cuda\" or \"cuda:N\""));
  }
  if (IsAvailable(*device)) return *device;
  return absl::UnavailableError(
      absl::StrCat("options->device is \"", name, "\", which this library does not find here; \"cpu\" works"));
}

absl::StatusOr<sg2_map_options> MapOptions(const gan::ModelConfig& model, const sg2_map_options* options) {
  sg2_map_options checked = SG2_MAP_OPTIONS_INIT;
  if (options != nullptr) {
    const absl::Status size = CheckStructSize("options", options->struct_size, sizeof(*options));
    if (!size.ok()) return size;
    checked = *options;
  }
  if (!std::isfinite(checked.psi)) {
    return absl::InvalidArgumentError(absl::StrCat("options->psi is ", checked.psi, ", must be a finite number"));
  }
  if (checked.cutoff < 0 || checked.cutoff > model.NumLatents()) {
    return absl::InvalidArgumentError(
        absl::StrCat("options->cutoff is ", checked.cutoff, ", must be from 0 to ", model.NumLatents()));
  }
  const int64_t index = checked.class_index;
  if (model.label_dim == 0 && index != -1) {
    return absl::InvalidArgumentError(
        absl::StrCat("options->class_index is ", index, ", must be -1: this network was trained without labels"));
  }
  if (model.label_dim > 0 && (index < 0 || index >= model.label_dim)) {
    return absl::InvalidArgumentError(absl::StrCat("options->class_index is ", index, ", must be from 0 to ",
                                                   model.label_dim - 1, ", the classes of this network"));
  }
  return checked;
}

absl::StatusOr<gan::SamplerNoise> NoiseOf(const sg2_noise_options* options) {
  sg2_noise_options checked = SG2_NOISE_OPTIONS_INIT;
  if (options != nullptr) {
    const absl::Status size = CheckStructSize("noise", options->struct_size, sizeof(*options));
    if (!size.ok()) return size;
    checked = *options;
  }
  switch (checked.mode) {
    case SG2_NOISE_CONST: return gan::SamplerNoise(gan::NoiseMode::kConst, checked.seed);
    case SG2_NOISE_RANDOM: return gan::SamplerNoise(gan::NoiseMode::kRandom, checked.seed);
    case SG2_NOISE_NONE: return gan::SamplerNoise(gan::NoiseMode::kNone, checked.seed);
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("noise->mode is ", checked.mode, ", must be SG2_NOISE_CONST (0), _RANDOM (1) or _NONE (2)"));
  }
}

}  // namespace sg::c_api
