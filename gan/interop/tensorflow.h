// NVIDIA's .pkl files of the TensorFlow programs: stylegan2 (version 4) and stylegan2-ada (version 5). They are pickles
// of NumPy arrays.
//
//   absl::StatusOr<ForeignNetwork> network = ReadTensorFlow(file);   // file: TorchFile::Open(path, ForeignGlobals())
#ifndef GAN_INTEROP_TENSORFLOW_H_
#define GAN_INTEROP_TENSORFLOW_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/io/torch_file.h"
#include "gan/interop/foreign_network.h"

namespace sg::gan {

// Whether the file is a tuple of three networks of NVIDIA's TensorFlow code.
bool IsTensorFlow(const io::TorchFile& file);

// Errors are sentences without the path. FailedPrecondition for ProGAN, StyleGAN1, configurations A to D (which grow),
// and conditional networks of version 4, whose labels enter in another way.
absl::StatusOr<ForeignNetwork> ReadTensorFlow(const std::shared_ptr<io::TorchFile>& file);

}  // namespace sg::gan

#endif  // GAN_INTEROP_TENSORFLOW_H_
