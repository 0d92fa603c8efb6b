#include "engine/backend/cpu/packed_weights.h"

#include <algorithm>
#include <utility>

namespace sg::cpu {

PackedWeights::Buffer PackedWeights::Find(const void* weights, size_t bytes, const dnnl_memory_desc_t& wanted) const {
  const auto [begin, end] = entries_.equal_range(static_cast<const char*>(weights));
  for (auto it = begin; it != end; ++it) {
    const Entry& entry = it->second;
    if (entry.bytes == bytes && dnnl_memory_desc_equal(&entry.layout, &wanted) != 0) return entry.packed;
  }
  return nullptr;
}

PackedWeights::Buffer PackedWeights::Get(const void* weights, size_t bytes, const dnnl_memory_desc_t& wanted,
                                         const std::function<void(void* packed)>& pack) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (Buffer found = Find(weights, bytes, wanted)) return found;
  }
  auto packed = std::make_shared<PoolBuffer>(CpuPool(), dnnl_memory_desc_get_size(&wanted));
  pack(packed->data());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (Buffer found = Find(weights, bytes, wanted)) return found;
  entries_.emplace(static_cast<const char*>(weights), Entry{bytes, wanted, packed});
  largest_ = std::max(largest_, bytes);
  return packed;
}

void PackedWeights::Invalidate(const void* data, size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (entries_.empty()) return;
  const auto address = [](const void* p) { return reinterpret_cast<uintptr_t>(p); };
  const uintptr_t begin = address(data), end = begin + bytes;
  const uintptr_t first = begin - std::min<uintptr_t>(begin, largest_);
  auto it = entries_.lower_bound(reinterpret_cast<const char*>(first));
  while (it != entries_.end() && address(it->first) < end) {
    const bool overlaps = address(it->first) + it->second.bytes > begin;
    it = overlaps ? entries_.erase(it) : std::next(it);
  }
  if (entries_.empty()) largest_ = 0;
}

PackedWeights& CpuPackedWeights() {
  static PackedWeights* const packed = new PackedWeights;
  return *packed;
}

}  // namespace sg::cpu
