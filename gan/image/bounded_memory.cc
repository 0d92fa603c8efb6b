#include "gan/image/bounded_memory.h"

#include <cstdlib>

namespace sg::gan {
namespace {

// Stands in front of every block.
union Header {
  size_t bytes;                // of the block
  std::max_align_t alignment;  // keeps the block aligned
};

}  // namespace

void* BoundedMemory::Allocate(size_t bytes) {
  if (bytes > max_bytes_ - live_bytes_) {
    refused_ = true;
    return nullptr;
  }
  auto* const header = static_cast<Header*>(std::malloc(sizeof(Header) + bytes));
  if (header == nullptr) {
    exhausted_ = true;
    return nullptr;
  }
  header->bytes = bytes;
  live_bytes_ += bytes;
  return header + 1;
}

void BoundedMemory::Free(void* memory) {
  if (memory == nullptr) return;
  Header* const header = static_cast<Header*>(memory) - 1;
  live_bytes_ -= header->bytes;
  std::free(header);
}

}  // namespace sg::gan
