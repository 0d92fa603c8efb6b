#include "engine/base/dtype_rules.h"

#include "gtest/gtest.h"

namespace sg {
namespace {

TEST(DTypeRules, Bf16ContractsToF32AndEveryOtherTypeToItself) {
  EXPECT_EQ(ContractionType(DType::kBF16), DType::kF32);
  for (const DType dtype : {DType::kF32, DType::kF64}) EXPECT_EQ(ContractionType(dtype), dtype);
}

TEST(DTypeRules, TheGradientOfBf16IsF32AndThatOfEveryOtherTypeIsItself) {
  EXPECT_EQ(GradientType(DType::kBF16), DType::kF32);
  for (const DType dtype : {DType::kF32, DType::kF64}) EXPECT_EQ(GradientType(dtype), dtype);
}

}  // namespace
}  // namespace sg
