#include "engine/tensor/storage.h"

namespace sg::internal {
namespace {

uint64_t NextId() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Storage::Storage(Backend& backend, size_t bytes) : backend_(backend), data_(backend.Allocate(bytes)), id_(NextId()) {}

Storage::~Storage() { backend_.Free(data_); }

}  // namespace sg::internal
