// Files of rosinality's stylegan2-pytorch and its descendants (pSp, e4e, ReStyle): the official network with other
// names.
//
//   absl::StatusOr<ForeignNetwork> network = ReadRosinality(file);   // file: TorchFile::Open(path, ForeignGlobals())
//
// A training saves {"g", "d", "g_ema", ...}, a conversion {"g_ema", "latent_avg"}, and encoders {"state_dict"} with the
// prefix "decoder.". Nothing in a file states the sizes, which follow from the shapes.
#ifndef GAN_INTEROP_ROSINALITY_H_
#define GAN_INTEROP_ROSINALITY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/io/torch_file.h"
#include "gan/interop/foreign_network.h"

namespace sg::gan {

// Written by this program beside the entries that rosinality's code reads: {"config": JSON, "effective": tensors}.
constexpr char kRosinalityExtension[] = "stylegan2.cpp";

// Whether some state dict of the file has rosinality's names.
bool IsRosinality(const io::TorchFile& file);

// Errors are sentences without the path. FailedPrecondition for SWAGAN, another network with the same names.
absl::StatusOr<ForeignNetwork> ReadRosinality(const std::shared_ptr<io::TorchFile>& file);

}  // namespace sg::gan

#endif  // GAN_INTEROP_ROSINALITY_H_
