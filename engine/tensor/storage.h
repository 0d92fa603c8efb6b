// One buffer of a backend's pool. It returns to the pool with the last tensor that uses it.
#ifndef ENGINE_TENSOR_STORAGE_H_
#define ENGINE_TENSOR_STORAGE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/backend/tensor_view.h"

namespace sg::internal {

class Storage {
 public:
  Storage(Backend& backend, size_t bytes);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data() const { return data_; }
  Backend& backend() const { return backend_; }

  // Counts the in-place writes (engine/ops/in_place.h) to the buffer. Grad compares this version with the one that an
  // operation recorded. Backends use it as a cache key.
  uint64_t version() const { return version_.load(std::memory_order_relaxed); }
  void RaiseVersion() { version_.fetch_add(1, std::memory_order_relaxed); }
  ContentId content() const { return {id_, version()}; }

 private:
  Backend& backend_;
  void* data_;
  const uint64_t id_;  // unique in the process, starting at 1
  std::atomic<uint64_t> version_{0};
};

}  // namespace sg::internal

#endif  // ENGINE_TENSOR_STORAGE_H_
