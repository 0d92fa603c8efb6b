#include "gan/c_api/stylegan2.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "engine/base/device_options.h"
#include "engine/base/version.h"
#include "engine/io/printable.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/devices.h"
#include "gan/c_api/arguments.h"
#include "gan/c_api/boundary.h"
#include "gan/interop/load_network.h"
#include "gan/sample/image_batches.h"
#include "gan/sample/sampler.h"

// Never changed after sg2_load, so threads share it.
struct sg2_model {
  sg2_model(sg::gan::LoadedNetwork network, sg::Device device)
      : device(device),
        config(network.pretrained.config.model),
        sampler(config, network.pretrained.generator, network.pretrained.latent_average) {
    for (std::string& note : network.notes) note = sg::io::Printable(note);
    notes = absl::StrJoin(network.notes, "\n");
  }

  const sg::Device device;
  const sg::gan::ModelConfig config;
  const sg::gan::Sampler sampler;
  std::string notes;
};

namespace sg::c_api {
namespace {

constexpr int64_t kMaxThreads = 1024;

// What is wrong with a file is not a mistake of the call.
absl::Status AboutFile(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange: return absl::DataLossError(status.message());
    default: return status;
  }
}

int64_t WSize(const sg2_model& model) {  // per picture
  return int64_t{model.config.NumLatents()} * model.config.WDim();
}

// An array in the caller's memory, or a part of it.
Tensor FromCaller(const float* values, const Shape& shape, Device device) {
  return Tensor::FromHost<float>(shape, absl::MakeConstSpan(values, shape.NumElements()), device);
}

// z [n,z_dim] -> w [num_ws,n,w_dim].
Tensor Map(const sg2_model& model, const Tensor& z, const sg2_map_options& options) {
  const int label_dim = model.config.label_dim;
  const Tensor labels = label_dim > 0
                            ? gan::ClassLabels(static_cast<int>(options.class_index), z.dim(0), label_dim, model.device)
                            : Tensor();
  return model.sampler.MapLatents(z, labels, {options.psi, static_cast<int>(options.cutoff)});
}

// The sources of w. What they point to must live as long as they do.

gan::MapPart FromZ(const sg2_model& model, const float* z, const sg2_map_options& options) {
  return [&model, z, options](int64_t begin, int64_t count) {
    const int64_t z_dim = model.config.latent_dim;
    return Map(model, FromCaller(z + begin * z_dim, {count, z_dim}, model.device), options);
  };
}

gan::MapPart FromSeeds(const sg2_model& model, const uint32_t* seeds, const sg2_map_options& options) {
  return [&model, seeds, options](int64_t begin, int64_t count) {
    const std::vector<uint32_t> part(seeds + begin, seeds + begin + count);
    return Map(model, gan::LatentsFromSeeds(part, model.config.latent_dim, model.device), options);
  };
}

gan::MapPart FromW(const sg2_model& model, const float* w) {
  return [&model, w](int64_t begin, int64_t count) {
    const Shape shape = {count, model.config.NumLatents(), model.config.WDim()};
    return Permute(FromCaller(w + begin * WSize(model), shape, model.device), {1, 0, 2});
  };
}

void StoreW(const sg2_model& model, int64_t n, const gan::MapPart& map, float* w) {
  for (int64_t begin = 0; begin < n; begin += gan::kMappedAtOnce) {
    const int64_t count = std::min(gan::kMappedAtOnce, n - begin);
    const Tensor part = Permute(map(begin, count), {1, 0, 2});
    part.ToHostBytes(w + begin * WSize(model), static_cast<size_t>(count * WSize(model)) * sizeof(float));
  }
}

absl::Status StorePixels(const sg2_model& model, int64_t n, const gan::MapPart& map, const gan::SamplerNoise& noise,
                         int32_t pixel_type, void* pixels) {
  auto* next = static_cast<uint8_t*>(pixels);
  return gan::SynthesizeInBatches(model.sampler, n, map, noise, [&](const Tensor& batch) {
    if (pixel_type == SG2_F32) {
      const size_t bytes = static_cast<size_t>(batch.NumElements()) * sizeof(float);
      batch.ToHostBytes(next, bytes);
      next += bytes;
      return absl::OkStatus();
    }
    for (const gan::Image& image : gan::ToImages(batch)) {
      next = std::copy(image.pixels.begin(), image.pixels.end(), next);
    }
    return absl::OkStatus();
  });
}

absl::Status CheckCall(const sg2_model* model, int64_t n) {
  const absl::Status there = CheckPointer("model", model);
  return there.ok() ? CheckCount(n) : there;
}

absl::Status CheckW(const sg2_model& model, const float* w, size_t w_size, int64_t n) {
  return CheckArray("w", w, w_size, n, {model.config.NumLatents(), model.config.WDim()});
}

// What sg2_map and sg2_map_seeds share.
absl::StatusOr<sg2_map_options> CheckMap(const sg2_model* model, int64_t n, const sg2_map_options* options,
                                         const float* w, size_t w_size) {
  absl::Status fits = CheckCall(model, n);
  if (fits.ok()) fits = CheckW(*model, w, w_size, n);
  if (!fits.ok()) return fits;
  return MapOptions(model->config, options);
}

absl::Status Load(const char* path, const sg2_load_options* options, sg2_model** model) {
  absl::Status fits = CheckPointer("model", model);
  if (!fits.ok()) return fits;
  *model = nullptr;
  fits = CheckPointer("path", path);
  if (!fits.ok()) return fits;
  const absl::StatusOr<Device> device = DeviceOf(options);
  if (!device.ok()) return device.status();
  absl::StatusOr<gan::LoadedNetwork> network = gan::LoadNetwork(path, *device);
  if (!network.ok()) return AboutFile(network.status());
  *model = new sg2_model(*std::move(network), *device);
  return absl::OkStatus();
}

}  // namespace
}  // namespace sg::c_api

