// Conv2d, Conv2dInputGrad and Conv2dWeightGrad on every device. The target conv2d_avx2_test runs the same cases with
// oneDNN limited to AVX2, whose kernels differ from those for AVX-512.
#include <cmath>
#include <string>
#include <vector>

#include "engine/base/conv_geometry.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/engine/backend/device_suite/conv2d_cases.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

std::string Describe(const ConvCase& c, DType dtype) {
  return (::testing::Message() << dtype << " x " << c.x() << " w " << c.w() << " " << c.geometry).GetString();
}

Conv2dArgs ForwardArgs(KernelRun& run, const ConvCase& c, const HostTensor& x, const HostTensor& w) {
  return {run.Input(x), run.Input(w), run.Output(c.y(), DType::kF32), c.geometry};
}
Conv2dInputGradArgs InputGradArgs(KernelRun& run, const ConvCase& c, const HostTensor& dy, const HostTensor& w) {
  return {run.Input(dy), run.Input(w), run.Output(c.x(), DType::kF32), c.geometry};
}
Conv2dWeightGradArgs WeightGradArgs(KernelRun& run, const ConvCase& c, const HostTensor& x, const HostTensor& dy) {
  return {run.Input(x), run.Input(dy), run.Output(c.w(), DType::kF32), c.geometry};
}

void ExpectTrio(const ConvCase& c, DType dtype, const Tolerance& tolerance) {
  SCOPED_TRACE(Describe(c, dtype));
  const HostTensor x = Normal(c.x(), dtype, 1), w = Normal(c.w(), dtype, 2), dy = Normal(c.y(), dtype, 3);
  ExpectMatchesRef(tolerance, [&](KernelRun& run) {
    run.backend().Conv2d(ForwardArgs(run, c, x, w));
    run.backend().Conv2dInputGrad(InputGradArgs(run, c, dy, w));
    run.backend().Conv2dWeightGrad(WeightGradArgs(run, c, x, dy));
  });
}
void ExpectTrio(const ConvCase& c, DType dtype = DType::kF32) { ExpectTrio(c, dtype, ContractionTolerance(dtype)); }

void ExpectTrios(const std::vector<ConvCase>& cases, const Tolerance& bf16 = ContractionTolerance(DType::kBF16)) {
  for (const ConvCase& c : cases) {
    ExpectTrio(c);
    ExpectTrio(c, DType::kBF16, bf16);
  }
}

TEST(Conv2dSuite, EveryKernelStridePadAndGrouping) { ExpectTrios(ConvCasesOfEveryKind()); }

TEST(Conv2dSuite, OddShapes) { ExpectTrios(OddConvCases()); }

TEST(Conv2dSuite, ModelShapes) { ExpectTrios(ModelConvCases()); }

TEST(Conv2dSuite, ManyTiles) { ExpectTrios(ConvCasesOfManyTiles(), WinogradBf16Tolerance()); }

// oneDNN 2.6.3 on AVX2 computes this weight gradient out of bounds in NHWC: above a certain size it crashes, or its
// threads deadlock (uxlfoundation/oneDNN#6035). If this test hangs, a backend passed the case to oneDNN.
TEST(Conv2dSuite, WeightGradOfPointwiseStride2WithFewChannels) {
  const ConvGeometry stride2 = {2, 2, 0, 0, 1};
  ExpectTrio({4, 16, 16, 3, 8, 1, 1, stride2});
  ExpectTrio({8, 64, 64, 3, 16, 1, 1, stride2});
  ExpectTrio({8, 32, 32, 4, 16, 1, 1, stride2});
  ExpectTrio({4, 32, 32, 8, 16, 1, 1, {2, 2, 0, 0, 2}});
  ExpectTrio({4, 32, 32, 3, 8, 1, 1, stride2}, DType::kBF16);
}

// <y, Conv2d(x, w)> = <x, Conv2dInputGrad(y, w)> = <w, Conv2dWeightGrad(x, y)>. Does not use the reference backend.
TEST(Conv2dSuite, TheTrioIsAdjoint) {
  const ConvCase cases[] = {{2, 9, 7, 6, 10, 3, 3, ConvGeometry::Padded(1)},
                            {2, 9, 7, 6, 10, 3, 3, {2, 2, 1, 1, 2}},
                            {2, 16, 16, 32, 32, 3, 3, ConvGeometry::Padded(1)},
                            {2, 8, 8, 8, 8, 5, 5, {1, 1, 2, 2, 8}}};
  for (Device device : AvailableDevices()) {
    for (const ConvCase& c : cases) {
      SCOPED_TRACE(::testing::Message() << "device " << device << " " << Describe(c, DType::kF32));
      const HostTensor x = Normal(c.x(), DType::kF32, 4), w = Normal(c.w(), DType::kF32, 5),
                       y = Normal(c.y(), DType::kF32, 6);
      KernelRun run(device, Precision::kAsGiven);
      const Conv2dArgs forward = ForwardArgs(run, c, x, w);
      const Conv2dInputGradArgs input_grad = InputGradArgs(run, c, y, w);
      const Conv2dWeightGradArgs weight_grad = WeightGradArgs(run, c, x, y);
      run.backend().Conv2d(forward);
      run.backend().Conv2dInputGrad(input_grad);
      run.backend().Conv2dWeightGrad(weight_grad);
      const HostTensor conv = run.Read(forward.y);
      const double product = Dot(y, conv);
      // Relative to the largest possible value of the inner product. With TF32, a GPU rounds each factor to 11 bits.
      const double allowed = (device.type == DeviceType::kCuda ? 1e-3 : 1e-5) * Norm(y) * Norm(conv);
      EXPECT_NEAR(product, Dot(x, run.Read(input_grad.dx)), allowed);
      EXPECT_NEAR(product, Dot(w, run.Read(weight_grad.dw)), allowed);
    }
  }
}

