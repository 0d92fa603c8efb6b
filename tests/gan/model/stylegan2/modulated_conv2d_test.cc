#include "gan/model/stylegan2/modulated_conv2d.h"

#include <cmath>
#include <vector>

#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/ops/up_fir_dn.h"
#include "gan/config/config.h"
#include "gan/model/common/resample.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::NormalF64;
using testing::RefF64;

// Applies the gain and the demodulation, which ModulatedConv2d leaves to its caller.
Tensor Modulated(const ModulatedConv2d& conv, const Tensor& x, const Tensor& style) {
  const Modulation modulation = conv.Modulate(Scale(style, conv.gain()));
  const Tensor y = conv.Forward(x, modulation), &scale = modulation.demodulation;
  return scale.defined() ? Mul(y, Reshape(scale, {scale.dim(0), 1, 1, scale.dim(1)})) : y;
}

class ModulatedConv2dParity : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, ModulatedConv2dParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(ModulatedConv2dParity, WithDemodulationIsPyTorchs) {
  testing::GoldenCase golden("conv2d_weight_modulate_3x3", GetParam());
  ModulatedConv2d conv(5, 6, /*kernel=*/3, /*demodulate=*/true, golden.init());
  golden.Fill(nn::Parameters(conv));
  golden.ExpectMatches(Modulated(conv, golden.Input("x"), golden.Input("s")));
}

TEST_P(ModulatedConv2dParity, WithoutDemodulationIsPyTorchs) {
  testing::GoldenCase golden("conv2d_weight_modulate_1x1_no_demod", GetParam());
  ModulatedConv2d conv(5, 6, /*kernel=*/1, /*demodulate=*/false, golden.init());
  golden.Fill(nn::Parameters(conv));
  golden.ExpectMatches(Modulated(conv, golden.Input("x"), golden.Input("s")));
}

// The definition: one convolution per image, with the weights of that image.
Tensor PerImageWeights(ModulatedConv2d& conv, const Tensor& x, const Tensor& style) {
  const Tensor raw = nn::Parameters(conv)[0].tensor;
  const int64_t in = raw.dim(3);
  const Tensor weight = Scale(raw, 1 / std::sqrt(raw.dim(1) * raw.dim(2) * in));
  std::vector<Tensor> images;
  for (int64_t n = 0; n < x.dim(0); ++n) {
    const Tensor modulated = Mul(weight, Reshape(Narrow(style, 0, n, 1), {1, 1, 1, in}));
    const Tensor energy = Sum(Square(modulated), {1, 2, 3}, /*keep_dims=*/true);
    images.push_back(Conv2d(Narrow(x, 0, n, 1), Mul(modulated, Rsqrt(Affine(energy, 1, 1e-8))),
                            ConvGeometry::Padded(raw.dim(1) / 2)));
  }
  return Concat(images, 0);
}

TEST(ModulatedConv2d, IsAConvolutionWithWeightsOfEachImage) {
  RandomStream random;
  ModulatedConv2d conv(2, 3, /*kernel=*/3, /*demodulate=*/true, RefF64(&random));
  const Tensor x = NormalF64({2, 3, 4, 2}, 1), style = NormalF64({2, 2}, 2);
  testing::ExpectSameValues(Modulated(conv, x, style), PerImageWeights(conv, x, style), 1e-13);
}

// The epsilon matters if a style is small, since the gain belongs inside the square root.
TEST(ModulatedConv2d, AddsTheEpsilonToTheEnergyOfTheScaledWeight) {
  RandomStream random;
  ModulatedConv2d conv(2, 3, /*kernel=*/3, /*demodulate=*/true, RefF64(&random));
  const Tensor x = NormalF64({1, 3, 3, 2}, 1), style = Scale(NormalF64({1, 2}, 2), 1e-4);
  testing::ExpectSameValues(Modulated(conv, x, style), PerImageWeights(conv, x, style), 1e-13);
}

Resampler Fir() {
  ModelConfig config;
  config.resample = Resampling::kFir;
  return Resampler(config);
}

// The weight w [I,k,k,O] as a correlation [O,k,k,I] over the result.
Tensor Turned(const Tensor& w) {
  const std::vector<double> values = testing::Values(w);
  const int64_t in = w.dim(0), size = w.dim(1), out = w.dim(3);
  std::vector<double> turned(values.size());
  for (int64_t i = 0; i < in; ++i) {
    for (int64_t h = 0; h < size; ++h) {
      for (int64_t v = 0; v < size; ++v) {
        for (int64_t o = 0; o < out; ++o) {
          turned[((o * size + size - 1 - h) * size + size - 1 - v) * in + i] =
              values[((i * size + h) * size + v) * out + o];
        }
      }
    }
  }
  return testing::F64({out, size, size, in}, turned);
}

