#include "engine/io/pickle_value.h"

#include "gtest/gtest.h"

namespace sg::io {
namespace {

PickleValue Text(absl::string_view text) {
  PickleValue value;
  value.kind = PickleKind::kText;
  value.text = text;
  return value;
}

TEST(PickleValue, FindItemTakesTheLastOfTwo) {
  const PickleValue a = Text("a"), b = Text("b"), first = Text("1"), second = Text("2"), third = Text("3");
  PickleValue map;
  map.kind = PickleKind::kDict;
  map.items = {&a, &first, &b, &second, &a, &third};
  EXPECT_EQ(FindItem(map, "a"), &third);
  EXPECT_EQ(FindItem(map, "b"), &second);
  EXPECT_EQ(FindItem(map, "1"), nullptr);  // a value, not a key
  map.kind = PickleKind::kList;
  EXPECT_EQ(FindItem(map, "a"), nullptr);
}

TEST(PickleValue, KindsHavePythonsNames) {
  EXPECT_STREQ(KindName(PickleKind::kNone), "None");
  EXPECT_STREQ(KindName(PickleKind::kTuple), "tuple");
  EXPECT_STREQ(KindName(PickleKind::kPersistent), "reference");
}

}  // namespace
}  // namespace sg::io