// Every combination of the epilogue's operands, with every method that a backend has for convolutions.
TEST(Conv2dSuite, Epilogues) {
  struct Constants {
    double in_gain, slope, gain, clamp;
  };
  // Results reach the clamps only where they are scaled. The errors are those of the sums, which are large beside a
  // clamp that lies far inside their range.
  const Constants constants[] = {{1, 1, 1, 0}, {0.0625, 0.2, 1.5, 0}, {0.0625, 0, 1, 8}, {1, 0, 1, 128}};
  const ConvCase cases[] = {
      {2, 16, 16, 32, 32, 3, 3, ConvGeometry::Padded(1)},  // Winograd, and on a GPU cuDNN's graph
      {3, 9, 14, 16, 48, 3, 3, ConvGeometry::Padded(1)},   // with tiles that the edge cuts
      {2, 9, 7, 8, 24, 1, 1, {}},
      {2, 9, 7, 8, 16, 1, 1, {2, 2, 0, 0, 1}},
      {2, 9, 8, 24, 24, 5, 5, {2, 2, 2, 2, 24}},  // depthwise
      {2, 4, 4, 33, 33, 3, 3, {}},
      {2, 5, 5, 16, 3, 1, 1, {}},  // to RGB
  };
  for (const ConvCase& c : cases) {
    for (const Constants& k : constants) {
      for (int operands = 0; operands < 8; ++operands) {
        const bool has_scale = operands & 1, has_bias = operands & 2, has_noise = operands & 4;
        for (DType dtype : {DType::kF32, DType::kBF16}) {
          SCOPED_TRACE(::testing::Message() << Describe(c, dtype) << (has_scale ? " scale" : "")
                                            << (has_bias ? " bias" : "") << (has_noise ? " noise" : "") << " slope "
                                            << k.slope << " gain " << k.gain << " clamp " << k.clamp);
          const Shape y = c.y(), pixels = {y[0], y[1], y[2], 1};
          const HostTensor x = Normal(c.x(), dtype, 1), w = Normal(c.w(), dtype, 2);
          Tolerance tolerance = ContractionTolerance(dtype);
          tolerance.winograd_bf16 = dtype == DType::kBF16;
          ExpectMatchesRef(tolerance, [&](KernelRun& run) {
            Conv2dArgs args = ForwardArgs(run, c, x, w);
            Conv2dEpilogue& e = args.epilogue;
            if (has_scale) e.scale = run.Input(Normal({y[0], y[3]}, DType::kF32, 3));
            if (has_bias) e.bias = run.Input(Normal({y[3]}, DType::kF32, 4));
            if (has_noise) {
              e.noise = run.Input(Normal(pixels, DType::kF32, 5));
              e.strength = run.Input(HostTensor({1}, DType::kF32, {0.3}));
            }
            e.in_gain = k.in_gain;
            e.slope = k.slope;
            e.gain = k.gain;
            e.clamp = k.clamp;
            run.backend().Conv2d(args);
          });
        }
      }
    }
  }
}

// No element of the weights: only the epilogue gives values.
TEST(Conv2dSuite, AnEpilogueWithoutChannels) {
  const ConvCase c = {2, 4, 4, 0, 16, 3, 3, ConvGeometry::Padded(1)};
  ExpectMatchesRef(Exact(), [&](KernelRun& run) {
    Conv2dArgs args = ForwardArgs(run, c, Normal(c.x(), DType::kF32, 1), Normal(c.w(), DType::kF32, 2));
    args.epilogue.bias = run.Input(Normal({16}, DType::kF32, 3));
    run.backend().Conv2d(args);
  });
}

// The same geometry again with other contents: a cached primitive must not keep the old weights.
TEST(Conv2dSuite, RepeatedCallsReadTheirOperands) {
  const ConvCase c = {2, 16, 16, 16, 16, 3, 3, ConvGeometry::Padded(1)};
  ExpectMatchesRef(ContractionTolerance(DType::kF32), [&](KernelRun& run) {
    const TensorView x = run.Input(Normal(c.x(), DType::kF32, 7));
    const TensorView w = run.InOut(Normal(c.w(), DType::kF32, 8));
    run.backend().Conv2d({x, w, run.Output(c.y(), DType::kF32), c.geometry});
    run.backend().Fill({w, 0.5});  // the same buffer now holds other weights
    run.backend().Conv2d({x, w, run.Output(c.y(), DType::kF32), c.geometry});
  });
}

}  // namespace
}  // namespace sg::testing
