// A cache of weights in the layout that a primitive prefers. A weight that a training step uses several times is
// reordered once. The cache holds at most kCapacity bytes and evicts the least recently used entries: reordering takes
// only a few percent of a convolution, and all reordered weights of a large model would need more memory than its
// activations.
//
// An entry is valid for one content of a buffer (TensorView::content), so a write to the buffer makes it stale. Forget
// drops the entries of a buffer that is freed.
//
//   const PackedWeights::Buffer packed = CpuPackedWeights().Get(w, "OIhw16i16o", bytes, [&](void* to) { ... });
#ifndef ENGINE_BACKEND_CPU_MEMORY_PACKED_WEIGHTS_H_
#define ENGINE_BACKEND_CPU_MEMORY_PACKED_WEIGHTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/backend/cpu/memory/pool.h"
#include "engine/backend/tensor_view.h"

namespace sg::cpu {

class PackedWeights {
 public:
  static constexpr size_t kCapacity = size_t{64} << 20;
  using Buffer = std::shared_ptr<const PoolBuffer>;

  // Returns `weights` in the layout that the caller names `layout`, of `packed_bytes` bytes. If there is no entry,
  // `pack` fills a new buffer. The result stays valid while the caller holds it. Weights of unknown content, and those
  // larger than kCapacity, are packed anew in every call.
  Buffer Get(const TensorView& weights, absl::string_view layout, size_t packed_bytes,
             const std::function<void(void* packed)>& pack);
  // Drops all entries of the buffer that begins at `data`.
  void Forget(const void* data);

 private:
  struct Entry {
    ContentId content;
    size_t bytes;
    std::string layout;
    Buffer packed;
    size_t packed_bytes;
    uint64_t last_use;
  };
  using Entries = std::multimap<const void*, Entry>;
  Buffer Find(const TensorView& weights, absl::string_view layout);
  Entries::iterator Erase(Entries::iterator entry);

  std::mutex mutex_;
  Entries entries_;               // by the address of the weights
  std::atomic<size_t> count_{0};  // of entries; Forget takes no lock if it is 0
  size_t packed_bytes_ = 0;       // of all entries
  uint64_t uses_ = 0;
};

PackedWeights& CpuPackedWeights();

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_MEMORY_PACKED_WEIGHTS_H_
