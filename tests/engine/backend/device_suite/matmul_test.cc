// MatMul on every device: transposes, batches, and shapes from one element to long sums.
#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

struct Size {
  int64_t m, n, k;
};

// batch = 0 means operands of rank 2.
void ExpectMatMul(const Size& size, int64_t batch, bool transpose_a, bool transpose_b, double alpha, DType dtype) {
  SCOPED_TRACE(::testing::Message() << dtype << " M " << size.m << " N " << size.n << " K " << size.k << " batch "
                                    << batch << " transposes " << transpose_a << transpose_b << " alpha " << alpha);
  const auto matrix = [&](int64_t rows, int64_t cols) {
    return batch > 0 ? Shape{batch, rows, cols} : Shape{rows, cols};
  };
  const HostTensor a = Normal(transpose_a ? matrix(size.k, size.m) : matrix(size.m, size.k), dtype, 1);
  const HostTensor b = Normal(transpose_b ? matrix(size.n, size.k) : matrix(size.k, size.n), dtype, 2);
  ExpectMatchesRef(ContractionTolerance(dtype), [&](KernelRun& run) {
    MatMulArgs args;
    args.a = run.Input(a);
    args.b = run.Input(b);
    args.y = run.Output(matrix(size.m, size.n), DType::kF32);
    args.transpose_a = transpose_a;
    args.transpose_b = transpose_b;
    args.alpha = alpha;
    run.backend().MatMul(args);
  });
}

TEST(MatMulSuite, EveryTransposeAndBatch) {
  const Size sizes[] = {{1, 1, 1}, {1, 7, 5},    {13, 1, 9},   {5, 6, 1},
                        {2, 3, 4}, {17, 33, 65}, {32, 64, 48}, {8, 512, 512}};
  for (const Size& size : sizes) {
    for (int64_t batch : {0, 1, 3}) {
      if (batch > 0 && size.k == 512) continue;
      for (int transposes = 0; transposes < 4; ++transposes) {
        for (DType dtype : {DType::kF32, DType::kBF16}) {
          ExpectMatMul(size, batch, transposes & 1, transposes & 2, 1, dtype);
        }
      }
    }
  }
}

TEST(MatMulSuite, Alpha) {
  for (double alpha : {0.0, -1.0, 0.044194}) {
    ExpectMatMul({9, 12, 15}, 0, false, true, alpha, DType::kF32);
    ExpectMatMul({9, 12, 15}, 2, true, false, alpha, DType::kF32);
    ExpectMatMul({9, 12, 15}, 0, false, true, alpha, DType::kBF16);
  }
}

TEST(MatMulSuite, LongSums) {
  for (DType dtype : {DType::kF32, DType::kBF16}) {
    ExpectMatMul({3, 5, 8192}, 0, false, false, 1, dtype);
    ExpectMatMul({8, 9, 8192}, 0, false, true, 1, dtype);
    ExpectMatMul({9, 8, 5001}, 0, true, false, 1, dtype);
  }
}

TEST(MatMulSuite, ManySmallMatrices) { ExpectMatMul({4, 5, 3}, 257, false, true, 1, DType::kF32); }

// The same shape again with other contents: data that a backend caches between calls must not include the operands.
TEST(MatMulSuite, RepeatedCallsReadTheirOperands) {
  ExpectMatchesRef(ContractionTolerance(DType::kF32), [&](KernelRun& run) {
    for (uint64_t seed = 0; seed < 3; ++seed) {
      MatMulArgs args;
      args.a = run.Input(Normal({6, 10}, DType::kF32, 2 * seed));
      args.b = run.Input(Normal({10, 7}, DType::kF32, 2 * seed + 1));
      args.y = run.Output({6, 7}, DType::kF32);
      run.backend().MatMul(args);
    }
  });
}

}  // namespace
}  // namespace sg::testing
