#include "gan/train/random_streams.h"

namespace sg::gan {

RandomStreams::RandomStreams(int64_t seed) {
  uint64_t number = 0;
  Visit([&](int, const char*, RandomStream& s) { s = {static_cast<uint64_t>(seed), number++, 0}; });
}

}  // namespace sg::gan
