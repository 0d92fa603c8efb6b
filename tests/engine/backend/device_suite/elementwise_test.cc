// Fill, Unary, Binary and Where on every device.
#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct UnaryCase {
  UnaryFn fn;
  double low, high;  // of the inputs
  double alpha, beta;
};

// The inputs avoid the constants that they are compared with, unless these are exact in every type.
const UnaryCase kUnaryCases[] = {
    {UnaryFn::kAffine, -2, 2, 0.7, -0.3},  {UnaryFn::kAffine, -2, 2, 0, 1.5},
    {UnaryFn::kExp, -3, 3, 0, 0},          {UnaryFn::kLog, 0.01, 9, 0, 0},
    {UnaryFn::kSqrt, 0, 9, 0, 0},          {UnaryFn::kRsqrt, 0.01, 9, 0, 0},
    {UnaryFn::kReciprocal, 0.1, 4, 0, 0},  {UnaryFn::kSquare, -3, 3, 0, 0},
    {UnaryFn::kAbs, -3, 3, 0, 0},          {UnaryFn::kTanh, -4, 4, 0, 0},
    {UnaryFn::kSigmoid, -9, 9, 0, 0},      {UnaryFn::kSoftplus, -20, 20, 0, 0},
    {UnaryFn::kLeakyRelu, -3, 3, 0.2, 0},  {UnaryFn::kClamp, -3, 3, -1, 0.5},
    {UnaryFn::kSign, -3, 3, 0, 0},         {UnaryFn::kLeakyReluMask, -3, 3, 0.2, 0},
    {UnaryFn::kClampMask, -3, 3, -1, 0.5},
};

const Shape kUnaryShapes[] = {{}, {1}, {7}, {33}, {2, 5, 3}, {2, 3, 5, 64}, {1, 2, 1, 3, 1, 17}, {70001}};

void ExpectUnary(const HostTensor& x, const UnaryCase& c, bool in_place) {
  ExpectMatchesRef(ElementwiseTolerance(x.dtype), [&](KernelRun& run) {
    UnaryArgs args;
    args.x = in_place ? run.InOut(x) : run.Input(x);
    args.y = in_place ? args.x : run.Output(x.shape, x.dtype);
    args.fn = c.fn;
    args.alpha = c.alpha;
    args.beta = c.beta;
    run.backend().Unary(args);
  });
}

TEST(UnarySuite, EveryFunctionShapeAndType) {
  for (const UnaryCase& c : kUnaryCases) {
    for (const Shape& shape : kUnaryShapes) {
      for (DType dtype : {DType::kF32, DType::kBF16}) {
        SCOPED_TRACE(::testing::Message() << "fn " << static_cast<int>(c.fn) << " on " << dtype << shape);
        ExpectUnary(Uniform(shape, dtype, 1, c.low, c.high), c, /*in_place=*/false);
      }
    }
  }
}

TEST(UnarySuite, MayOverwriteItsInput) {
  for (const UnaryCase& c : kUnaryCases) {
    SCOPED_TRACE(::testing::Message() << "fn " << static_cast<int>(c.fn));
    ExpectUnary(Uniform({3, 37}, DType::kF32, 2, c.low, c.high), c, /*in_place=*/true);
  }
}

// Inputs for which a function is exact or saturates: infinities, NaN, both zeros, and magnitudes that overflow in a
// naive formula.
TEST(UnarySuite, SpecialValues) {
  const HostTensor x({12}, DType::kF32, {0.0, -0.0, 1, -1, 90, -90, 1e4, -1e4, kInf, -kInf, kNaN, 1e-30});
  for (const UnaryCase& c : kUnaryCases) {
    SCOPED_TRACE(::testing::Message() << "fn " << static_cast<int>(c.fn));
    ExpectMatchesRefInSameTypes(ElementwiseTolerance(DType::kF32), [&](KernelRun& run) {
      UnaryArgs args;
      args.x = run.Input(x);
      args.y = run.Output(x.shape, x.dtype);
      args.fn = c.fn;
      args.alpha = c.alpha;
      args.beta = c.beta;
      run.backend().Unary(args);
    });
  }
}

struct BinaryShapes {
  Shape a, b, y;
};

const BinaryShapes kBroadcasts[] = {
    {{5, 7}, {5, 7}, {5, 7}},                       // same shape
    {{1}, {1}, {1}},                                // one element
    {{}, {}, {}},                                   // rank 0
    {{13}, {}, {13}},                               // scalar on the right
    {{}, {3, 5}, {3, 5}},                           // ... on the left
    {{2, 3, 5, 8}, {8}, {2, 3, 5, 8}},              // a value per channel
    {{2, 3, 5, 7}, {7}, {2, 3, 5, 7}},              // ... an odd number of them
    {{2, 3, 5, 16}, {2, 1, 1, 16}, {2, 3, 5, 16}},  // per sample and channel
    {{3, 4, 5, 16}, {3, 4, 5, 1}, {3, 4, 5, 16}},   // per pixel
    {{3, 1, 1, 1}, {3, 4, 5, 3}, {3, 4, 5, 3}},     // per sample
    {{4, 9}, {4, 1}, {4, 9}},                       // per row
    {{5, 1}, {1, 7}, {5, 7}},                       // outer product
    {{4, 1, 3}, {2, 1}, {4, 2, 3}},                 // both sides, and ranks that differ
    {{1, 3, 1, 4}, {2, 1, 5, 1}, {2, 3, 5, 4}},     // alternating
    {{2, 1, 3, 1, 2, 1}, {1, 2, 1, 3, 1, 2}, {2, 2, 3, 3, 2, 2}},
    {{2, 3, 2, 3, 2, 3}, {2, 3, 2, 3, 2, 3}, {2, 3, 2, 3, 2, 3}},
    {{3}, {1}, {2, 3}},                        // neither operand has the rank of the result
    {{8, 16, 16, 32}, {32}, {8, 16, 16, 32}},  // large enough for threads
    {{8, 16, 16, 32}, {8, 16, 16, 32}, {8, 16, 16, 32}},
};

