// Weights in the layout a primitive prefers, kept from call to call: a weight that is used several times in a training
// step is reordered once. Above kCapacity bytes the entries that were used longest ago go first: reordering takes a few
// percent of the time of a convolution, and the reordered weights of a large model would take more memory than its
// activations.
//
// An entry belongs to the contents of a buffer (TensorView::content), so writing to the buffer leaves the entry behind
// unused. Forget drops the entries of a buffer that is freed.
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

  // `weights` in the layout that the caller calls `layout`, of `packed_bytes`; `pack` fills the buffer it is given
  // where there is no entry yet. The result stays valid while the caller holds it. Weights of unknown content, and
  // those that take more than kCapacity alone, are packed anew in every call.
  Buffer Get(const TensorView& weights, absl::string_view layout, size_t packed_bytes,
             const std::function<void(void* packed)>& pack);
  // Drops every entry made from the buffer that begins at `data`.
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
  Entries entries_;               // by address of the weights
  std::atomic<size_t> count_{0};  // of entries, so that Forget takes no lock where there is none
  size_t packed_bytes_ = 0;       // of all entries
  uint64_t uses_ = 0;
};

PackedWeights& CpuPackedWeights();

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_MEMORY_PACKED_WEIGHTS_H_
