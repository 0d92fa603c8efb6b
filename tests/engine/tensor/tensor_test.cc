#include "engine/tensor/tensor.h"

#include <cmath>
#include <sstream>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/tensor_access.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using internal::TensorAccess;
using ::testing::ElementsAre;
using testing::F64;
using ::testing::HasSubstr;
using testing::Values;

std::string Printed(const Tensor& t) {
  std::ostringstream out;
  out << t;
  return out.str();
}

class TensorTest : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, TensorTest, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(TensorTest, KeepsWhatTheHostGave) {
  const Tensor x = Tensor::FromHost<float>({2, 3}, {1, 2, 3, 4, 5, 6}, GetParam());
  EXPECT_EQ(x.shape(), Shape({2, 3}));
  EXPECT_EQ(x.dtype(), DType::kF32);
  EXPECT_EQ(x.device(), GetParam());
  EXPECT_EQ(x.NumElements(), 6);
  EXPECT_EQ(x.NumBytes(), 24);
  EXPECT_EQ(x.dim(-1), 3);
  EXPECT_THAT(x.ToHost<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_P(TensorTest, CarriesEveryStoredType) {
  EXPECT_THAT(Tensor::FromHost<int32_t>({2}, {-7, 1 << 30}, GetParam()).ToHost<int32_t>(), ElementsAre(-7, 1 << 30));
  EXPECT_THAT(Tensor::FromHost<uint8_t>({2}, {0, 255}, GetParam()).ToHost<uint8_t>(), ElementsAre(0, 255));
  const Tensor half = Tensor::FromHost<BFloat16>({2}, {BFloat16(1.5f), BFloat16(-2.0f)}, GetParam());
  EXPECT_EQ(half.NumBytes(), 4);
  EXPECT_THAT(Values(half), ElementsAre(1.5, -2));
}

TEST_P(TensorTest, FillsEveryType) {
  EXPECT_THAT(Values(Tensor::Full({3}, 2.5, DType::kF32, GetParam())), ElementsAre(2.5, 2.5, 2.5));
  EXPECT_THAT(Values(Tensor::Full({2}, 200, DType::kU8, GetParam())), ElementsAre(200, 200));
  EXPECT_THAT(Values(Tensor::Full({2}, -3, DType::kI32, GetParam())), ElementsAre(-3, -3));
  EXPECT_THAT(Values(Tensor::Full({2}, 0.5, DType::kBF16, GetParam())), ElementsAre(0.5, 0.5));
  EXPECT_THAT(Values(Tensor::Zeros({2}, DType::kF32, GetParam())), ElementsAre(0, 0));
}

TEST_P(TensorTest, ItemReadsTheOneElement) {
  EXPECT_EQ(Tensor::Full({}, 0.25, DType::kF32, GetParam()).Item(), 0.25);
  EXPECT_EQ(Tensor::Full({1, 1}, -4, DType::kBF16, GetParam()).Item(), -4);
  EXPECT_EQ(Tensor::Full({1}, 7, DType::kI32, GetParam()).Item(), 7);
  EXPECT_EQ(Tensor::Full({1}, 9, DType::kU8, GetParam()).Item(), 9);
}

TEST_P(TensorTest, MovesBetweenDevices) {
  Tensor x = Tensor::FromHost<float>({2}, {1, 2}, Device::Ref());
  x.Track();
  const Tensor there = x.To(GetParam());
  EXPECT_EQ(there.device(), GetParam());
  EXPECT_FALSE(there.tracked());
  const Tensor back = there.To(Device::Ref());
  EXPECT_EQ(back.device(), Device::Ref());
  EXPECT_THAT(back.ToHost<float>(), ElementsAre(1, 2));
}

TEST_P(TensorTest, MayBeEmpty) {
  const Tensor x = Tensor::FromHost<float>({0, 3}, std::vector<float>(), GetParam());
  EXPECT_EQ(x.NumElements(), 0);
  EXPECT_TRUE(x.ToHost<float>().empty());
  EXPECT_EQ(Exp(x).shape(), Shape({0, 3}));
}

TEST(TensorHandleTest, CopiesAreTheSameTensor) {
  Tensor x = F64({1}, {1});
  const Tensor same = x;
  x.Track();
  EXPECT_TRUE(same.tracked());
  EXPECT_EQ(TensorAccess::StorageOf(same), TensorAccess::StorageOf(x));
  EXPECT_EQ(TensorAccess::InfoPtr(same), TensorAccess::InfoPtr(x));
}

TEST(TensorHandleTest, DetachSharesTheBufferAndForgetsTheHistory) {
  Tensor x = F64({2}, {1, 2});
  x.Track();
  const Tensor y = Square(x);
  const Tensor detached = y.Detach();
  EXPECT_TRUE(y.tracked());
  EXPECT_FALSE(detached.tracked());
  EXPECT_EQ(TensorAccess::StorageOf(detached), TensorAccess::StorageOf(y));
  EXPECT_THAT(Values(detached), ElementsAre(1, 4));
  EXPECT_FALSE(Square(detached).tracked());
}

TEST(TensorHandleTest, ADetachedTensorCanBeALeafOfItsOwn) {
  Tensor x = F64({1}, {3});
  Tensor leaf = x.Detach().Track();
  EXPECT_TRUE(leaf.tracked());
  EXPECT_FALSE(x.tracked());
}

TEST(TensorHandleTest, LaterPlacesHaveGreaterIds) {
  const Tensor a = F64({1}, {1});
  const Tensor b = F64({1}, {1});
  EXPECT_LT(TensorAccess::Info(a).id, TensorAccess::Info(b).id);
  EXPECT_LT(TensorAccess::Info(b).id, TensorAccess::Info(Square(a)).id);
}

TEST(TensorHandleTest, Prints) {
  EXPECT_EQ(Printed(Tensor::Zeros({8, 64, 64, 16}, DType::kF32, Device::Ref())), "f32[8,64,64,16]");
  EXPECT_EQ(Printed(Tensor::Zeros({}, DType::kU8, Device::Ref())), "u8[]");
  EXPECT_EQ(Printed(Tensor()), "undefined");
}

TEST(TensorHandleTest, AnUndefinedTensorIsNothing) {
  const Tensor t;
  EXPECT_FALSE(t.defined());
  EXPECT_FALSE(t.tracked());
  EXPECT_FALSE(t.has_data());
}

TEST(TensorDeathTest, NamesTheMistake) {
  const Tensor x = F64({2}, {1, 2});
  EXPECT_DEATH(Tensor().shape(), HasSubstr("[Tensor] undefined tensor used"));
  EXPECT_DEATH(x.ToHost<float>(), HasSubstr("[ToHost] f32 was asked of f64[2]"));
  EXPECT_DEATH(x.Item(), HasSubstr("[Item] f64[2] does not hold one element"));
  EXPECT_DEATH(F64({3}, {1, 2}), HasSubstr("[FromHost] 16 bytes for f64[3], which has 24"));
  double one = 0;
  EXPECT_DEATH(x.ToHostBytes(&one, sizeof one), HasSubstr("[ToHost] 8 bytes for f64[2], which has 16"));
}

TEST(TensorDeathTest, OnlyALeafCanBeTracked) {
  Tensor x = F64({2}, {1, 2});
  x.Track();
  Tensor y = Square(x);
  EXPECT_DEATH(y.Track(), HasSubstr("[Track] f64[2] is the result of a recorded operation, not a leaf"));
}

TEST(TensorDeathTest, AValueThatWasNotKeptCannotBeRead) {
  Tensor x = F64({2}, {1, 2});
  x.Track();
  const Tensor not_kept = TensorAccess::Make(nullptr, TensorAccess::InfoPtr(x));
  EXPECT_FALSE(not_kept.has_data());
  EXPECT_EQ(not_kept.shape(), Shape({2}));
  EXPECT_DEATH(Values(not_kept), HasSubstr("[Tensor] the value of f64[2] was not kept"));
}

}  // namespace
}  // namespace sg
