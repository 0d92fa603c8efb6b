// The reference backend compared with results computed by hand, kernel by kernel.
#include "engine/backend/ref/ref_backend.h"

#include <cmath>
#include <limits>
#include <vector>

#include "engine/backend/common/axis_taps.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg {
namespace {

using ::sg::testing::HostTensor;
using ::sg::testing::KernelRun;
using ::sg::testing::Precision;
using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Buffers of the reference backend, in f64 unless a test says otherwise.
class RefBackendTest : public ::testing::Test {
 protected:
  TensorView In(const Shape& shape, const std::vector<double>& values, DType dtype = DType::kF64) {
    return run_.Input(HostTensor(shape, dtype, values));
  }
  TensorView InOut(const Shape& shape, const std::vector<double>& values, DType dtype = DType::kF64) {
    return run_.InOut(HostTensor(shape, dtype, values));
  }
  TensorView Out(const Shape& shape, DType dtype = DType::kF64) { return run_.Output(shape, dtype); }
  std::vector<double> Read(const TensorView& view) { return run_.Read(view).values; }

  KernelRun run_{Device::Ref(), Precision::kAsGiven};
  Backend& ref_ = *RefBackend();
};

MATCHER_P(NearTo, tolerance, "") { return std::fabs(std::get<0>(arg) - std::get<1>(arg)) <= tolerance; }

TEST_F(RefBackendTest, FillWritesEveryType) {
  for (DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kI32, DType::kU8}) {
    const TensorView y = Out({2, 2}, dtype);
    ref_.Fill({y, 3});
    EXPECT_THAT(Read(y), ElementsAre(3, 3, 3, 3)) << dtype;
  }
}

TEST_F(RefBackendTest, UnaryFunctions) {
  struct Case {
    UnaryFn fn;
    double x, alpha, beta, y;
  };
  const Case cases[] = {
      {UnaryFn::kAffine, 3, 2, -1, 5},
      {UnaryFn::kExp, 1, 0, 0, 2.718281828459045},
      {UnaryFn::kLog, 10, 0, 0, 2.302585092994046},
      {UnaryFn::kSqrt, 2.25, 0, 0, 1.5},
      {UnaryFn::kRsqrt, 4, 0, 0, 0.5},
      {UnaryFn::kReciprocal, 8, 0, 0, 0.125},
      {UnaryFn::kSquare, -3, 0, 0, 9},
      {UnaryFn::kAbs, -3, 0, 0, 3},
      {UnaryFn::kTanh, 0.5, 0, 0, 0.46211715726000976},
      {UnaryFn::kSigmoid, 0, 0, 0, 0.5},
      {UnaryFn::kSoftplus, 0, 0, 0, 0.6931471805599453},
      {UnaryFn::kSoftplus, 1000, 0, 0, 1000},
      {UnaryFn::kSoftplus, -1000, 0, 0, 0},
      {UnaryFn::kLeakyRelu, -2, 0.2, 0, -0.4},
      {UnaryFn::kLeakyRelu, 2, 0.2, 0, 2},
      {UnaryFn::kClamp, -2, -1, 1, -1},
      {UnaryFn::kClamp, 0.5, -1, 1, 0.5},
      {UnaryFn::kClamp, 2, -1, 1, 1},
      {UnaryFn::kSign, -2, 0, 0, -1},
      {UnaryFn::kSign, 0, 0, 0, 0},
      {UnaryFn::kLeakyReluMask, -2, 0.2, 0, 0.2},
      {UnaryFn::kLeakyReluMask, 0, 0.2, 0, 0.2},
      {UnaryFn::kLeakyReluMask, 2, 0.2, 0, 1},
      {UnaryFn::kClampMask, -1, -1, 1, 1},
      {UnaryFn::kClampMask, 1.01, -1, 1, 0},
  };
  for (const Case& c : cases) {
    const TensorView y = Out({1});
    ref_.Unary({In({1}, {c.x}), y, c.fn, c.alpha, c.beta});
    EXPECT_THAT(Read(y)[0], DoubleEq(c.y)) << "fn " << static_cast<int>(c.fn) << " of " << c.x;
  }
}

