// Vector clocks. An operation may rely on an earlier one only if an event, a synchronization or its own stream orders
// them. Each stream counts its operations. A Clock holds, for every stream, the last operation that was waited for.
#ifndef TESTS_FAKE_CUDA_STAND_IN_CLOCK_H_
#define TESTS_FAKE_CUDA_STAND_IN_CLOCK_H_

#include <algorithm>
#include <cstdint>
#include <vector>

namespace fake_cuda {

// The `time`-th operation of a stream; 0 means none.
struct Epoch {
  uint32_t stream = 0;
  uint32_t time = 0;

  friend bool operator==(Epoch a, Epoch b) { return a.stream == b.stream && a.time == b.time; }
};

class Clock {
 public:
  bool Covers(Epoch epoch) const {
    return epoch.time == 0 || (epoch.stream < times_.size() && times_[epoch.stream] >= epoch.time);
  }
  void Merge(const Clock& other) {
    if (times_.size() < other.times_.size()) times_.resize(other.times_.size());
    for (size_t i = 0; i < other.times_.size(); ++i) times_[i] = std::max(times_[i], other.times_[i]);
  }
  // The next operation of `stream`.
  Epoch Advance(uint32_t stream) {
    if (times_.size() <= stream) times_.resize(stream + 1);
    return {stream, ++times_[stream]};
  }

 private:
  std::vector<uint32_t> times_;
};

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_CLOCK_H_
