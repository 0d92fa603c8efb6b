#include "engine/backend/common/block_list.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace sg {
namespace {

using Block = BlockList::Block;

// The list never touches the memory, so any addresses do.
char* At(uintptr_t address) { return reinterpret_cast<char*>(address); }

TEST(BlockListTest, TakesTheBeginningAndKeepsTheRest) {
  BlockList list;
  list.AddSegment(At(0x1000), 1000);
  Block* first = list.Take(300);
  Block* second = list.Take(700);
  EXPECT_EQ(first->data, At(0x1000));
  EXPECT_EQ(first->size, 300u);
  EXPECT_EQ(second->data, At(0x1000 + 300));
  EXPECT_EQ(second->size, 700u);
  EXPECT_EQ(list.Take(1), nullptr);
  EXPECT_EQ(list.LargestFree(), 0u);
  list.Return(first);
  list.Return(second);
}

TEST(BlockListTest, TakesTheSmallestThatFitsAndOfEqualOnesTheLowest) {
  BlockList list;
  list.AddSegment(At(0x4000), 500);
  list.AddSegment(At(0x3000), 200);
  list.AddSegment(At(0x2000), 300);
  list.AddSegment(At(0x1000), 300);
  std::vector<Block*> taken;
  for (size_t size : {250, 300, 201, 200}) taken.push_back(list.Take(size));
  EXPECT_EQ(taken[0]->data, At(0x1000));
  EXPECT_EQ(taken[1]->data, At(0x2000));
  EXPECT_EQ(taken[2]->data, At(0x4000));
  EXPECT_EQ(taken[3]->data, At(0x3000));
  for (Block* block : taken) list.Return(block);
}

TEST(BlockListTest, HasRoomSaysWhetherTakeFindsABlock) {
  BlockList list;
  EXPECT_FALSE(list.HasRoom(1));
  list.AddSegment(At(0x1000), 100);
  EXPECT_TRUE(list.HasRoom(100));
  EXPECT_FALSE(list.HasRoom(101));
  EXPECT_EQ(list.LargestFree(), 100u);
  EXPECT_EQ(list.Take(101), nullptr);
}

TEST(BlockListTest, NeighborsMergeInAnyOrderOfReturning) {
  int order[] = {0, 1, 2, 3};
  do {
    BlockList list;
    list.AddSegment(At(0x1000), 400);
    Block* quarters[4];
    for (Block*& quarter : quarters) quarter = list.Take(100);
    for (int i : order) {
      EXPECT_TRUE(list.FreeSegments().empty());
      list.Return(quarters[i]);
    }
    ASSERT_EQ(list.FreeSegments().size(), 1u);
    EXPECT_EQ(list.FreeSegments()[0]->data, At(0x1000));
    EXPECT_EQ(list.LargestFree(), 400u);
  } while (std::next_permutation(order, order + 4));
}

TEST(BlockListTest, AUsedBlockSeparatesItsNeighbors) {
  BlockList list;
  list.AddSegment(At(0x1000), 300);
  Block* left = list.Take(100);
  Block* wall = list.Take(100);
  Block* right = list.Take(100);
  list.Return(left);
  list.Return(right);
  EXPECT_EQ(list.LargestFree(), 100u);
  list.Return(wall);
  EXPECT_EQ(list.LargestFree(), 300u);
}

TEST(BlockListTest, AdjacentSegmentsStayApart) {
  BlockList list;
  list.AddSegment(At(0x1000), 0x100);
  list.AddSegment(At(0x1100), 0x100);
  Block* first = list.Take(0x100);
  Block* second = list.Take(0x100);
  list.Return(first);
  list.Return(second);
  EXPECT_EQ(list.LargestFree(), 0x100u);
  EXPECT_EQ(list.FreeSegments().size(), 2u);
}

TEST(BlockListTest, RemovedSegmentsAreNotHandedOut) {
  BlockList list;
  list.AddSegment(At(0x2000), 200);
  list.AddSegment(At(0x1000), 100);
  Block* used = list.Take(50);
  const std::vector<Block*> segments = list.FreeSegments();
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0]->data, At(0x2000));
  list.RemoveSegment(segments[0]);
  EXPECT_EQ(list.Take(51), nullptr);
  list.Return(used);
  EXPECT_EQ(list.FreeSegments().size(), 1u);
}

}  // namespace
}  // namespace sg