TEST_F(RefBackendTest, BinaryBroadcastsBothSides) {
  const TensorView column = In({2, 1}, {10, 20}), row = In({3}, {1, 2, 3});
  const auto apply = [&](BinaryFn fn, double alpha, double beta) {
    const TensorView y = Out({2, 3});
    ref_.Binary({column, row, y, fn, alpha, beta});
    return Read(y);
  };
  EXPECT_THAT(apply(BinaryFn::kAdd, 1, -2), ElementsAre(8, 6, 4, 18, 16, 14));
  EXPECT_THAT(apply(BinaryFn::kMul, 0.5, 1), ElementsAre(5, 10, 15, 10, 20, 30));
  EXPECT_THAT(apply(BinaryFn::kDiv, 1, 1), ElementsAre(10, 5, DoubleEq(10.0 / 3), 20, 10, DoubleEq(20.0 / 3)));
  EXPECT_THAT(apply(BinaryFn::kMaximum, 1, 1), ElementsAre(10, 10, 10, 20, 20, 20));
  EXPECT_THAT(apply(BinaryFn::kGreater, 1, 1), ElementsAre(1, 1, 1, 1, 1, 1));
}

TEST_F(RefBackendTest, WhereSelects) {
  const TensorView y = Out({2, 2});
  ref_.Where({In({2, 1}, {1, 0}), In({2}, {1, 2}), In({}, {9}), y});
  EXPECT_THAT(Read(y), ElementsAre(1, 2, 9, 9));
}

TEST_F(RefBackendTest, CastRoundsToEvenAndSaturates) {
  const std::vector<double> values = {0.5, 1.5, 2.5, -0.5, -1.5, 254.5, 255.5, 300, -7, 3e9, -3e9, kInf, -kInf, kNaN};
  const auto cast = [&](DType from, DType to) {
    const TensorView y = Out({14}, to);
    ref_.Cast({In({14}, values, from), y});
    return Read(y);
  };
  EXPECT_THAT(cast(DType::kF32, DType::kU8), ElementsAre(0, 2, 2, 0, 0, 254, 255, 255, 0, 255, 0, 255, 0, 0));
  EXPECT_THAT(cast(DType::kF64, DType::kI32),
              ElementsAre(0, 2, 2, 0, -2, 254, 256, 300, -7, 2147483647, -2147483648.0, 2147483647, -2147483648.0, 0));
}

TEST_F(RefBackendTest, CastToBFloat16RoundsTiesToEven) {
  const TensorView narrow = Out({5}, DType::kBF16);
  ref_.Cast({In({5}, {1 + 0x1p-8, 1 + 3 * 0x1p-8, 1 + 0x1p-8 + 0x1p-20, 3.4e38, kNaN}, DType::kF32), narrow});
  EXPECT_THAT(Read(narrow), ElementsAre(1, 1 + 0x1p-6, 1 + 0x1p-7, kInf, ::testing::IsNan()));
}

TEST_F(RefBackendTest, CastOfIntegers) {
  const TensorView bytes = Out({3}, DType::kU8), floats = Out({3}, DType::kF32);
  const TensorView x = In({3}, {-1, 256, 16777217}, DType::kI32);
  ref_.Cast({x, bytes});
  ref_.Cast({x, floats});
  EXPECT_THAT(Read(bytes), ElementsAre(0, 255, 255));
  EXPECT_THAT(Read(floats), ElementsAre(-1, 256, 16777216));
}

