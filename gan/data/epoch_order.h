// The order of the training images.
#ifndef GAN_DATA_EPOCH_ORDER_H_
#define GAN_DATA_EPOCH_ORDER_H_

#include <cstdint>
#include <vector>

namespace sg::gan {

// A uniformly random permutation of 0 .. size-1 that is a function of the arguments alone: the same on every machine,
// and the reason why a position in the order is all the state a resumed run needs.
std::vector<int64_t> EpochOrder(uint64_t seed, int64_t epoch, int64_t size);

}  // namespace sg::gan

#endif  // GAN_DATA_EPOCH_ORDER_H_
