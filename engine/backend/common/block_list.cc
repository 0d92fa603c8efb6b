#include "engine/backend/common/block_list.h"

#include <memory>
#include <utility>

namespace sg {
namespace {

using Block = BlockList::Block;

// Cuts the block where `rest` begins.
void Split(Block* block, Block* rest) {
  if (rest->next != nullptr) rest->next->previous = rest;
  block->next = rest;
  block->size -= rest->size;
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
  auto block = std::make_unique<Block>(Block{static_cast<char*>(data), size, nullptr, nullptr, true, {}});
  free_.insert(block.get());
  static_cast<void>(block.release());
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
  std::unique_ptr<Block> rest;
  if (block->size != size) {
    rest = std::make_unique<Block>(Block{block->data + size, block->size - size, block, block->next, true, {}});
    free_.insert(rest.get());
  }
  // From here on nothing takes memory.
  block->node = free_.extract(fit);
  if (rest != nullptr) Split(block, rest.release());
  block->free = false;
  return block;
}

void BlockList::Return(Block* block) {
  block->free = true;
  FreeBlocks::node_type node = std::move(block->node);
  if (block->next != nullptr && block->next->free) {
    free_.erase(block->next);
    MergeWithNext(block);
  }
  if (block->previous != nullptr && block->previous->free) {
    block = block->previous;
    free_.erase(block);
    MergeWithNext(block);
  }
  node.value() = block;
  free_.insert(std::move(node));
}

}  // namespace sg
