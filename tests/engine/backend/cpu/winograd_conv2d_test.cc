// Winograd's convolutions against the reference backend in f64. winograd_conv2d_avx2_test runs the same with vectors of 8.
#include "engine/backend/cpu/winograd_conv2d.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "engine/backend/cpu/packed_weights.h"
#include "engine/backend/ref/ref_backend.h"
#include "engine/base/bfloat16.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

// The accuracy that winograd_conv2d.h states, as root mean squares over a whole result.
constexpr double kMaxRelativeRms = 1e-5;

struct Case {
  int64_t batch, height, width, channels, outputs, pad;
  Shape x() const { return {batch, height, width, channels}; }
  Shape w() const { return {outputs, 3, 3, channels}; }
  ConvGeometry geometry() const { return ConvGeometry::Padded(pad); }
  Shape y() const { return Conv2dOutputShape("Conv2d", x(), w(), geometry()); }
};

// The same numbers as the CPU's operand and as the reference's.
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
  ~Operand() { cpu::CpuPackedWeights().Invalidate(narrow.data(), narrow.size() * sizeof(T)); }
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

template <typename T>
void ExpectTrio(const Case& c) {
  SCOPED_TRACE(::testing::Message() << "x " << c.x() << " w " << c.w() << " pad " << c.pad << ", " << sizeof(T)
                                    << " bytes");
  ASSERT_TRUE(cpu::WinogradFits(c.w(), c.geometry()));
  Operand<T> x(c.x(), 1), w(c.w(), 2), dy(c.y(), 3);
  Result y(c.y()), dx(c.x()), dw(c.w());
  cpu::WinogradConv2d({x.view(), w.view(), y.view(), c.geometry()});
  cpu::WinogradConv2dInputGrad({dy.view(), w.view(), dx.view(), c.geometry()});
  cpu::WinogradConv2dWeightGrad({x.view(), dy.view(), dw.view(), c.geometry()});
  Backend& ref = *RefBackend();
  ref.Conv2d({x.reference(), w.reference(), y.reference(), c.geometry()});
  ref.Conv2dInputGrad({dy.reference(), w.reference(), dx.reference(), c.geometry()});
  ref.Conv2dWeightGrad({x.reference(), dy.reference(), dw.reference(), c.geometry()});
  EXPECT_LE(y.RelativeRms(), kMaxRelativeRms);
  EXPECT_LE(dx.RelativeRms(), kMaxRelativeRms);
  EXPECT_LE(dw.RelativeRms(), kMaxRelativeRms);
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
}

// Panels of the product, whole ones and narrow last ones.
TEST(WinogradConv2d, NumbersOfChannels) {
  for (int64_t channels : {16, 48, 64, 80, 112}) {
    for (int64_t outputs : {32, 96, 144}) ExpectTrio<float>({1, 8, 9, channels, outputs, 1});
  }
}

// Several blocks of tiles for every thread, and sums over many of them.
TEST(WinogradConv2d, ManyTiles) {
  ExpectTrio<float>({2, 50, 46, 16, 32, 1});
  ExpectTrio<float>({1, 30, 30, 144, 128, 1});  // weight gradients too large for one copy per thread
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
