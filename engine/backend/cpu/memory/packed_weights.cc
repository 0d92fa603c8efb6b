#include "engine/backend/cpu/memory/packed_weights.h"

#include <algorithm>

namespace sg::cpu {

PackedWeights::Buffer PackedWeights::Find(const TensorView& weights, absl::string_view layout) {
  Buffer found;
  const auto [begin, end] = entries_.equal_range(weights.data);
  for (auto it = begin; it != end;) {
    Entry& entry = it->second;
    if (entry.content != weights.content) {  // stale: the buffer has been written
      it = Erase(it);
      continue;
    }
    if (entry.bytes == static_cast<size_t>(weights.NumBytes()) && entry.layout == layout) {
      entry.last_use = ++uses_;
      found = entry.packed;
    }
    ++it;
  }
  return found;
}

PackedWeights::Buffer PackedWeights::Get(const TensorView& weights, absl::string_view layout, size_t packed_bytes,
                                         const std::function<void(void* packed)>& pack) {
  const bool kept = weights.content.known() && packed_bytes <= kCapacity;
  if (kept) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (Buffer found = Find(weights, layout)) return found;
  }
  auto packed = std::make_shared<PoolBuffer>(CpuPool(), packed_bytes, PoolUse::kPackedWeights);
  pack(packed->data());
  if (!kept) return packed;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (Buffer found = Find(weights, layout)) return found;
  while (!entries_.empty() && packed_bytes_ + packed_bytes > kCapacity) {
    Erase(std::min_element(entries_.begin(), entries_.end(),
                           [](const auto& a, const auto& b) { return a.second.last_use < b.second.last_use; }));
  }
  entries_.emplace(weights.data, Entry{weights.content, static_cast<size_t>(weights.NumBytes()), std::string(layout),
                                       packed, packed_bytes, ++uses_});
  packed_bytes_ += packed_bytes;
  count_ = entries_.size();
  return packed;
}

PackedWeights::Entries::iterator PackedWeights::Erase(Entries::iterator entry) {
  packed_bytes_ -= entry->second.packed_bytes;
  const auto next = entries_.erase(entry);
  count_ = entries_.size();
  return next;
}

void PackedWeights::Forget(const void* data) {
  if (count_ == 0) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto [begin, end] = entries_.equal_range(data);
  for (auto it = begin; it != end;) it = Erase(it);
}

PackedWeights& CpuPackedWeights() {
  static PackedWeights* const packed = new PackedWeights;
  return *packed;
}

}  // namespace sg::cpu