TEST_F(RefBackendTest, StridedCopyTransposesIntoAFrame) {
  const TensorView x = In({2, 3}, {1, 2, 3, 4, 5, 6}), y = InOut({4, 3}, std::vector<double>(12, 0.0));
  StridedCopyArgs args;
  args.x = x;
  args.y = y;
  args.extent = {3, 2};
  args.x_strides = {1, 3};
  args.y_strides = {3, 1};
  args.y_offset = 4;
  ref_.StridedCopy(args);
  EXPECT_THAT(Read(y), ElementsAre(0, 0, 0, 0, 1, 4, 0, 2, 5, 0, 3, 6));
}

TEST_F(RefBackendTest, ReduceSumsProducts) {
  const TensorView a = In({2, 3}, {1, 2, 3, 4, 5, 6});
  const TensorView rows = Out({2, 1}), columns = Out({3}), all = Out({}), weighted = Out({2, 1});
  ref_.Reduce({a, {}, rows});
  ref_.Reduce({a, {}, columns});
  ref_.Reduce({a, a, all});
  ref_.Reduce({a, In({3}, {1, 10, 100}), weighted});
  EXPECT_THAT(Read(rows), ElementsAre(6, 15));
  EXPECT_THAT(Read(columns), ElementsAre(5, 7, 9));
  EXPECT_THAT(Read(all), ElementsAre(91));
  EXPECT_THAT(Read(weighted), ElementsAre(321, 654));
}

TEST_F(RefBackendTest, MatMulWithEveryTranspose) {
  const TensorView a = In({2, 3}, {1, 2, 3, 4, 5, 6}), a_t = In({3, 2}, {1, 4, 2, 5, 3, 6});
  const TensorView b = In({3, 2}, {7, 8, 9, 10, 11, 12}), b_t = In({2, 3}, {7, 9, 11, 8, 10, 12});
  for (int transposes = 0; transposes < 4; ++transposes) {
    const bool ta = transposes & 1, tb = transposes & 2;
    const TensorView y = Out({2, 2});
    ref_.MatMul({ta ? a_t : a, tb ? b_t : b, y, ta, tb, 0.5});
    EXPECT_THAT(Read(y), ElementsAre(29, 32, 69.5, 77));
  }
}

TEST_F(RefBackendTest, MatMulKeepsBatchesApart) {
  const TensorView y = Out({2, 1, 1}, DType::kF32);
  ref_.MatMul({In({2, 1, 2}, {1, 2, 3, 4}, DType::kBF16), In({2, 2, 1}, {5, 6, 7, 8}, DType::kBF16), y});
  EXPECT_THAT(Read(y), ElementsAre(17, 53));
}

// x = 1..9 and w = 1..9, padded by one: the corner sums 4 products, the center all 9.
TEST_F(RefBackendTest, Conv2d3x3) {
  const std::vector<double> count = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const TensorView x = In({1, 3, 3, 1}, count), w = In({1, 3, 3, 1}, count), y = Out({1, 3, 3, 1});
  ref_.Conv2d({x, w, y, ConvGeometry::Padded(1)});
  EXPECT_THAT(Read(y), ElementsAre(94, 154, 106, 186, 285, 186, 106, 154, 94));

  const TensorView strided = Out({1, 2, 2, 1});
  ref_.Conv2d({x, w, strided, {2, 2, 1, 1, 1}});
  EXPECT_THAT(Read(strided), ElementsAre(94, 106, 106, 94));
}

TEST_F(RefBackendTest, Conv2dGroupsSeeTheirOwnChannels) {
  // One pixel with channels (1, 2, 3, 4) in two groups of two. The outputs are 1*1 + 2*10 and 3*100 + 4*1000.
  const TensorView y = Out({1, 1, 1, 2});
  ref_.Conv2d({In({1, 1, 1, 4}, {1, 2, 3, 4}), In({2, 1, 1, 2}, {1, 10, 100, 1000}), y, {1, 1, 0, 0, 2}});
  EXPECT_THAT(Read(y), ElementsAre(21, 4300));
}

