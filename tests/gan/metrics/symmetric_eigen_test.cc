#include "gan/metrics/symmetric_eigen.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(SymmetricEigenTest, LargestFirst) {
  const double h = std::sqrt(0.5);
  const EigenPairs pairs = SymmetricEigen({2, -1, -1, 2}, 2);
  EXPECT_THAT(pairs.values, ElementsAre(DoubleNear(3, 1e-12), DoubleNear(1, 1e-12)));
  EXPECT_NEAR(std::abs(pairs.vectors[0]), h, 1e-12);
  EXPECT_NEAR(pairs.vectors[0], -pairs.vectors[1], 1e-12);
  EXPECT_NEAR(pairs.vectors[2], h, 1e-12);
  EXPECT_NEAR(pairs.vectors[3], h, 1e-12);
}

TEST(SymmetricEigenTest, RebuildsTheMatrix) {
  constexpr int kDim = 9;
  std::vector<double> matrix(kDim * kDim);
  for (int i = 0; i < kDim; ++i) {
    for (int j = 0; j < kDim; ++j) matrix[i * kDim + j] = std::sin(1.0 + i * j) + (i == j ? i : 0);
  }
  const EigenPairs pairs = SymmetricEigen(matrix, kDim);
  for (int i = 0; i < kDim; ++i) {
    for (int j = 0; j < kDim; ++j) {
      double value = 0, product = 0;
      for (int k = 0; k < kDim; ++k) {
        value += pairs.values[k] * pairs.vectors[k * kDim + i] * pairs.vectors[k * kDim + j];
        product += pairs.vectors[i * kDim + k] * pairs.vectors[j * kDim + k];
      }
      EXPECT_NEAR(value, matrix[i * kDim + j], 1e-12);
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-12);
    }
    double largest = 0;
    for (int j = 0; j < kDim; ++j) {
      if (std::abs(pairs.vectors[i * kDim + j]) > std::abs(largest)) largest = pairs.vectors[i * kDim + j];
    }
    EXPECT_GT(largest, 0) << i;
    if (i > 0) {
      EXPECT_LE(pairs.values[i], pairs.values[i - 1]);
    }
  }
}

}  // namespace
}  // namespace sg::gan
