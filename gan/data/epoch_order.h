// The order of the training images.
#ifndef GAN_DATA_EPOCH_ORDER_H_
#define GAN_DATA_EPOCH_ORDER_H_

#include <cstdint>
#include <vector>

namespace sg::gan {

// A uniformly random permutation of 0 .. size-1. Depends only on the arguments and is the same on every machine. A
// resumed run therefore needs no state but its position in the order.
std::vector<int64_t> EpochOrder(uint64_t seed, int64_t epoch, int64_t size);

}  // namespace sg::gan

#endif  // GAN_DATA_EPOCH_ORDER_H_