TEST_F(RefBackendTest, Conv2dInputGradSpreadsTheKernel) {
  // With stride 2 and a 2x2 kernel, every output reads a different 2x2 block of inputs.
  const TensorView dx = Out({1, 4, 4, 1});
  ref_.Conv2dInputGrad({In({1, 2, 2, 1}, {1, 2, 3, 4}), In({1, 2, 2, 1}, {1, 10, 100, 1000}), dx, {2, 2, 0, 0, 1}});
  EXPECT_THAT(Read(dx), ElementsAre(1, 10, 2, 20, 100, 1000, 200, 2000, 3, 30, 4, 40, 300, 3000, 400, 4000));
}

TEST_F(RefBackendTest, Conv2dWeightGradCorrelates) {
  // dw[i][j] = sum of x[h+i][w+j] * dy[h][w], here with dy = 1 everywhere.
  const TensorView dw = Out({1, 2, 2, 1});
  ref_.Conv2dWeightGrad({In({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9}), In({1, 2, 2, 1}, {1, 1, 1, 1}), dw, {}});
  EXPECT_THAT(Read(dw), ElementsAre(12, 16, 24, 28));
}

// The annotated model's upsampling of a row: bilinear by 2, then [1,2,1] / 4, both with replicated edges. Compared with
// a single pass with the product of the two filters.
TEST_F(RefBackendTest, UpFirDn2dBilinearUpsampleThenSmooth) {
  const FirAxis none;
  const TensorView doubled = Out({1, 1, 6, 1}), smooth = Out({1, 1, 6, 1}), one_pass = Out({1, 1, 6, 1});
  const TensorView x = In({1, 1, 3, 1}, {0, 4, 8});
  ref_.UpFirDn2d(
      {x, doubled, none, MakeFirAxis(2, 1, 2, 1, {0.25f, 0.75f, 0.75f, 0.25f}), EdgeMode::kReplicate, false});
  EXPECT_THAT(Read(doubled), ElementsAre(0, 1, 3, 5, 7, 8));
  ref_.UpFirDn2d({doubled, smooth, none, MakeFirAxis(1, 1, 1, 1, {0.25f, 0.5f, 0.25f}), EdgeMode::kReplicate, false});
  EXPECT_THAT(Read(smooth), ElementsAre(0.25, 1.25, 3, 5, 6.75, 7.75));
  const FirAxis product = MakeFirAxis(2, 1, 3, 2, {1 / 16.f, 5 / 16.f, 10 / 16.f, 10 / 16.f, 5 / 16.f, 1 / 16.f});
  ref_.UpFirDn2d({x, one_pass, none, product, EdgeMode::kReplicate, false});
  EXPECT_THAT(Read(one_pass), ElementsAre(0.25, 1.25, 3, 5, 6.75, 7.75));
}

// An impulse gives the filter itself, not its mirror image, since this is a convolution.
TEST_F(RefBackendTest, UpFirDn2dConvolves) {
  const FirAxis none;
  const TensorView y = Out({1, 5, 1, 1}), shifted = Out({1, 3, 1, 1}), back = Out({1, 3, 1, 1});
  const TensorView impulse = In({1, 3, 1, 1}, {0, 1, 0});
  ref_.UpFirDn2d({impulse, y, MakeFirAxis(1, 1, 2, 2, {1, 2, 3}), none, EdgeMode::kZero, false});
  EXPECT_THAT(Read(y), ElementsAre(0, 1, 2, 3, 0));
  ref_.UpFirDn2d({impulse, shifted, MakeFirAxis(1, 1, 1, 1, {1, 2, 3}), none, EdgeMode::kZero, false});
  EXPECT_THAT(Read(shifted), ElementsAre(1, 2, 3));
  ref_.UpFirDn2d({impulse, back, MakeFirAxis(1, 1, 1, 1, {1, 2, 3}), none, EdgeMode::kZero, true});
  EXPECT_THAT(Read(back), ElementsAre(3, 2, 1));
}

