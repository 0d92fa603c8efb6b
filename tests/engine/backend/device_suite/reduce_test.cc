// Reduce on every device: all sets of dimensions, with and without a second factor.
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

void ExpectReduce(const HostTensor& a, const HostTensor* b, const Shape& y, double alpha = 1) {
  SCOPED_TRACE(::testing::Message() << a.dtype << a.shape << (b ? " * " + ToString(b->shape) : "") << " -> " << y);
  ExpectMatchesRef(SumTolerance(a.dtype), [&](KernelRun& run) {
    ReduceArgs args;
    args.a = run.Input(a);
    if (b != nullptr) args.b = run.Input(*b);
    args.y = run.Output(y, a.dtype);
    args.alpha = alpha;
    run.backend().Reduce(args);
  });
}

void ExpectReduce(const Shape& a, const Shape& y) { ExpectReduce(Uniform(a, DType::kF32, 1, -1, 2), nullptr, y); }

void ExpectReduceProduct(const Shape& a, const Shape& b, const Shape& y) {
  const HostTensor factor = Uniform(b, DType::kF32, 2, -1, 2);
  ExpectReduce(Uniform(a, DType::kF32, 1, -1, 2), &factor, y);
}

// `shape` with extent 1 in the dimensions in `mask`.
Shape Kept(Shape shape, int mask) {
  for (int d = 0; d < shape.rank(); ++d) {
    if (mask >> d & 1) shape.set_dim(d, 1);
  }
  return shape;
}

TEST(ReduceSuite, EverySetOfDimensions) {
  for (const Shape& shape : {Shape{7}, Shape{5, 9}, Shape{3, 5, 7}, Shape{2, 3, 5, 8}, Shape{2, 3, 2, 3, 2, 5}}) {
    for (int mask = 0; mask < 1 << shape.rank(); ++mask) {
      for (DType dtype : {DType::kF32, DType::kBF16}) {
        const HostTensor a = Uniform(shape, dtype, 3, -1, 2), b = Uniform(shape, dtype, 4, -1, 2);
        ExpectReduce(a, nullptr, Kept(shape, mask));
        ExpectReduce(a, &b, Kept(shape, mask));
      }
    }
  }
}

TEST(ReduceSuite, ResultOfLowerRank) {
  ExpectReduce({2, 3, 5, 8}, {});
  ExpectReduce({2, 3, 5, 8}, {8});
  ExpectReduce({2, 3, 5, 8}, {1, 8});
  ExpectReduce({2, 3, 5, 8}, {3, 1, 1});
  ExpectReduce({}, {});
  ExpectReduce({1}, {});
}

TEST(ReduceSuite, SecondFactorIsBroadcast) {
  const Shape a = {3, 4, 5, 8};
  for (const Shape& b : {Shape{}, Shape{1}, Shape{8}, Shape{3, 1, 1, 8}, Shape{3, 4, 5, 1}, Shape{4, 1, 8}}) {
    for (int mask = 0; mask < 16; ++mask) ExpectReduceProduct(a, b, Kept(a, mask));
    ExpectReduceProduct(a, b, {});
    ExpectReduceProduct(a, b, {8});
  }
}

// Sums along rows and columns, both short and long enough to be cut into parts.
TEST(ReduceSuite, SumsAreScaled) {
  const Shape shape = {3, 30001, 7};
  for (DType dtype : {DType::kF32, DType::kBF16}) {
    const HostTensor a = Uniform(shape, dtype, 3, -1, 2), b = Uniform(shape, dtype, 4, -1, 2);
    for (const Shape& y : {Shape{}, Shape{7}, Shape{3, 1, 1}, Shape{3, 30001, 1}, Shape{1, 30001, 7}}) {
      ExpectReduce(a, nullptr, y, -0.3);
      ExpectReduce(a, &b, y, 2.5);
    }
  }
}

// Long sums keep their accuracy; a single f32 accumulator would drift.
TEST(ReduceSuite, ManyRows) {
  ExpectReduce({200003}, {});
  ExpectReduce({30001, 7}, {7});
  ExpectReduce({30001, 1}, {1, 1});
  ExpectReduce({7, 30001}, {7, 1});
  ExpectReduce({8, 48, 48, 16}, {16});
  ExpectReduce({8, 48, 48, 16}, {8, 1, 1, 16});
  ExpectReduce({8, 48, 48, 3}, {8, 48, 48, 1});
  ExpectReduceProduct({8, 48, 48, 16}, {8, 48, 48, 16}, {8, 1, 1, 16});
  ExpectReduceProduct({8, 48, 48, 16}, {8, 48, 48, 1}, {});
}

TEST(WeightEnergySuite, SumsTheSquaresOfEveryTap) {
  for (const Shape& w : {Shape{5, 3, 3, 7}, Shape{16, 1, 1, 8}, Shape{3, 5, 5, 32}, Shape{1, 3, 3, 1}}) {
    for (DType dtype : {DType::kF32, DType::kBF16}) {
      const HostTensor weights = Uniform(w, dtype, 5, -1, 2);
      ExpectMatchesRef(SumTolerance(dtype), [&](KernelRun& run) {
        run.backend().WeightEnergy({run.Input(weights), run.Output({w[0], w[3]}, dtype), 0.25});
      });
    }
  }
}

}  // namespace
}  // namespace sg::testing
