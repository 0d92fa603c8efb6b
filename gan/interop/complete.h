// Checks an imported network against the networks of its configuration, before anything takes memory.
//
//   absl::Status status = CheckComplete(network);
#ifndef GAN_INTEROP_COMPLETE_H_
#define GAN_INTEROP_COMPLETE_H_

#include "absl/status/status.h"
#include "engine/base/shape.h"
#include "gan/interop/imported_network.h"

namespace sg::gan {

// The shape in a file of a tensor of ours: rank-4 tensors are [O,kH,kW,I] here and [O,I,kH,kW] there.
Shape FileShape(const Shape& shape);

// FailedPrecondition unless the tensors include every parameter and buffer of the averaged generator with its shape,
// and every one of the trained generator and of the discriminator, if they include any of these. Errors are sentences
// without the path.
absl::Status CheckComplete(const ImportedNetwork& network);

}  // namespace sg::gan

#endif  // GAN_INTEROP_COMPLETE_H_
