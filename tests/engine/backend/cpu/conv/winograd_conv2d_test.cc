// Winograd convolutions compared with the reference backend in f64. winograd_conv2d_avx2_test runs the same cases with
// vectors of 8 floats, where bf16 operands are widened.
#include "engine/backend/cpu/conv/winograd_conv2d.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "engine/backend/cpu/conv/winograd_kernels.h"
#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/ref/ref_backend.h"
#include "engine/base/bfloat16.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

// The bound stated in winograd_conv2d.h, as a root mean square over a whole result.
constexpr double kMaxRelativeRms = 1e-5;
// Over a few numbers, the rms error may exceed the 1.1e-2 that it converges to. It is larger still if most taps of
// every pixel lie outside the image: the errors are those of whole tiles, but the values sum few taps.
constexpr double kMaxRelativeRmsInBf16 = 1.5e-2, kMaxRelativeRmsOfFewPixelsInBf16 = 3e-2;

bool MultipliesBf16() { return cpu::BestWinogradKernels(DType::kBF16).pair == 2; }

struct Case {
  int64_t batch, height, width, channels, outputs, pad;
  Shape x() const { return {batch, height, width, channels}; }
  Shape w() const { return {outputs, 3, 3, channels}; }
  ConvGeometry geometry() const { return ConvGeometry::Padded(pad); }
  Shape y() const { return Conv2dOutputShape("Conv2d", x(), w(), geometry()); }
};

// The same numbers in the type of the CPU's operand and in f64 for the reference.
template <typename T>
struct Operand {
  Operand(const Shape& shape, uint64_t seed) : shape(shape), narrow(shape.NumElements()), wide(shape.NumElements()) {
    std::mt19937_64 generator(seed);
    std::normal_distribution<float> normal;
    for (size_t i = 0; i < wide.size(); ++i) {
      narrow[i] = T(normal(generator));
      wide[i] = static_cast<float>(narrow[i]);
    }
  }
  Operand(const Operand&) = delete;
  Operand& operator=(const Operand&) = delete;
  TensorView view() { return {narrow.data(), sizeof(T) == 2 ? DType::kBF16 : DType::kF32, shape}; }
  TensorView reference() { return {wide.data(), DType::kF64, shape}; }

  Shape shape;
  std::vector<T> narrow;
  std::vector<double> wide;
};

struct Result {
  explicit Result(const Shape& shape)
      : shape(shape), values(shape.NumElements(), NAN), wanted(shape.NumElements(), NAN) {}
  TensorView view() { return {values.data(), DType::kF32, shape}; }
  TensorView reference() { return {wanted.data(), DType::kF64, shape}; }
  double RelativeRms() const {
    double error = 0, size = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      error += (values[i] - wanted[i]) * (values[i] - wanted[i]);
      size += wanted[i] * wanted[i];
    }
    return std::sqrt(error / size);
  }

  Shape shape;
  std::vector<float> values;
  std::vector<double> wanted;
};

// All three kernels.
template <typename T>
struct Trio {
  explicit Trio(const Case& c)
      : geometry(c.geometry()), x(c.x(), 1), w(c.w(), 2), dy(c.y(), 3), y(c.y()), dx(c.x()), dw(c.w()) {
    EXPECT_TRUE(cpu::WinogradFits(c.w(), geometry));
  }
  void Compute() {
    cpu::WinogradConv2d({x.view(), w.view(), y.view(), geometry});
    cpu::WinogradConv2dInputGrad({dy.view(), w.view(), dx.view(), geometry});
    cpu::WinogradConv2dWeightGrad({x.view(), dy.view(), dw.view(), geometry});
  }
  void ComputeReference() {
    Backend& ref = *RefBackend();
    ref.Conv2d({x.reference(), w.reference(), y.reference(), geometry});
    ref.Conv2dInputGrad({dy.reference(), w.reference(), dx.reference(), geometry});
    ref.Conv2dWeightGrad({x.reference(), dy.reference(), dw.reference(), geometry});
  }

  ConvGeometry geometry;
  Operand<T> x, w, dy;
  Result y, dx, dw;
};

template <typename T>
void ExpectTrio(const Case& c, double most_in_bf16 = kMaxRelativeRmsInBf16) {
  SCOPED_TRACE(::testing::Message() << "x " << c.x() << " w " << c.w() << " pad " << c.pad << ", " << sizeof(T)
                                    << " bytes");
  Trio<T> trio(c);
  trio.Compute();
  trio.ComputeReference();
  const double most = sizeof(T) == 2 && MultipliesBf16() ? most_in_bf16 : kMaxRelativeRms;
  EXPECT_LE(trio.y.RelativeRms(), most);
  EXPECT_LE(trio.dx.RelativeRms(), most);
  EXPECT_LE(trio.dw.RelativeRms(), most);
}

TEST(WinogradConv2d, EveryRestOfTilesAndPadding) {
  for (int64_t size : {4, 5, 6, 7, 9}) {
    for (int64_t pad : {0, 1, 2}) {
      ExpectTrio<float>({2, size, 13 - size, 16, 32, pad});
      ExpectTrio<BFloat16>({1, size, 13 - size, 32, 16, pad});
    }
  }
}

TEST(WinogradConv2d, SmallerThanATile) {
  ExpectTrio<float>({3, 1, 1, 16, 16, 1});
  ExpectTrio<float>({1, 3, 2, 16, 16, 1});
  ExpectTrio<float>({1, 2, 1, 16, 16, 2});
  ExpectTrio<BFloat16>({3, 1, 1, 16, 16, 1}, kMaxRelativeRmsOfFewPixelsInBf16);
  ExpectTrio<BFloat16>({1, 3, 2, 16, 16, 1}, kMaxRelativeRmsOfFewPixelsInBf16);
}

