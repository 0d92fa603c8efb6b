#include "engine/backend/common/scoped_buffer.h"

#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sg {
namespace {

struct Source {
  void Free(void* data) { freed.push_back(data); }
  std::vector<void*> freed;
};

TEST(ScopedBufferTest, FreesAtTheEndOfItsScope) {
  Source source;
  int value = 7;
  {
    const ScopedBuffer<Source> buffer(source, &value), empty;
    EXPECT_EQ(*buffer.as<int>(), 7);
    EXPECT_EQ(empty.data(), nullptr);
    EXPECT_TRUE(source.freed.empty());
  }
  EXPECT_EQ(source.freed, std::vector<void*>{&value});
}

TEST(ScopedBufferTest, MovesItsMemory) {
  Source source;
  int first = 0, second = 0;
  {
    ScopedBuffer<Source> a(source, &first);
    ScopedBuffer<Source> b = std::move(a);
    EXPECT_EQ(b.data(), &first);
    EXPECT_TRUE(source.freed.empty());
    b = ScopedBuffer<Source>(source, &second);
    EXPECT_EQ(b.data(), &second);
    EXPECT_EQ(source.freed, std::vector<void*>{&first});
  }
  EXPECT_EQ(source.freed, (std::vector<void*>{&first, &second}));
}

}  // namespace
}  // namespace sg
