// State dicts of the annotated PyTorch implementation, whose names and shapes are ours.
//
//   absl::StatusOr<AnnotatedNetwork> network = ReadAnnotated(file);   // file: TorchFile::Open(path, ForeignGlobals())
//
// A file is a dict with "mapping_network", "generator" and perhaps "discriminator". The sizes follow from the shapes;
// everything else is the annotated configuration.
#ifndef GAN_INTEROP_ANNOTATED_H_
#define GAN_INTEROP_ANNOTATED_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/io/torch_file.h"
#include "gan/config/config.h"
#include "gan/interop/foreign_network.h"

namespace sg::gan {

struct AnnotatedNetwork {
  ModelConfig model;
  ForeignTensors generator;      // "generator.initial_constant", "mapping_network.net.0.bias" ...
  ForeignTensors discriminator;  // "from_rgb.0.bias" ...; empty if the file has none
};

bool IsAnnotated(const io::TorchFile& file);

// Errors are sentences without the path.
absl::StatusOr<AnnotatedNetwork> ReadAnnotated(const std::shared_ptr<io::TorchFile>& file);

}  // namespace sg::gan

#endif  // GAN_INTEROP_ANNOTATED_H_
