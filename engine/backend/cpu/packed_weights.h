// Weights in the layout a primitive prefers, kept from call to call: a weight that is used several times in a training
// step is reordered once.
//
// An entry is a copy of a buffer's contents, so whoever writes to a buffer or frees it calls Invalidate first.
// CpuBackend does, for every buffer that a kernel writes.
#ifndef ENGINE_BACKEND_CPU_PACKED_WEIGHTS_H_
#define ENGINE_BACKEND_CPU_PACKED_WEIGHTS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/backend/cpu/pool.h"

namespace sg::cpu {

class PackedWeights {
 public:
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
  };
  Buffer Find(const void* weights, size_t bytes, absl::string_view layout) const;

  mutable std::mutex mutex_;
  std::multimap<const char*, Entry> entries_;  // by address of the weights
  size_t largest_ = 0;                         // bytes of the largest weights among the entries
};

PackedWeights& CpuPackedWeights();

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_PACKED_WEIGHTS_H_
