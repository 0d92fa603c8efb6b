// Reads a network from a file of any program that is supported: checkpoints and model.safetensors of this program,
// NVIDIA's .pkl of PyTorch and TensorFlow, rosinality's .pt and what descends from it, and state dicts of the annotated
// implementation. The kind is found by content, and nothing of a file is run.
//
//   absl::StatusOr<ImportedNetwork> network = ImportNetwork("ffhq.pkl");
//
// Memory is bounded by the size of the file and 64 MiB, until tensors are read.
#ifndef GAN_INTEROP_IMPORT_NETWORK_H_
#define GAN_INTEROP_IMPORT_NETWORK_H_

#include <string>

#include "absl/status/statusor.h"
#include "gan/interop/imported_network.h"

namespace sg::gan {

// Errors begin with the path. InvalidArgument and DataLoss: the file is damaged, hostile or of no supported kind.
// FailedPrecondition: it is a network that this program cannot represent; the message says what is missing. A
// discriminator that cannot be represented is left out, with a note.
//
// Every tensor of the networks is there with its shape. If a file has no average of w, it is computed and a note says
// so, which reads and runs the mapping network. model.noise_const tells whether it has maps of constant noise.
absl::StatusOr<ImportedNetwork> ImportNetwork(const std::string& path);

}  // namespace sg::gan

#endif  // GAN_INTEROP_IMPORT_NETWORK_H_
