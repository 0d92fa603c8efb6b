#include "engine/ops/shape_ops.h"

#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/tensor_access.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using internal::TensorAccess;
using testing::CheckGradients;
using testing::ExpectValues;
using testing::F32;
using testing::F64;
using ::testing::HasSubstr;
using testing::NormalF64;

using Tensors = std::vector<Tensor>;

class ShapeOpValues : public ::testing::TestWithParam<Device> {
 protected:
  // 0, 1, 2, ...
  Tensor Iota(const Shape& shape) const {
    std::vector<float> values(shape.NumElements());
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    return F32(shape, values, GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, ShapeOpValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(ShapeOpValues, ReshapeSharesTheBuffer) {
  const Tensor x = Iota({2, 3});
  const Tensor y = Reshape(x, {3, 2});
  EXPECT_EQ(y.shape(), Shape({3, 2}));
  EXPECT_EQ(TensorAccess::StorageOf(y), TensorAccess::StorageOf(x));
  ExpectValues(y, {0, 1, 2, 3, 4, 5});
  EXPECT_EQ(TensorAccess::InfoPtr(Reshape(x, {2, 3})), TensorAccess::InfoPtr(x));
}

TEST_P(ShapeOpValues, PermuteMovesDimensions) {
  const Tensor y = Permute(Iota({2, 3, 4}), {2, 0, 1});
  EXPECT_EQ(y.shape(), Shape({4, 2, 3}));
  ExpectValues(y, {0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23});
  ExpectValues(Permute(Iota({2, 3}), {1, 0}), {0, 3, 1, 4, 2, 5});
}

TEST_P(ShapeOpValues, SliceCutsABox) {
  const Tensor y = Slice(Iota({3, 4}), {1, 1}, {2, 2});
  EXPECT_EQ(y.shape(), Shape({2, 2}));
  ExpectValues(y, {5, 6, 9, 10});
  EXPECT_EQ(Slice(Iota({3, 4}), {3, 0}, {0, 4}).NumElements(), 0);
}

TEST_P(ShapeOpValues, NarrowCutsOneDimension) {
  const Tensor x = Iota({2, 4});
  ExpectValues(Narrow(x, 1, 1, 2), {1, 2, 5, 6});
  ExpectValues(Narrow(x, -1, 3, 1), {3, 7});
  EXPECT_EQ(TensorAccess::InfoPtr(Narrow(x, 0, 0, 2)), TensorAccess::InfoPtr(x));
}

TEST_P(ShapeOpValues, PadToSurroundsWithZeros) {
  ExpectValues(PadTo(F32({1, 2}, {7, 8}, GetParam()), {3, 3}, {1, 0}), {0, 0, 0, 7, 8, 0, 0, 0, 0});
}

TEST_P(ShapeOpValues, ConcatJoins) {
  const Tensor a = F32({2, 1}, {1, 2}, GetParam()), b = F32({2, 2}, {3, 4, 5, 6}, GetParam());
  ExpectValues(Concat({a, b, a}, 1), {1, 3, 4, 1, 2, 5, 6, 2});
  ExpectValues(Concat({b, b}, 0), {3, 4, 5, 6, 3, 4, 5, 6});
  EXPECT_EQ(Concat({a, b}, 1).shape(), Shape({2, 3}));
}

TEST_P(ShapeOpValues, MoveElementsOfAnyType) {
  const Tensor bytes = Tensor::FromHost<uint8_t>({2, 2}, {1, 2, 3, 4}, GetParam());
  ExpectValues(Permute(bytes, {1, 0}), {1, 3, 2, 4});
  ExpectValues(Narrow(bytes, 1, 1, 1), {2, 4});
  ExpectValues(Concat({bytes, bytes}, 1), {1, 2, 1, 2, 3, 4, 3, 4});
  ExpectValues(PadTo(bytes, {2, 3}, {0, 1}), {0, 1, 2, 0, 3, 4});
  const Tensor half = Cast(Iota({2, 2}), DType::kBF16);
  ExpectValues(Permute(half, {1, 0}), {0, 2, 1, 3});
}

TEST(ShapeOpGradients, Reshape) {
  EXPECT_TRUE(CheckGradients([](const Tensors& x) { return Reshape(x[0], {3, 4}); }, {NormalF64({2, 6}, 1)}));
}

TEST(ShapeOpGradients, Permute) {
  EXPECT_TRUE(CheckGradients([](const Tensors& x) { return Permute(x[0], {2, 0, 1}); }, {NormalF64({2, 3, 4}, 1)}));
  EXPECT_TRUE(CheckGradients(
      [](const Tensors& x) {
        return Permute(x[0], {3, 1, 2, 0});
      },
      {NormalF64({2, 3, 2, 3}, 1)}));
}

TEST(ShapeOpGradients, SliceAndNarrow) {
  EXPECT_TRUE(CheckGradients(
      [](const Tensors& x) {
        return Slice(x[0], {1, 0, 2}, {1, 3, 2});
      },
      {NormalF64({2, 3, 4}, 1)}));
  EXPECT_TRUE(CheckGradients([](const Tensors& x) { return Narrow(x[0], 1, 1, 2); }, {NormalF64({2, 4, 3}, 1)}));
}

TEST(ShapeOpGradients, PadTo) {
  EXPECT_TRUE(CheckGradients([](const Tensors& x) { return PadTo(x[0], {4, 5}, {1, 2}); }, {NormalF64({2, 3}, 1)}));
}

TEST(ShapeOpGradients, Concat) {
  EXPECT_TRUE(CheckGradients(
      [](const Tensors& x) {
        return Concat({x[0], x[1], x[0]}, 1);
      },
      {NormalF64({2, 1, 3}, 1), NormalF64({2, 2, 3}, 2)}));
  EXPECT_TRUE(CheckGradients([](const Tensors& x) { return Concat(x, 0); }, {NormalF64({2, 2}, 1)}));
}

TEST(ShapeOpGradients, FlowThroughAChainOfMoves) {
  Tensor x = F64({2, 2}, {1, 2, 3, 4});
  x.Track();
  // Row 0 of the transpose is column 0 of x.
  const Tensor y = Square(Narrow(Permute(Reshape(x, {2, 2}), {1, 0}), 0, 0, 1));
  ExpectValues(Grad({y}, {x})[0], {2, 0, 6, 0});
}

TEST(ShapeOpDeathTest, NamesTheOperands) {
  const Tensor x = F64({2, 3}, std::vector<double>(6, 1));
  EXPECT_DEATH(Reshape(x, {4}), HasSubstr("[Reshape] f64[2,3] does not fit [4]"));
  EXPECT_DEATH(Permute(x, {0, 0}), HasSubstr("[Permute] the order is not a permutation of the dimensions of f64[2,3]"));
  EXPECT_DEATH(Permute(x, {0}), HasSubstr("[Permute]"));
  EXPECT_DEATH(Permute(x, {0, 2}), HasSubstr("[Permute]"));
  EXPECT_DEATH(Slice(x, {1, 1}, {1, 3}), HasSubstr("[Slice] box [1,3] at [1,1] is not inside [2,3]"));
  EXPECT_DEATH(Slice(x, {1}, {1}), HasSubstr("[Slice] box [1] at [1] is not inside [2,3]"));
  EXPECT_DEATH(PadTo(x, {2, 4}, {0, 2}), HasSubstr("[PadTo] box [2,3] at [0,2] is not inside [2,4]"));
  EXPECT_DEATH(Concat({x, F64({3}, {1, 2, 3})}, 0),
               HasSubstr("[Concat] f64[3] does not fit f64[2,3] along dimension 0"));
  EXPECT_DEATH(Concat({x}, 2), HasSubstr("[Concat] no dimension 2 in f64[2,3]"));
  EXPECT_DEATH(Concat({x, F32({2, 3}, std::vector<float>(6, 1), Device::Ref())}, 0), HasSubstr("[Concat] f32[2,3]"));
}

TEST(ShapeOpDeathTest, NarrowStaysInside) {
  const Tensor x = F64({2, 3}, std::vector<double>(6, 1));
  EXPECT_DEATH(Narrow(x, 1, -1, 2), HasSubstr("[Slice] box [2,2] at [0,-1] is not inside [2,3]"));
  EXPECT_DEATH(Narrow(x, 1, 2, -1), HasSubstr("[Slice] box [2,-1] at [0,2] is not inside [2,3]"));
  EXPECT_DEATH(Narrow(x, 1, 1, 3), HasSubstr("[Slice] box [2,3] at [0,1] is not inside [2,3]"));
}

}  // namespace
}  // namespace sg
