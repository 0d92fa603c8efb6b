// Starts a training from the networks of another one ("transfer learning"): what fits is copied, by name and by shape.
//
//   Trainer trainer(config, device);
//   absl::StatusOr<Transfer> transfer = TransferNetworks("ffhq.pkl", &trainer);
#ifndef GAN_INTEROP_TRANSFER_NETWORKS_H_
#define GAN_INTEROP_TRANSFER_NETWORKS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gan/train/trainer.h"

namespace sg::gan {

struct Transfer {
  std::string path;                // of the file
  int64_t copied = 0;              // tensors of the trainer
  std::vector<std::string> left;   // names of those that keep their initial values
  std::vector<std::string> notes;  // sentences for the user: what was assumed, left out, or taken beside the networks
};

// Overwrites the trainer's generator, its average, the discriminator and the running mean of w. Optimizers, counters
// and random streams stay as they are, as in NVIDIA's training. Adaptive augmentation starts from the probability that
// the training of the file had reached, if the file tells. `path` is what LoadNetwork takes. The models may differ:
// - Blocks are matched by their size, so that the smaller blocks of a network of another resolution are used.
// - A file that has only the averaged generator gives its tensors to the trained one, too.
// - Weights of the mapping network are converted to the trainer's mapping_lr_mul. Errors begin with the path: those of
// ImportNetwork, and InvalidArgument if no convolution of the generator fits. After an error the trainer must not be
// used.
absl::StatusOr<Transfer> TransferNetworks(const std::string& path, Trainer* trainer);

}  // namespace sg::gan

#endif  // GAN_INTEROP_TRANSFER_NETWORKS_H_
