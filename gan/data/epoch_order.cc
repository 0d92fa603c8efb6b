#include "gan/data/epoch_order.h"

#include <numeric>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/philox.h"

namespace sg::gan {
namespace {

// Keeps the streams for shuffling separate from all other streams of the same seed.
constexpr uint64_t kShuffleStreams = uint64_t{0x5f0fe} << 40;

}  // namespace

std::vector<int64_t> EpochOrder(uint64_t seed, int64_t epoch, int64_t size) {
  SG_CHECK(epoch >= 0 && size >= 0) << "[EpochOrder] epoch " << epoch << ", size " << size;
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), int64_t{0});
  for (int64_t i = size - 1; i > 0; --i) {
    const PhiloxBlock block = PhiloxAt(seed, kShuffleStreams + epoch, i);
    const uint64_t bits = uint64_t{block.v[0]} << 32 | block.v[1];
    // Scales 64 random bits to [0, i]. The bias is below 2^-32 for any dataset that fits on a disk.
    const auto j = static_cast<int64_t>(static_cast<unsigned __int128>(bits) * (i + 1) >> 64);
    std::swap(order[i], order[j]);
  }
  return order;
}

}  // namespace sg::gan
