// A file of latents: .npy or safetensors, for a network that takes [N,4] or [N,2,4].
#include <cstddef>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/base/device.h"
#include "tests/fuzz/memory_file.h"
#include "tools/cli/latent_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kLatentDim = 4, kNumLatents = 2;
  const sg::fuzz::MemoryFile file(data, size);
  const absl::StatusOr<sg::Tensor> latents =
      sg::cli::ReadLatents(file.path(), kLatentDim, kNumLatents, sg::Device::Cpu());
  if (!latents.ok()) return 0;
  SG_CHECK(latents->shape().dim(-1) == kLatentDim && latents->shape().dim(0) > 0) << "[fuzz] " << *latents;
  return 0;
}
