// NVIDIA's .pkl files of stylegan2-ada-pytorch, and of the stylegan2 configuration of stylegan3. They contain Python
// objects and the source text of their classes; the text is not looked at.
//
//   absl::StatusOr<ForeignNetwork> network = ReadNvidia(file);   // file: TorchFile::Open(path, ForeignGlobals())
//
// The architecture comes from the attributes of each layer, which are what NVIDIA's code runs by. Attributes that this
// program's formulas rely on (activations, gains, filters) are checked. The probability of augmentation is that of the
// object "augment_pipe"; a note says if it is no number from 0 on.
#ifndef GAN_INTEROP_NVIDIA_H_
#define GAN_INTEROP_NVIDIA_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/io/torch_file.h"
#include "gan/interop/foreign_network.h"

namespace sg::gan {

// Whether the file is a dict with an object of NVIDIA's as "G", "D" or "G_ema".
bool IsNvidia(const io::TorchFile& file);

// Errors are sentences without the path. FailedPrecondition: StyleGAN3, a class, an activation or a filter that this
// program does not know.
absl::StatusOr<ForeignNetwork> ReadNvidia(const std::shared_ptr<io::TorchFile>& file);

}  // namespace sg::gan

#endif  // GAN_INTEROP_NVIDIA_H_
