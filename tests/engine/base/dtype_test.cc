#include "engine/base/dtype.h"

#include <cstdint>
#include <sstream>

#include "gtest/gtest.h"

namespace sg {
namespace {

struct Expected {
  DType dtype;
  int64_t size;
  const char* name;
  bool floating;
};

TEST(DType, Table) {
  for (const Expected& e : {Expected{DType::kF32, 4, "f32", true}, Expected{DType::kF64, 8, "f64", true},
                            Expected{DType::kBF16, 2, "bf16", true}, Expected{DType::kI32, 4, "i32", false},
                            Expected{DType::kU8, 1, "u8", false}}) {
    EXPECT_EQ(SizeOf(e.dtype), e.size) << e.name;
    EXPECT_STREQ(Name(e.dtype), e.name);
    EXPECT_EQ(IsFloating(e.dtype), e.floating) << e.name;
    std::ostringstream os;
    os << e.dtype;
    EXPECT_EQ(os.str(), e.name);
  }
}

TEST(DTypeDeathTest, UnknownTypeHasNoSize) {
  EXPECT_DEATH(SizeOf(static_cast<DType>(77)), "\\[DType\\] no such type: 77");
}

}  // namespace
}  // namespace sg
