// Writes the averaged generator of an imported network as an ONNX file, which other programs run without ours.
//
//   absl::StatusOr<ImportedNetwork> network = ImportNetwork("ffhq.pkl");
//   OnnxOptions options;
//   options.noise = OnnxNoise::kInput;
//   absl::Status status = WriteOnnx("ffhq.onnx", *network, options);
//
// All values are floats. The mapping network has the inputs z [N,latent_dim], labels [N,label_dim] if the model has
// labels, and psi, a scalar: the truncation, 1 for none. It gives ws [N,NumLatents(),WDim()]. The synthesis takes ws,
// and perhaps noises, and gives images [N,C,H,W], nominally in ModelConfig::image_range. Gains and weight energies are
// folded into the constants, so the results differ from ours by rounding.
#ifndef GAN_INTEROP_EXPORT_ONNX_H_
#define GAN_INTEROP_EXPORT_ONNX_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "gan/interop/imported_network.h"

namespace sg::gan {

enum class OnnxPart : uint8_t {
  kBoth,       // from z to images
  kSynthesis,  // from ws to images
  kMapping,    // from z to ws
};

enum class OnnxNoise : uint8_t {
  // The constant noise of the file, or of the seed 0 if it has none: that of `generate --noise-mode=const`.
  kConst,
  // Inputs noise_S_0 and noise_S_1 [M,1,S,S] for the first and second layer of each size S; 4x4 has only noise_4_1. M
  // is N, or 1 for the same noise in every image. A network that grows from another constant than 4x4 has the same
  // names, and maps of its features' heights and widths.
  kInput,
  kNone,
};

struct OnnxOptions {
  OnnxPart part = OnnxPart::kBoth;
  OnnxNoise noise = OnnxNoise::kConst;
  int batch = 0;  // N, at least 1; 0: chosen when the graph runs
};

// Replaces the file atomically. Errors are sentences that begin with a path: FailedPrecondition for a network without
// per-pixel noise if that shall be an input, and OutOfRange for more than 1 GiB of weights: a file may have 2 GiB.
absl::Status WriteOnnx(const std::string& path, const ImportedNetwork& network, const OnnxOptions& options);

}  // namespace sg::gan

#endif  // GAN_INTEROP_EXPORT_ONNX_H_
