// Weights in the layout a primitive prefers, kept from call to call: a weight that is used several times in a training
// step is reordered once. Of more than kCapacity bytes those that were used longest ago go first: reordering takes a few
// percent of the time of a convolution, and the reordered weights of a large model would take more memory than its
// activations.
//
// An entry is a copy of a buffer's contents, so whoever writes to a buffer or frees it calls Invalidate first.
// CpuBackend does, for every buffer that a kernel writes.
#ifndef ENGINE_BACKEND_CPU_MEMORY_PACKED_WEIGHTS_H_
#define ENGINE_BACKEND_CPU_MEMORY_PACKED_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/backend/cpu/memory/pool.h"

namespace sg::cpu {

class PackedWeights {
 public:
  static constexpr size_t kCapacity = size_t{64} << 20;
  using Buffer = std::shared_ptr<const PoolBuffer>;

  // The `bytes` at `weights` in the layout that the caller calls `layout`, of `packed_bytes`; `pack` fills the buffer it is
  // given where there is no entry yet. Stays valid while the caller holds it.
  Buffer Get(const void* weights, size_t bytes, absl::string_view layout, size_t packed_bytes,
             const std::function<void(void* packed)>& pack);
  // Forgets every entry made from memory in [data, data + bytes).
  void Invalidate(const void* data, size_t bytes);

 private:
  struct Entry {
    size_t bytes;
    std::string layout;
    Buffer packed;
    size_t packed_bytes;
    uint64_t last_use;
  };
  using Entries = std::multimap<const char*, Entry>;
  Buffer Find(const void* weights, size_t bytes, absl::string_view layout);
  Entries::iterator Erase(Entries::iterator entry);

  std::mutex mutex_;
  Entries entries_;          // by address of the weights
  size_t largest_ = 0;       // bytes of the largest weights among the entries
  size_t packed_bytes_ = 0;  // of all entries
  uint64_t uses_ = 0;
};

PackedWeights& CpuPackedWeights();

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_MEMORY_PACKED_WEIGHTS_H_