TEST_F(RefBackendTest, UpFirDn2dKeepsEverySecondAndCrops) {
  const FirAxis none;
  const TensorView x = In({1, 1, 5, 1}, {1, 2, 3, 4, 5}), halved = Out({1, 1, 2, 1}), cropped = Out({1, 1, 2, 1});
  ref_.UpFirDn2d({x, halved, none, MakeFirAxis(1, 2, 0, 0, {0.5f, 0.5f}), EdgeMode::kZero, false});
  EXPECT_THAT(Read(halved), ElementsAre(1.5, 3.5));
  ref_.UpFirDn2d({x, cropped, none, MakeFirAxis(1, 1, -1, -2, {1}), EdgeMode::kZero, false});
  EXPECT_THAT(Read(cropped), ElementsAre(2, 3));
}

TEST_F(RefBackendTest, BiasActAndItsGradient) {
  BiasActArgs args;
  args.x = In({1, 1, 2, 2}, {1, -3, 2, 10});
  args.bias = In({2}, {0.5, -1});
  args.noise = In({1, 1, 2, 1}, {1, -4});
  args.strength = In({1}, {0.25});
  args.y = Out({1, 1, 2, 2});
  args.in_gain = 2;
  args.slope = 0.2;
  args.gain = 1.5;
  args.clamp = 6;
  ref_.BiasAct(args);
  // Pre-activations 2.75, -6.75, 3.5 and 18.
  const std::vector<double> want = {4.125, -2.025, 5.25, 6};
  EXPECT_THAT(Read(args.y), Pointwise(NearTo(1e-12), want));

  const TensorView dx = Out({1, 1, 2, 2});
  ref_.BiasActGrad({In({1, 1, 2, 2}, {1, 1, 10, 1}), args.y, TensorView(), dx, 2, 0.2, 1.5, 6});
  EXPECT_THAT(Read(dx), Pointwise(NearTo(1e-12), std::vector<double>{3, 0.6, 30, 0}));
}

TEST_F(RefBackendTest, BiasActScalesTheChannelsOfEachImage) {
  BiasActArgs args;
  args.x = In({2, 2, 2}, {1, -3, 2, 10, 1, 1, -1, 2});
  args.scale = In({2, 2}, {0.5, 2, -1, 3});
  args.bias = In({2}, {1, -1});
  args.y = Out({2, 2, 2});
  args.in_gain = 2;
  args.slope = 0.5;
  ref_.BiasAct(args);
  EXPECT_THAT(Read(args.y), Pointwise(NearTo(1e-12), std::vector<double>{2, -6.5, 3, 39, -0.5, 5, 3, 11}));

  const TensorView dx = Out({2, 2, 2});
  ref_.BiasActGrad({In({2, 2, 2}, {1, 1, 1, 1, 1, 1, 2, 1}), args.y, args.scale, dx, 2, 0.5, 1, 0});
  EXPECT_THAT(Read(dx), Pointwise(NearTo(1e-12), std::vector<double>{1, 2, 1, 4, -1, 6, -4, 6}));
}

