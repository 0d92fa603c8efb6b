// Cast between all pairs of types that every device supports (only the reference backend supports f64).
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

HostTensor ValuesOf(DType dtype) {
  std::vector<double> values;
  switch (dtype) {
    case DType::kU8:
      for (int i = 0; i < 256; ++i) values.push_back(i);
      break;
    case DType::kI32:
      // 2^24 + 1 and 2^24 + 3 lie halfway between two floats; 257 and 259 lie halfway between two bfloat16 numbers.
      values = {0, 1, -1, 127, 255, 256, 257, 259, -257, 300, 65537, 16777217, 16777219, 2147483647, -2147483648.0};
      break;
    default:
      values = {0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 0.49, 254.5, 255.5, 255.4, 256, 300, -3, 3e9, -3e9, 1e30, -1e30,
                1e-30, kInf, -kInf, kNaN, 2147483520.0, -2147483648.0,
                // bfloat16 ties whose even neighbor is below and above, and numbers just past a tie.
                1 + 0x1p-8, 1 + 3 * 0x1p-8, 1 + 0x1p-8 + 0x1p-20, -1 - 0x1p-8, 3.4e38};
  }
  return HostTensor({static_cast<int64_t>(values.size())}, dtype, values);
}

void ExpectCast(const HostTensor& x, DType to) {
  SCOPED_TRACE(::testing::Message() << x.dtype << " to " << to);
  ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
    run.backend().Cast({run.Input(x), run.Output(x.shape, to)});
  });
}

constexpr DType kTypes[] = {DType::kF32, DType::kBF16, DType::kI32, DType::kU8};

TEST(CastSuite, EdgesOfEveryPair) {
  for (DType from : kTypes) {
    for (DType to : kTypes) ExpectCast(ValuesOf(from), to);
  }
}

TEST(CastSuite, ManyNumbers) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{31}, Shape{3, 5, 7}, Shape{100003}}) {
    for (DType from : {DType::kF32, DType::kBF16}) {
      for (DType to : kTypes) ExpectCast(Uniform(shape, from, 1, -400, 400), to);
    }
  }
}

TEST(CastSuite, AnImageBecomesFloatsAndReturns) {
  HostTensor image = Uniform({2, 9, 7, 3}, DType::kU8, 2, 0, 255.99);
  ExpectCast(image, DType::kF32);
  image.dtype = DType::kF32;
  ExpectCast(image, DType::kU8);
}

}  // namespace
}  // namespace sg::testing
