#include "engine/backend/common/byte_key.h"

#include <cstdint>
#include <string>

#include "gtest/gtest.h"

namespace sg {
namespace {

struct Key {
  int64_t rows;
  int32_t columns, groups;
};

TEST(ByteKeyMapTest, FindsWhatHasTheSameFields) {
  ByteKeyMap<Key, std::string> map;
  map[{1, 2, 3}] = "first";
  map[{1, 2, 4}] = "second";
  const auto found = map.find({1, 2, 3});
  ASSERT_NE(found, map.end());
  EXPECT_EQ(found->second, "first");
  EXPECT_FALSE(map.try_emplace({1, 2, 4}, "third").second);
  EXPECT_EQ(map.size(), 2u);
}

TEST(ByteKeyMapTest, EveryFieldCounts) {
  const Key key = {1, 2, 3};
  for (const Key& other : {Key{0, 2, 3}, Key{1, 0, 3}, Key{1, 2, 0}, Key{1, 3, 2}}) {
    EXPECT_FALSE(ByteEqual<Key>()(key, other));
    EXPECT_NE(ByteHash<Key>()(key), ByteHash<Key>()(other));
  }
}

}  // namespace
}  // namespace sg