using sg::c_api::Guard;

int32_t sg2_abi_version() { return SG2_ABI_VERSION; }

const char* sg2_version() { return sg::kVersion; }

sg2_code sg2_set_threads(int64_t threads, sg2_error** error) {
  return sg::c_api::GuardAlone(error, [&] {
    if (threads < 0 || threads > sg::c_api::kMaxThreads) {
      return absl::InvalidArgumentError(
          absl::StrCat("threads is ", threads, ", must be from 0 to ", sg::c_api::kMaxThreads));
    }
    sg::DeviceOptions options = sg::OptionsOf(sg::Device::Cpu());
    options.threads = static_cast<int>(threads);
    sg::ConfigureDevice(sg::Device::Cpu(), options);
    return absl::OkStatus();
  });
}

sg2_code sg2_load(const char* path, const sg2_load_options* options, sg2_model** model, sg2_error** error) {
  return Guard(error, [&] { return sg::c_api::Load(path, options, model); });
}

void sg2_free(sg2_model* model) { delete model; }

const char* sg2_notes(const sg2_model* model) { return model == nullptr ? "" : model->notes.c_str(); }

sg2_code sg2_get_info(const sg2_model* model, sg2_info* info, sg2_error** error) {
  return Guard(error, [&] {
    absl::Status fits = sg::c_api::CheckPointer("model", model);
    if (fits.ok()) fits = sg::c_api::CheckPointer("info", info);
    if (fits.ok()) fits = sg::c_api::CheckStructSize("info", info->struct_size, sizeof(*info));
    if (!fits.ok()) return fits;
    const sg::gan::ModelConfig& config = model->config;
    const sg::gan::ImageSpec spec = config.image_spec();
    info->height = spec.height;
    info->width = spec.width;
    info->channels = spec.channels;
    info->z_dim = config.latent_dim;
    info->w_dim = config.WDim();
    info->num_ws = config.NumLatents();
    info->num_classes = config.label_dim;
    return absl::OkStatus();
  });
}

sg2_code sg2_map(const sg2_model* model, const float* z, size_t z_size, int64_t n, const sg2_map_options* options,
                 float* w, size_t w_size, sg2_error** error) {
  return Guard(error, [&] {
    const absl::StatusOr<sg2_map_options> checked = sg::c_api::CheckMap(model, n, options, w, w_size);
    if (!checked.ok()) return checked.status();
    const absl::Status fits = sg::c_api::CheckArray("z", z, z_size, n, {model->config.latent_dim});
    if (fits.ok()) sg::c_api::StoreW(*model, n, sg::c_api::FromZ(*model, z, *checked), w);
    return fits;
  });
}

sg2_code sg2_map_seeds(const sg2_model* model, const uint32_t* seeds, int64_t n, const sg2_map_options* options,
                       float* w, size_t w_size, sg2_error** error) {
  return Guard(error, [&] {
    const absl::StatusOr<sg2_map_options> checked = sg::c_api::CheckMap(model, n, options, w, w_size);
    if (!checked.ok()) return checked.status();
    const absl::Status there = sg::c_api::CheckPointer("seeds", seeds);
    if (there.ok()) sg::c_api::StoreW(*model, n, sg::c_api::FromSeeds(*model, seeds, *checked), w);
    return there;
  });
}

sg2_code sg2_synthesize(const sg2_model* model, const float* w, size_t w_size, int64_t n,
                        const sg2_noise_options* noise, int32_t pixel_type, void* pixels, size_t pixels_bytes,
                        sg2_error** error) {
  return Guard(error, [&] {
    absl::Status fits = sg::c_api::CheckCall(model, n);
    if (fits.ok()) fits = sg::c_api::CheckW(*model, w, w_size, n);
    if (fits.ok()) fits = sg::c_api::CheckPixels(model->config, pixel_type, pixels, pixels_bytes, n);
    if (!fits.ok()) return fits;
    const absl::StatusOr<sg::gan::SamplerNoise> checked = sg::c_api::NoiseOf(noise);
    if (!checked.ok()) return checked.status();
    return sg::c_api::StorePixels(*model, n, sg::c_api::FromW(*model, w), *checked, pixel_type, pixels);
  });
}

sg2_code sg2_generate(const sg2_model* model, const uint32_t* seeds, int64_t n, const sg2_map_options* options,
                      const sg2_noise_options* noise, int32_t pixel_type, void* pixels, size_t pixels_bytes,
                      sg2_error** error) {
  return Guard(error, [&] {
    absl::Status fits = sg::c_api::CheckCall(model, n);
    if (fits.ok()) fits = sg::c_api::CheckPointer("seeds", seeds);
    if (fits.ok()) fits = sg::c_api::CheckPixels(model->config, pixel_type, pixels, pixels_bytes, n);
    if (!fits.ok()) return fits;
    const absl::StatusOr<sg2_map_options> mapped = sg::c_api::MapOptions(model->config, options);
    if (!mapped.ok()) return mapped.status();
    const absl::StatusOr<sg::gan::SamplerNoise> checked = sg::c_api::NoiseOf(noise);
    if (!checked.ok()) return checked.status();
    const sg::gan::MapPart map = sg::c_api::FromSeeds(*model, seeds, *mapped);
    return sg::c_api::StorePixels(*model, n, map, *checked, pixel_type, pixels);
  });
}
