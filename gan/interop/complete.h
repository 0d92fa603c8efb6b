// Checks an imported network against the networks of its configuration, before anything takes memory.
//
//   absl::Status status = CheckComplete(network);
#ifndef GAN_INTEROP_COMPLETE_H_
#define GAN_INTEROP_COMPLETE_H_

#include "absl/status/status.h"
#include "gan/interop/imported_network.h"

namespace sg::gan {

// FailedPrecondition unless the tensors include every parameter and buffer of the averaged generator with its shape,
// and every one of the trained generator and of the discriminator, if they include any of these. Errors are sentences
// without the path.
absl::Status CheckComplete(const ImportedNetwork& network);

}  // namespace sg::gan

#endif  // GAN_INTEROP_COMPLETE_H_