struct BinaryCase {
  BinaryFn fn;
  double alpha, beta;
};
const BinaryCase kBinaryCases[] = {
    {BinaryFn::kAdd, 1, 1}, {BinaryFn::kAdd, 0.5, -2}, {BinaryFn::kMul, 1, 1},     {BinaryFn::kMul, -1.5, 1},
    {BinaryFn::kDiv, 1, 1}, {BinaryFn::kDiv, -1.5, 1}, {BinaryFn::kMaximum, 1, 1}, {BinaryFn::kGreater, 1, 1},
};

TEST(BinarySuite, EveryFunctionBroadcastAndType) {
  for (const BinaryCase& c : kBinaryCases) {
    for (const BinaryShapes& shapes : kBroadcasts) {
      for (DType dtype : {DType::kF32, DType::kBF16}) {
        SCOPED_TRACE(::testing::Message()
                     << "fn " << static_cast<int>(c.fn) << " on " << dtype << shapes.a << " and " << shapes.b);
        const HostTensor a = Normal(shapes.a, dtype, 3);
        const HostTensor b = c.fn == BinaryFn::kDiv ? Uniform(shapes.b, dtype, 4, 0.5, 2) : Normal(shapes.b, dtype, 4);
        ExpectMatchesRef(ElementwiseTolerance(dtype), [&](KernelRun& run) {
          BinaryArgs args;
          args.a = run.Input(a);
          args.b = run.Input(b);
          args.y = run.Output(shapes.y, dtype);
          args.fn = c.fn;
          args.alpha = c.alpha;
          args.beta = c.beta;
          run.backend().Binary(args);
        });
      }
    }
  }
}

TEST(BinarySuite, SpecialValues) {
  const HostTensor a({10}, DType::kF32, {1, 2, kNaN, 1, kNaN, kInf, -kInf, 0, -1, kInf});
  const HostTensor b({10}, DType::kF32, {1, 1, 1, kNaN, kNaN, 1, 1, 0, 0, kInf});
  for (const BinaryCase& c : kBinaryCases) {
    SCOPED_TRACE(::testing::Message() << "fn " << static_cast<int>(c.fn));
    ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
      BinaryArgs args;
      args.a = run.Input(a);
      args.b = run.Input(b);
      args.y = run.Output(a.shape, a.dtype);
      args.fn = c.fn;
      run.backend().Binary(args);
    });
  }
}

TEST(WhereSuite, EveryBroadcastAndType) {
  struct WhereShapes {
    Shape condition, a, b, y;
  };
  const WhereShapes cases[] = {
      {{7}, {7}, {7}, {7}},
      {{}, {4, 5}, {4, 5}, {4, 5}},
      {{4, 5}, {}, {5}, {4, 5}},
      {{2, 3, 1}, {1, 3, 4}, {2, 1, 4}, {2, 3, 4}},
      {{2, 5, 5, 9}, {1}, {9}, {2, 5, 5, 9}},
      {{4, 32, 32, 8}, {4, 32, 32, 8}, {4, 1, 1, 8}, {4, 32, 32, 8}},
  };
  for (const WhereShapes& shapes : cases) {
    for (DType dtype : {DType::kF32, DType::kBF16}) {
      SCOPED_TRACE(::testing::Message() << dtype << shapes.condition << shapes.a << shapes.b);
      HostTensor condition = Uniform(shapes.condition, dtype, 5, -1, 1);
      for (double& v : condition.values) v = v > 0 ? 0 : v;  // any number but 0 selects a
      const HostTensor a = Normal(shapes.a, dtype, 6), b = Normal(shapes.b, dtype, 7);
      ExpectMatchesRef(Exact(), [&](KernelRun& run) {
        WhereArgs args;
        args.condition = run.Input(condition);
        args.a = run.Input(a);
        args.b = run.Input(b);
        args.y = run.Output(shapes.y, dtype);
        run.backend().Where(args);
      });
    }
  }
}

// Selecting differs from multiplying: the value not selected may be anything.
TEST(WhereSuite, TheOtherSideDoesNotLeakThrough) {
  const HostTensor condition({4}, DType::kF32, {1, 0, kNaN, -0.0});
  const HostTensor a({4}, DType::kF32, {1, kNaN, 3, kInf}), b({4}, DType::kF32, {kNaN, 2, kInf, 4});
  ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
    WhereArgs args;
    args.condition = run.Input(condition);
    args.a = run.Input(a);
    args.b = run.Input(b);
    args.y = run.Output({4}, DType::kF32);
    run.backend().Where(args);
  });
}

TEST(FillSuite, EveryType) {
  for (DType dtype : {DType::kF32, DType::kBF16, DType::kI32, DType::kU8}) {
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{3, 5, 7}, Shape{100003}}) {
      for (double value : {0.0, 1.0, 37.0}) {
        SCOPED_TRACE(::testing::Message() << value << " in " << dtype << shape);
        ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
          run.backend().Fill({run.Output(shape, dtype), value});
        });
      }
    }
  }
  ExpectMatchesRef(ElementwiseTolerance(DType::kF32), [&](KernelRun& run) {
    run.backend().Fill({run.Output({9}, DType::kF32), -0.1});
  });
}

}  // namespace
}  // namespace sg::testing
