// Writes an imported network for other programs and for sharing.
//
//   absl::StatusOr<ImportedNetwork> network = ImportNetwork("ffhq.pkl");
//   absl::Status status = WriteModel("ffhq.safetensors", *network);
//   status = WriteRosinality("ffhq.pt", *network);
//
// Every way back is exact to the bit: what ImportNetwork reads from the result equals `network`. Files are replaced
// atomically. Errors are sentences that begin with a path.
#ifndef GAN_INTEROP_EXPORT_NETWORK_H_
#define GAN_INTEROP_EXPORT_NETWORK_H_

#include <string>

#include "absl/status/status.h"
#include "gan/interop/imported_network.h"

namespace sg::gan {

// The weights in a folder of WriteModelFolder.
constexpr char kModelFileName[] = "model.safetensors";

// A safetensors file that `generate` and LoadPretrained take: the tensors, and the configuration as metadata.
absl::Status WriteModel(const std::string& path, const ImportedNetwork& network);

// A folder as people share models on Hugging Face: config.json, model.safetensors and a README.md with a front matter.
// The folder is made, if it is not there; other files in it stay. A README.md that is there stays too.
absl::Status WriteModelFolder(const std::string& path, const ImportedNetwork& network);

// A .pt for rosinality's stylegan2-pytorch and torch.load(weights_only=True): "g_ema" and "latent_avg", and "g" and "d"
// if the network has them. The entry kRosinalityExtension, which that program ignores, makes the way back exact. A
// network without maps of constant noise gets those of a fixed seed. FailedPrecondition if the generator has switches
// that rosinality's code lacks, such as the annotated model's, labels or another architecture. conv_clamp is none of
// these: that program computes without it, and RosinalityWarning says so.
absl::Status WriteRosinality(const std::string& path, const ImportedNetwork& network);

// Sentences about what that program does not load of such a file or computes otherwise: its class has fixed channels, a
// fixed minibatch standard deviation and no conv_clamp. Empty if there is nothing of the kind.
std::string RosinalityWarning(const ImportedNetwork& network);

}  // namespace sg::gan

#endif  // GAN_INTEROP_EXPORT_NETWORK_H_
