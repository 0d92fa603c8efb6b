// Tells a state to go on from apart from one that has broken.
//
//   if (!HoldsFiniteState("network-snapshot-000004.safetensors")) std::cout << "diverged";
#ifndef GAN_TRAIN_FINITE_STATE_H_
#define GAN_TRAIN_FINITE_STATE_H_

#include <string>

namespace sg::gan {

// Whether a checkpoint can be read and every number of its tensors is finite. Training that continues from a NaN or an
// infinity in the weights or in Adam's moments diverges at once. Reads the whole file, tensor by tensor.
bool HoldsFiniteState(const std::string& checkpoint);

}  // namespace sg::gan

#endif  // GAN_TRAIN_FINITE_STATE_H_
