#include "engine/backend/cpu/memory/packed_weights.h"

#include <algorithm>
#include <utility>

namespace sg::cpu {

PackedWeights::Buffer PackedWeights::Find(const void* weights, size_t bytes, absl::string_view layout) {
  const auto [begin, end] = entries_.equal_range(static_cast<const char*>(weights));
  for (auto it = begin; it != end; ++it) {
    Entry& entry = it->second;
    if (entry.bytes != bytes || entry.layout != layout) continue;
    entry.last_use = ++uses_;
    return entry.packed;
  }
  return nullptr;
}

PackedWeights::Buffer PackedWeights::Get(const void* weights, size_t bytes, absl::string_view layout,
                                         size_t packed_bytes, const std::function<void(void* packed)>& pack) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (Buffer found = Find(weights, bytes, layout)) return found;
  }
  auto packed = std::make_shared<PoolBuffer>(CpuPool(), packed_bytes, PoolUse::kPackedWeights);
  pack(packed->data());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (Buffer found = Find(weights, bytes, layout)) return found;
  while (!entries_.empty() && packed_bytes_ + packed_bytes > kCapacity) {
    Erase(std::min_element(entries_.begin(), entries_.end(),
                           [](const auto& a, const auto& b) { return a.second.last_use < b.second.last_use; }));
  }
  entries_.emplace(static_cast<const char*>(weights), Entry{bytes, std::string(layout), packed, packed_bytes, ++uses_});
  packed_bytes_ += packed_bytes;
  largest_ = std::max(largest_, bytes);
  return packed;
}

PackedWeights::Entries::iterator PackedWeights::Erase(Entries::iterator entry) {
  packed_bytes_ -= entry->second.packed_bytes;
  return entries_.erase(entry);
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
    it = overlaps ? Erase(it) : std::next(it);
  }
  if (entries_.empty()) largest_ = 0;
}

PackedWeights& CpuPackedWeights() {
  static PackedWeights* const packed = new PackedWeights;
  return *packed;
}

}  // namespace sg::cpu