// Panels of the product, both full ones and a narrow last one.
TEST(WinogradConv2d, NumbersOfChannels) {
  for (int64_t channels : {16, 48, 64, 80, 112}) {
    for (int64_t outputs : {32, 96, 144}) {
      ExpectTrio<float>({1, 8, 9, channels, outputs, 1});
      ExpectTrio<BFloat16>({1, 8, 9, channels, outputs, 1});
    }
  }
}

// Several blocks of tiles per thread, and sums over many blocks.
TEST(WinogradConv2d, ManyTiles) {
  ExpectTrio<float>({2, 50, 46, 16, 32, 1});
  ExpectTrio<float>({1, 30, 30, 144, 128, 1});  // weight gradients too large for one copy per thread
  ExpectTrio<BFloat16>({3, 50, 46, 16, 32, 1});
  ExpectTrio<BFloat16>({1, 30, 30, 144, 128, 1});
}

// The products are in bf16 if the processor supports it, otherwise in f32.
TEST(WinogradConv2d, Bf16LosesWhatItsTransformsAreRoundedBy) {
  Trio<BFloat16> trio({4, 16, 16, 64, 64, 1});
  trio.Compute();
  trio.ComputeReference();
  const double least = MultipliesBf16() ? 0.8e-2 : 0, most = MultipliesBf16() ? 1.2e-2 : kMaxRelativeRms;
  for (const Result* result : {&trio.y, &trio.dx, &trio.dw}) {
    EXPECT_GE(result->RelativeRms(), least);
    EXPECT_LE(result->RelativeRms(), most);
  }
}

TEST(WinogradConv2d, Bf16IsCloseToTheDirectMethod) {
  Trio<BFloat16> trio({2, 16, 15, 32, 48, 1});
  trio.Compute();
  Result y(trio.y.shape), dx(trio.dx.shape), dw(trio.dw.shape);
  const cpu::ConvMethod direct = cpu::ConvMethod::kDirect;
  cpu::CpuKernels().Conv2dBy(direct, {trio.x.view(), trio.w.view(), y.view(), trio.geometry});
  cpu::CpuKernels().Conv2dInputGradBy(direct, {trio.dy.view(), trio.w.view(), dx.view(), trio.geometry});
  cpu::CpuKernels().Conv2dWeightGradBy(direct, {trio.x.view(), trio.dy.view(), dw.view(), trio.geometry});
  const auto expect_close = [](Result* winograd, const Result& other) {
    winograd->wanted.assign(other.values.begin(), other.values.end());
    EXPECT_LE(winograd->RelativeRms(), kMaxRelativeRmsInBf16);
  };
  expect_close(&trio.y, y);
  expect_close(&trio.dx, dx);
  expect_close(&trio.dw, dw);
}

// x is zero in even channels, w in odd ones. The two halves of a word must not leak into each other.
TEST(WinogradConv2d, HalvesOfWordsStayApart) {
  Trio<BFloat16> trio({1, 12, 4, 32, 16, 1});  // 3 tiles
  for (size_t i = 0; i < trio.x.narrow.size(); ++i) {
    if (i % 32 % 2 == 0) trio.x.narrow[i] = BFloat16(0);
  }
  for (size_t i = 0; i < trio.w.narrow.size(); ++i) {
    if (i % 32 % 2 == 1) trio.w.narrow[i] = BFloat16(0);
  }
  trio.Compute();
  for (float value : trio.y.values) EXPECT_EQ(value, 0);
  for (size_t i = 0; i < trio.dx.values.size(); ++i) {
    EXPECT_EQ(trio.dx.values[i] == 0, i % 32 % 2 == 1) << i;
  }
  for (size_t i = 0; i < trio.dw.values.size(); ++i) {
    EXPECT_EQ(trio.dw.values[i] == 0, i % 32 % 2 == 0) << i;
  }
}

TEST(WinogradConv2d, ARepetitionGivesTheSameBits) {
  Trio<BFloat16> first({2, 30, 31, 64, 80, 1}), second({2, 30, 31, 64, 80, 1});
  first.Compute();
  second.Compute();
  EXPECT_EQ(first.y.values, second.y.values);
  EXPECT_EQ(first.dx.values, second.dx.values);
  EXPECT_EQ(first.dw.values, second.dw.values);
}

TEST(WinogradConv2d, FitsWholeVectorsOfChannelsOnly) {
  const ConvGeometry same = ConvGeometry::Padded(1);
  EXPECT_TRUE(cpu::WinogradFits({32, 3, 3, 16}, same));
  EXPECT_FALSE(cpu::WinogradFits({32, 3, 3, 3}, same));
  EXPECT_FALSE(cpu::WinogradFits({3, 3, 3, 32}, same));
  EXPECT_FALSE(cpu::WinogradFits({32, 1, 1, 32}, {}));
  EXPECT_FALSE(cpu::WinogradFits({32, 3, 3, 32}, ConvGeometry::Padded(3)));
  EXPECT_FALSE(cpu::WinogradFits({32, 3, 3, 32}, {2, 2, 1, 1, 1}));
  EXPECT_FALSE(cpu::WinogradFits({32, 3, 3, 16}, {1, 1, 1, 1, 2}));
  EXPECT_FALSE(cpu::WinogradFits({32, 3, 3, 32}, {1, 1, 0, 1, 1}));
}

}  // namespace
}  // namespace sg
