// The average of w, for files that do not have it.
#ifndef GAN_INTEROP_LATENT_AVERAGE_H_
#define GAN_INTEROP_LATENT_AVERAGE_H_

#include "absl/status/status.h"
#include "gan/interop/imported_network.h"

namespace sg::gan {

// The number of latents over which it is taken.
constexpr int kAveragedLatents = 4096;

// Adds "ema.latent_average" if it is missing: the mean of w over np.random.RandomState(0).randn(4096, latent_dim), with
// a note. The labels of a conditional network are its classes in turn. Truncation towards it is then close to that by
// the average of a training, but not the same. The network must have passed CheckComplete. Errors are those of reading
// the mapping network, and a wrong shape of an average that the file has.
absl::Status AddLatentAverage(ImportedNetwork* network);

}  // namespace sg::gan

#endif  // GAN_INTEROP_LATENT_AVERAGE_H_