// Compares with the definition, which the transposed convolution followed by a filter computes at less cost: zeros
// between the samples, the filter, then at the larger size a convolution with the weights of each image. The results
// agree up to the edge, where both read zeros.
TEST(ModulatedConv2d, DoublingIsUpSamplingAndThenAConvolution) {
  RandomStream random;
  ModulatedConv2d conv(2, 3, Fir(), RefF64(&random));
  const Tensor raw = nn::Parameters(conv)[0].tensor;
  ASSERT_EQ(raw.shape(), Shape({2, 3, 3, 3}));
  const Tensor weight = Scale(Turned(raw), 1 / std::sqrt(2 * 9.0));
  const Tensor x = NormalF64({2, 3, 4, 2}, 1), style = NormalF64({2, 2}, 2);
  const UpFirDnParams up = MakeUpFirDn({2, 1, 3, 2, {0.25f, 0.75f, 0.75f, 0.25f}, EdgeMode::kZero});
  std::vector<Tensor> images;
  for (int64_t n = 0; n < 2; ++n) {
    const Tensor modulated = Mul(weight, Reshape(Narrow(style, 0, n, 1), {1, 1, 1, 2}));
    const Tensor energy = Sum(Square(modulated), {1, 2, 3}, /*keep_dims=*/true);
    images.push_back(Conv2d(UpFirDn2d(Narrow(x, 0, n, 1), up), Mul(modulated, Rsqrt(Affine(energy, 1, 1e-8))),
                            ConvGeometry::Padded(0)));
  }
  const Tensor y = Modulated(conv, x, style);
  EXPECT_EQ(y.shape(), Shape({2, 6, 8, 3}));
  testing::ExpectSameValues(y, Concat(images, 0), 1e-13);
}

// With the annotated filter and its replicated edges, the two forms agree only in the interior.
TEST(ModulatedConv2d, DoublingWithTheAnnotatedFilterIsThatInside) {
  RandomStream random;
  const Resampler bilinear{ModelConfig()};
  ModulatedConv2d conv(1, 1, bilinear, RefF64(&random));
  const Tensor weight = Turned(nn::Parameters(conv)[0].tensor);
  const Tensor energy = Sum(Square(weight), {1, 2, 3}, /*keep_dims=*/true);
  const Tensor x = NormalF64({1, 6, 6, 1}, 1), ones = testing::F64({1, 1}, {1});
  const std::vector<double> got = testing::Values(Modulated(conv, x, ones));
  const std::vector<double> want =
      testing::Values(Conv2d(bilinear.Up(x), Mul(weight, Rsqrt(energy)), ConvGeometry::Padded(1)));
  for (int h = 4; h < 8; ++h) {
    for (int v = 4; v < 8; ++v) EXPECT_NEAR(got[h * 12 + v], want[h * 12 + v], 1e-6) << h << " " << v;
  }
}

TEST(ModulatedConv2d, DoublingDifferentiatesToSecondOrder) {
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<ModulatedConv2d>(
      ModulatedConv2d(2, 3, Fir(), RefF64(&random)), {NormalF64({2, 3, 2, 2}, 1), NormalF64({2, 2}, 2)},
      [](const ModulatedConv2d& m, const testing::Tensors& in) { return Modulated(m, in[0], in[1]); }));
}

TEST(ModulatedConv2d, DifferentiatesToSecondOrder) {
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<ModulatedConv2d>(
      ModulatedConv2d(2, 3, /*kernel=*/3, /*demodulate=*/true, RefF64(&random)),
      {NormalF64({2, 3, 2, 2}, 1), NormalF64({2, 2}, 2)},
      [](const ModulatedConv2d& m, const testing::Tensors& in) { return Modulated(m, in[0], in[1]); }));
}

TEST(ModulatedConv2dDeathTest, NamesWhatDoesNotFit) {
  RandomStream random;
  const ModulatedConv2d conv(2, 3, /*kernel=*/3, /*demodulate=*/true, RefF64(&random));
  EXPECT_DEATH(conv.Modulate(NormalF64({2, 3}, 2)),
               "\\[ModulatedConv2d\\] style f64\\[2,3\\] for weight f64\\[3,3,3,2\\]");
  EXPECT_DEATH(conv.Forward(NormalF64({3, 3, 3, 2}, 1), conv.Modulate(NormalF64({2, 2}, 2))),
               "\\[ModulatedConv2d\\] input f64\\[3,3,3,2\\] and style f64\\[2,2\\] for weight f64\\[3,3,3,2\\]");
}

}  // namespace
}  // namespace sg::gan
