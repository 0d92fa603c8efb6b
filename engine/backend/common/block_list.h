// The bookkeeping of a caching allocator: segments of memory that are cut into blocks. A free block is found by best
// fit, split on Take, and merged with its free neighbors on Return. The list never touches the memory itself, so the
// addresses may be a GPU's. Sizes are in bytes; the caller rounds them to its alignment. Not safe for several threads.
// Where the bookkeeping finds no memory of the host, std::bad_alloc leaves the list as it was. Return takes none,
// because destructors call it.
//
//   BlockList blocks;
//   blocks.AddSegment(data, size_t{64} << 20);
//   BlockList::Block* block = blocks.Take(4096);  // null: no free block is large enough
//   ...
//   blocks.Return(block);
#ifndef ENGINE_BACKEND_COMMON_BLOCK_LIST_H_
#define ENGINE_BACKEND_COMMON_BLOCK_LIST_H_

#include <cstddef>
#include <set>
#include <vector>

namespace sg {

class BlockList {
 public:
  struct Block;

 private:
  struct SmallestFirst {
    using is_transparent = void;
    bool operator()(const Block* a, const Block* b) const;
    bool operator()(const Block* a, size_t size) const;
    bool operator()(size_t size, const Block* b) const;
  };
  using FreeBlocks = std::set<Block*, SmallestFirst>;

 public:
  struct Block {
    char* data;
    size_t size;
    Block* previous;  // the neighbors in the segment, null at its ends
    Block* next;
    bool free;
    FreeBlocks::node_type node;  // while taken: that of the set of free blocks, for Return
  };

  BlockList() = default;
  ~BlockList();  // every block must have been returned
  BlockList(const BlockList&) = delete;
  BlockList& operator=(const BlockList&) = delete;

  // Adds memory as one free block. Blocks of different segments are never merged.
  void AddSegment(void* data, size_t size);
  // Forgets a segment; `block` is one of FreeSegments().
  void RemoveSegment(Block* block);
  // The segments that are one free block, in order of size and address.
  std::vector<Block*> FreeSegments() const;

  // The smallest free block of at least `size` > 0 bytes, cut to exactly `size`; of equal ones that with the lowest
  // address. Null where there is none.
  Block* Take(size_t size);
  // Makes what Take returned available again, merged with its free neighbors.
  void Return(Block* block);

  // Whether Take(size) would find a block.
  bool HasRoom(size_t size) const { return free_.lower_bound(size) != free_.end(); }
  size_t LargestFree() const { return free_.empty() ? 0 : (*free_.rbegin())->size; }

 private:
  FreeBlocks free_;
};

inline bool BlockList::SmallestFirst::operator()(const Block* a, const Block* b) const {
  return a->size != b->size ? a->size < b->size : a->data < b->data;
}
inline bool BlockList::SmallestFirst::operator()(const Block* a, size_t size) const { return a->size < size; }
inline bool BlockList::SmallestFirst::operator()(size_t size, const Block* b) const { return size < b->size; }

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_BLOCK_LIST_H_
