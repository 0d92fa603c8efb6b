#include "engine/ops/matmul.h"

#include <tuple>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using ::testing::Bool;
using testing::CheckGradients;
using ::testing::Combine;
using testing::ExpectValues;
using testing::F32;
using testing::F64;
using ::testing::HasSubstr;
using testing::NormalF64;

using Tensors = std::vector<Tensor>;

// Small integers are exact even in TF32.
class MatMulValues : public ::testing::TestWithParam<Device> {
 protected:
  Tensor X(const Shape& shape, const std::vector<float>& values) const { return F32(shape, values, GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, MatMulValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(MatMulValues, EveryTranspose) {
  const Tensor a = X({2, 3}, {1, 2, 3, 4, 5, 6}), a_t = X({3, 2}, {1, 4, 2, 5, 3, 6});
  const Tensor b = X({3, 2}, {1, 0, 2, -1, 0, 3}), b_t = X({2, 3}, {1, 2, 0, 0, -1, 3});
  const std::vector<double> product = {5, 7, 14, 13};
  EXPECT_EQ(MatMul(a, b).shape(), Shape({2, 2}));
  ExpectValues(MatMul(a, b), product);
  ExpectValues(MatMul(a_t, b, {true, false, 1}), product);
  ExpectValues(MatMul(a, b_t, {false, true, 1}), product);
  ExpectValues(MatMul(a_t, b_t, {true, true, 1}), product);
}

TEST_P(MatMulValues, AlphaScales) {
  ExpectValues(MatMul(X({1, 2}, {1, 2}), X({2, 1}, {3, 4}), {false, false, 0.5}), {5.5});
}

TEST_P(MatMulValues, Batched) {
  const Tensor a = X({2, 1, 2}, {1, 2, 3, 4}), b = X({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  const Tensor y = MatMul(a, b);
  EXPECT_EQ(y.shape(), Shape({2, 1, 2}));
  ExpectValues(y, {7, 10, 43, 50});
  ExpectValues(MatMul(a, b, {false, true, 1}), {5, 11, 39, 53});
}

TEST_P(MatMulValues, Bf16OperandsGiveAnF32Product) {
  const Tensor a = Cast(X({1, 2}, {1.5f, 2}), DType::kBF16), b = Cast(X({2, 1}, {256, 0.25f}), DType::kBF16);
  const Tensor y = MatMul(a, b);
  EXPECT_EQ(y.dtype(), DType::kF32);
  ExpectValues(y, {384.5});
}

// Whether a and b are transposed, whether there is a batch, and alpha.
class MatMulGradients : public ::testing::TestWithParam<std::tuple<bool, bool, bool, double>> {};

INSTANTIATE_TEST_SUITE_P(AllForms, MatMulGradients, Combine(Bool(), Bool(), Bool(), ::testing::Values(1.0, -0.75)));

TEST_P(MatMulGradients, ToOrderThree) {
  const auto [transpose_a, transpose_b, batched, alpha] = GetParam();
  const MatMulParams params = {transpose_a, transpose_b, alpha};
  const Shape a = transpose_a ? Shape({4, 2}) : Shape({2, 4}), b = transpose_b ? Shape({3, 4}) : Shape({4, 3});
  const auto in_batch = [batched = batched](const Shape& matrix) {
    return batched ? Shape({2, matrix.dim(0), matrix.dim(1)}) : matrix;
  };
  testing::GradCheckOptions options;
  options.order = 3;
  EXPECT_TRUE(CheckGradients([&](const Tensors& x) { return MatMul(x[0], x[1], params); },
                             {NormalF64(in_batch(a), 1), NormalF64(in_batch(b), 2)}, options));
}

TEST(MatMulBf16Gradients, AreF32AndFlowThroughCast) {
  Tensor a = F32({2, 3}, {1, -2, 0.5f, 3, 1, -1}, Device::Ref()), b = F32({3, 1}, {2, -1, 4}, Device::Ref());
  a.Track();
  b.Track();
  const Tensor y = MatMul(Cast(a, DType::kBF16), Cast(b, DType::kBF16));
  const std::vector<Tensor> g = Grad({y}, {a, b});
  EXPECT_EQ(g[0].dtype(), DType::kF32);
  ExpectValues(g[0], {2, -1, 4, 2, -1, 4});
  ExpectValues(g[1], {4, -1, -0.5});
}

TEST(MatMulDeathTest, NamesTheOperands) {
  const Tensor a = F64({2, 3}, std::vector<double>(6, 1));
  EXPECT_DEATH(MatMul(a, a), HasSubstr("[MatMul] f64[2,3] times f64[2,3]: inner extents 3 and 2"));
  EXPECT_DEATH(MatMul(a, F64({3, 1}, {1, 2, 3}), {true, false, 1}),
               HasSubstr("[MatMul] f64[2,3] transposed times f64[3,1]: inner extents 2 and 3"));
  EXPECT_DEATH(MatMul(a, F64({3}, {1, 2, 3})),
               HasSubstr("[MatMul] needs two matrices, or two batches of equal length, of "
                         "one floating dtype, got f64[2,3] and f64[3]"));
  EXPECT_DEATH(MatMul(NormalF64({2, 2, 2}, 1), NormalF64({3, 2, 2}, 1)), HasSubstr("got f64[2,2,2] and f64[3,2,2]"));
}

}  // namespace
}  // namespace sg
