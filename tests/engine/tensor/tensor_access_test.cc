#include "engine/tensor/tensor_access.h"

#include "engine/ops/elementwise.h"
#include "engine/tensor/op.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::internal {
namespace {

using ::testing::HasSubstr;

TEST(TensorAccess, TakesATensorApartAndPutsItTogether) {
  Tensor x = testing::F64({2}, {1, 2});
  x.Track();
  const Tensor y = Square(x);
  EXPECT_STREQ(TensorAccess::Info(y).node->op->name(), "Square");
  EXPECT_EQ(TensorAccess::Info(x).node, nullptr);
  const Tensor same = TensorAccess::Make(TensorAccess::StorageOf(y), TensorAccess::InfoPtr(y));
  testing::ExpectValues(same, {1, 4});
  EXPECT_TRUE(same.tracked());
  const Tensor without_value = TensorAccess::Make(nullptr, TensorAccess::InfoPtr(y));
  EXPECT_FALSE(without_value.has_data());
  EXPECT_EQ(without_value.shape(), Shape({2}));
}

TEST(TensorAccess, NewValuesHaveRisingIdsAndNoHistory) {
  const auto first = NewValueInfo({{2, 3}, DType::kI32}, Device::Ref());
  const auto second = NewValueInfo({{}, DType::kF32}, Device::Cpu());
  EXPECT_LT(first->id, second->id);
  EXPECT_EQ(first->spec.shape, Shape({2, 3}));
  EXPECT_EQ(first->spec.dtype, DType::kI32);
  EXPECT_EQ(first->device, Device::Ref());
  EXPECT_FALSE(first->tracked);
  EXPECT_EQ(first->node, nullptr);
}

TEST(TensorAccessDeathTest, AnUndefinedTensorHasNoInfo) {
  EXPECT_DEATH(TensorAccess::Info(Tensor()), HasSubstr("[Tensor] undefined tensor used"));
  EXPECT_EQ(TensorAccess::InfoPtr(Tensor()), nullptr);
}

}  // namespace
}  // namespace sg::internal
