// Reads latents from files.
#ifndef TOOLS_CLI_LATENT_FILE_H_
#define TOOLS_CLI_LATENT_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "engine/tensor/tensor.h"

namespace sg::cli {

// The only array of a .npy, .npz or .safetensors file, whose first bytes tell which of them it is; of several arrays of
// an .npz the one named "w", as in the projected_w.npz of NVIDIA's projector. The shape must be
// [N,latent_dim] or [latent_dim] for one latent; with `num_latents` > 0, [N,num_latents,latent_dim] is allowed, too.
// Errors begin with the path.
absl::StatusOr<Tensor> ReadLatents(const std::string& path, int64_t latent_dim, int64_t num_latents, Device device);

}  // namespace sg::cli

#endif  // TOOLS_CLI_LATENT_FILE_H_
