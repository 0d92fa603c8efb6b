// MatMul of the CPU backend compared with loops in double: every transposition, and vectors, whose strides are
// ambiguous.
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/bfloat16.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

struct Problem {
  int64_t batch;  // 0 for rank 2
  int64_t m, n, k;
};

Shape MatrixShape(int64_t batch, int64_t rows, int64_t cols, bool transposed) {
  Shape shape;
  if (batch > 0) shape.Append(batch);
  shape.Append(transposed ? cols : rows);
  shape.Append(transposed ? rows : cols);
  return shape;
}

// Multiples of 1/8, exact in bf16.
float Value(int64_t i, int64_t seed) { return static_cast<float>((i * 7 + seed * 5 + i * i % 11) % 17 - 8) / 8; }

template <typename T>
TensorView Make(const Shape& shape, DType dtype, int64_t seed) {
  Backend& cpu = *CpuBackend();
  std::vector<T> values;
  for (int64_t i = 0; i < shape.NumElements(); ++i) values.push_back(T(Value(i, seed)));
  TensorView view{cpu.Allocate(values.size() * sizeof(T)), dtype, shape};
  cpu.CopyFromHost(view.data, values.data(), values.size() * sizeof(T));
  return view;
}

template <typename T>
void Check(const Problem& p, bool transpose_a, bool transpose_b, double alpha, DType dtype) {
  Backend& cpu = *CpuBackend();
  const TensorView a = Make<T>(MatrixShape(p.batch, p.m, p.k, transpose_a), dtype, 1);
  const TensorView b = Make<T>(MatrixShape(p.batch, p.k, p.n, transpose_b), dtype, 2);
  const TensorView y = Make<float>(MatrixShape(p.batch, p.m, p.n, false), DType::kF32, 3);
  cpu.MatMul({a, b, y, transpose_a, transpose_b, alpha});
  std::vector<float> actual(static_cast<size_t>(y.NumElements()));
  cpu.CopyToHost(actual.data(), y.data, actual.size() * sizeof(float));
  for (int64_t i = 0; i < y.NumElements(); ++i) {
    const int64_t col = i % p.n, row = i / p.n % p.m, batch = i / p.n / p.m;
    double expected = 0;
    for (int64_t k = 0; k < p.k; ++k) {
      const int64_t at = batch * p.m * p.k + (transpose_a ? k * p.m + row : row * p.k + k);
      const int64_t bt = batch * p.k * p.n + (transpose_b ? col * p.k + k : k * p.n + col);
      expected += static_cast<double>(Value(at, 1)) * Value(bt, 2);
    }
    ASSERT_NEAR(actual[static_cast<size_t>(i)], alpha * expected, 1e-6 * (1 + static_cast<double>(p.k)))
        << p.batch << "x" << p.m << "x" << p.n << "x" << p.k << " transposes " << transpose_a << transpose_b << " at "
        << i;
  }
  for (const TensorView& view : {a, b, y}) cpu.Free(view.data);
}

TEST(MatMulTest, MatchesLoops) {
  for (const Problem& p :
       {Problem{0, 8, 20, 33}, Problem{0, 1, 20, 33},  Problem{0, 8, 1, 33},   Problem{0, 8, 20, 1},
        Problem{0, 1, 1, 33},  Problem{0, 1, 20, 1},   Problem{0, 8, 1, 1},    Problem{0, 1, 1, 1},
        Problem{3, 8, 20, 33}, Problem{3, 1, 20, 33},  Problem{3, 8, 1, 33},   Problem{3, 8, 20, 1},
        Problem{1, 5, 6, 7},   Problem{2, 1, 1, 1},    Problem{0, 8, 64, 512}, Problem{0, 17, 70, 512},
        Problem{0, 25, 9, 67}, Problem{0, 16, 33, 64}, Problem{0, 31, 3, 100}, Problem{0, 48, 9, 513}}) {
    for (int transposes = 0; transposes < 4; ++transposes) {
      for (double alpha : {1.0, -0.375}) {
        Check<float>(p, transposes & 1, transposes & 2, alpha, DType::kF32);
        Check<BFloat16>(p, transposes & 1, transposes & 2, alpha, DType::kBF16);
      }
    }
  }
}

TEST(MatMulTest, EmptySumIsZero) {
  Check<float>({0, 4, 5, 0}, false, false, 1, DType::kF32);
  Check<float>({0, 0, 5, 3}, false, false, 1, DType::kF32);
}

TEST(MatMulDeathTest, MisfitIsNamed) {
  const TensorView a = Make<float>({2, 3}, DType::kF32, 1), b = Make<float>({4, 5}, DType::kF32, 2);
  const TensorView y = Make<float>({2, 5}, DType::kF32, 3);
  EXPECT_DEATH(CpuBackend()->MatMul({a, b, y, false, false, 1}), "\\[MatMul\\] a \\[2,3\\] and b \\[4,5\\]");
  for (const TensorView& view : {a, b, y}) CpuBackend()->Free(view.data);
}

}  // namespace
}  // namespace sg
