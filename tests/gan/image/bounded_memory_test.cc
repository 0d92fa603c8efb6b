#include "gan/image/bounded_memory.h"

#include <cstdint>
#include <cstring>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

TEST(BoundedMemory, CountsWhatLives) {
  BoundedMemory memory(1000);
  void* const a = memory.Allocate(600);
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a) % alignof(std::max_align_t), 0u);
  std::memset(a, 1, 600);
  EXPECT_EQ(memory.live_bytes(), 600u);
  EXPECT_EQ(memory.Allocate(401), nullptr);
  EXPECT_TRUE(memory.refused());
  void* const b = memory.Allocate(400);
  ASSERT_NE(b, nullptr) << "just what is left";
  memory.Free(a);
  EXPECT_EQ(memory.live_bytes(), 400u);
  void* const c = memory.Allocate(600);
  ASSERT_NE(c, nullptr) << "free again";
  memory.Free(c);
  memory.Free(b);
  memory.Free(nullptr);
  EXPECT_EQ(memory.live_bytes(), 0u);
  EXPECT_FALSE(memory.exhausted());
}

TEST(BoundedMemory, SizesThatOverflow) {
  BoundedMemory memory(SIZE_MAX);
  EXPECT_EQ(memory.Allocate(SIZE_MAX / 2), nullptr);
  EXPECT_TRUE(memory.exhausted()) << "the limit is no reason, but the system is";
  EXPECT_FALSE(memory.refused());
  EXPECT_EQ(memory.live_bytes(), 0u);
  BoundedMemory none;
  EXPECT_EQ(none.Allocate(1), nullptr);
  EXPECT_TRUE(none.refused());
}

}  // namespace
}  // namespace sg::gan
