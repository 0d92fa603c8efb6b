#include "tests/fake_cuda/stand_in/dense_math.h"

#include <cmath>

#include "gtest/gtest.h"

namespace fake_cuda {
namespace {

double Sum(double first, double second, Sums sums) {
  const double a[] = {first, second}, ones[] = {1, 1};
  return Product({a, 1, false}, {ones, 2, false}, 1, 1, 2, sums)[0];
}

TEST(DenseMath, SumsKeepWhatTheirKindKeeps) {
  const double ulp = std::ldexp(1.0, -23), most = 0.75 * ulp;
  for (double sign : {1.0, -1.0}) {
    EXPECT_EQ(Sum(sign, sign * most, Sums::kExact), sign * (1 + most));
    EXPECT_EQ(Sum(sign, sign * most, Sums::kRounded), sign * (1 + ulp));
    EXPECT_EQ(Sum(sign, sign * most, Sums::kTruncated), sign);
    EXPECT_EQ(Sum(sign, sign * ulp, Sums::kTruncated), sign * (1 + ulp)) << "nothing is to be dropped";
  }
}

TEST(DenseMath, ConvolutionsSumInTheSameWay) {
  const ConvolutionShape shape = {1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1};
  const double most = 0.75 * std::ldexp(1.0, -23);
  EXPECT_EQ(Convolve(shape, {1, most}, {1, 1}, Sums::kExact)[0], 1 + most);
  EXPECT_EQ(Convolve(shape, {1, most}, {1, 1}, Sums::kTruncated)[0], 1);
  ConvolutionShape two_outputs = shape;
  two_outputs.c = 1;
  two_outputs.o = 2;
  EXPECT_EQ(ConvolveInputGrad(two_outputs, {1, most}, {1, 1}, Sums::kTruncated)[0], 1);
  ConvolutionShape two_pixels = two_outputs;
  two_pixels.o = 1;
  two_pixels.w = two_pixels.out_w = 2;
  EXPECT_EQ(ConvolveWeightGrad(two_pixels, {1, most}, {1, 1}, Sums::kTruncated)[0], 1);
}

TEST(DenseMath, SumsAreExactUnlessTheVariableIsSet) {
  EXPECT_EQ(SumsOf(Number::kFloat, Precision::kTf32), Sums::kExact);
}

}  // namespace
}  // namespace fake_cuda
