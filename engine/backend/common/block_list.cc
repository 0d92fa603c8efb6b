#include "engine/backend/common/block_list.h"

namespace sg {
namespace {

using Block = BlockList::Block;

// Cuts the block to `size` bytes; returns the rest.
Block* Split(Block* block, size_t size) {
  Block* rest = new Block{block->data + size, block->size - size, block, block->next, true};
  if (rest->next != nullptr) rest->next->previous = rest;
  block->next = rest;
  block->size = size;
  return rest;
}

void MergeWithNext(Block* block) {
  Block* next = block->next;
  block->size += next->size;
  block->next = next->next;
  if (block->next != nullptr) block->next->previous = block;
  delete next;
}

}  // namespace

BlockList::~BlockList() {
  for (Block* block : free_) delete block;
}

void BlockList::AddSegment(void* data, size_t size) {
  free_.insert(new Block{static_cast<char*>(data), size, nullptr, nullptr, true});
}

void BlockList::RemoveSegment(Block* block) {
  free_.erase(block);
  delete block;
}

std::vector<Block*> BlockList::FreeSegments() const {
  std::vector<Block*> segments;
  for (Block* block : free_) {
    if (block->previous == nullptr && block->next == nullptr) segments.push_back(block);
  }
  return segments;
}

Block* BlockList::Take(size_t size) {
  const auto fit = free_.lower_bound(size);
  if (fit == free_.end()) return nullptr;
  Block* block = *fit;
  free_.erase(fit);
  if (block->size != size) free_.insert(Split(block, size));
  block->free = false;
  return block;
}

void BlockList::Return(Block* block) {
  block->free = true;
  if (block->next != nullptr && block->next->free) {
    free_.erase(block->next);
    MergeWithNext(block);
  }
  if (block->previous != nullptr && block->previous->free) {
    block = block->previous;
    free_.erase(block);
    MergeWithNext(block);
  }
  free_.insert(block);
}

}  // namespace sg