// Two of the known answers that Random123 publishes for Philox4x32-10: for key and counter 0, and for the digits of pi.
TEST_F(RefBackendTest, RandomDrawsPhilox) {
  struct Case {
    uint64_t seed, stream, offset;
    uint32_t bits[4];
  };
  const Case cases[] = {
      {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
  for (const Case& c : cases) {
    const TensorView uniform = Out({5}), normal = Out({4}, DType::kF32);
    ref_.Random({uniform, Distribution::kUniform, c.seed, c.stream, c.offset});
    ref_.Random({normal, Distribution::kNormal, c.seed, c.stream, c.offset});
    const std::vector<double> uniforms = Read(uniform), normals = Read(normal);
    for (int i = 0; i < 4; ++i) EXPECT_THAT(uniforms[i], DoubleNear(c.bits[i] * 0x1p-32, 1e-7));
    for (int i = 0; i < 4; i += 2) {
      const double radius = std::sqrt(-2 * std::log(c.bits[i] * 0x1p-32));
      const double angle = 2 * M_PI * c.bits[i + 1] * 0x1p-32;
      EXPECT_THAT(normals[i], DoubleNear(radius * std::sin(angle), 2e-6));
      EXPECT_THAT(normals[i + 1], DoubleNear(radius * std::cos(angle), 2e-6));
    }
  }
}

TEST_F(RefBackendTest, AdamMovesByTheLearningRateAtFirst) {
  // g = 2: m = 0.2, v = 0.004, both corrected to 2 and 4; the step is lr * 2 / (2 + eps).
  const std::vector<AdamTensor> tensors = {
      {InOut({2}, {1, 1}), InOut({2}, {0, 0}), InOut({2}, {0, 0}), In({2}, {4, -4})}};
  AdamStepArgs args;
  args.tensors = tensors;
  args.grad_scale = In({1}, {0.5});
  args.lr = 0.01;
  ref_.AdamStep(args);
  EXPECT_THAT(Read(tensors[0].parameter), Pointwise(NearTo(1e-9), std::vector<double>{0.99, 1.01}));
  EXPECT_THAT(Read(tensors[0].m), Pointwise(NearTo(1e-15), std::vector<double>{0.2, -0.2}));
  EXPECT_THAT(Read(tensors[0].v), Pointwise(NearTo(1e-15), std::vector<double>{0.004, 0.004}));

  // A second step with g = 0: m = 0.18 / (1 - 0.81), v = 0.003996 / (1 - 0.998001).
  args.step = 2;
  args.grad_scale = In({1}, {0});
  ref_.AdamStep(args);
  const double update = 0.01 * (0.18 / 0.19) / std::sqrt(0.003996 / 0.001999);
  EXPECT_THAT(Read(tensors[0].parameter), Pointwise(NearTo(1e-9), std::vector<double>{0.99 - update, 1.01 + update}));
}

TEST_F(RefBackendTest, AdamSkipsANonFiniteScale) {
  const std::vector<AdamTensor> tensors = {{InOut({1}, {1}), InOut({1}, {2}), InOut({1}, {3}), In({1}, {4})}};
  AdamStepArgs args;
  args.tensors = tensors;
  for (double scale : {kNaN, kInf}) {
    args.grad_scale = In({1}, {scale});
    ref_.AdamStep(args);
    EXPECT_THAT(Read(tensors[0].parameter), ElementsAre(1));
    EXPECT_THAT(Read(tensors[0].m), ElementsAre(2));
    EXPECT_THAT(Read(tensors[0].v), ElementsAre(3));
  }
}

TEST_F(RefBackendTest, LerpAndSquaredNorm) {
  const TensorView target = InOut({2}, {1, 10}), source = In({2}, {3, 6});
  const LerpPair pair = {target, source};
  ref_.Lerp({absl::MakeSpan(&pair, 1), 0.25});
  EXPECT_THAT(Read(target), ElementsAre(1.5, 9));

  const std::vector<TensorView> tensors = {source, In({1, 1}, {-2})};
  const TensorView y = Out({1});
  ref_.SquaredNorm({tensors, y});
  EXPECT_THAT(Read(y), ElementsAre(49));
}

TEST_F(RefBackendTest, FreshMemoryIsNaN) {
  double value = 0;
  void* data = ref_.Allocate(sizeof value);
  ref_.CopyToHost(&value, data, sizeof value);
  ref_.Free(data);
  EXPECT_TRUE(std::isnan(value));
}

using RefBackendDeathTest = RefBackendTest;

TEST_F(RefBackendDeathTest, RefusesToFreeWhatIsNotItsOwn) {
  int on_the_stack;
  EXPECT_DEATH(ref_.Free(&on_the_stack), "not a live buffer");
}

}  // namespace
}  // namespace sg
