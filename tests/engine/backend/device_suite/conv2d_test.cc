// Conv2d, Conv2dInputGrad and Conv2dWeightGrad on every device. The target conv2d_avx2_test runs the same cases with
// oneDNN limited to AVX2, whose kernels differ from those for AVX-512.
#include <cmath>
#include <string>
#include <vector>

#include "engine/base/conv_geometry.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

struct ConvCase {
  int64_t batch, height, width, channels, outputs, kernel_h, kernel_w;
  ConvGeometry geometry;

  Shape x() const { return {batch, height, width, channels}; }
  Shape w() const { return {outputs, kernel_h, kernel_w, channels / geometry.groups}; }
  Shape y() const { return Conv2dOutputShape("Conv2d", x(), w(), geometry); }
};

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

// Conv2dWeightGrad of a 1x1 kernel with stride 2 and fewer than 8 channels. It has a separate test below.
bool IsTheFragileCase(const ConvCase& c) {
  return c.kernel_h == 1 && c.kernel_w == 1 && c.geometry.stride_h == 2 && c.channels / c.geometry.groups < 8;
}

TEST(Conv2dSuite, EveryKernelStridePadAndGrouping) {
  for (int64_t kernel : {1, 3, 5}) {
    for (int64_t stride : {1, 2}) {
      for (int64_t pad : {0, 1, 2}) {
        for (int64_t groups : {1, 2, 8}) {  // 8: depthwise
          for (DType dtype : {DType::kF32, DType::kBF16}) {
            const ConvCase c = {2, 9, 7, 8, 16, kernel, kernel, {stride, stride, pad, pad, groups}};
            if (!IsTheFragileCase(c)) ExpectTrio(c, dtype);
          }
        }
      }
    }
  }
}

const ConvCase kOddShapes[] = {
    {1, 1, 1, 1, 1, 1, 1, {}},                        // one number
    {1, 1, 1, 5, 3, 1, 1, {}},                        // one pixel
    {3, 1, 1, 5, 3, 3, 3, ConvGeometry::Padded(1)},   // ... with a kernel that otherwise reads only padding
    {1, 3, 3, 2, 4, 3, 3, {}},                        // the kernel covers the image
    {2, 8, 8, 3, 16, 3, 3, ConvGeometry::Padded(1)},  // RGB in
    {2, 8, 8, 16, 3, 1, 1, {}},                       // RGB out
    {2, 8, 8, 16, 3, 3, 3, ConvGeometry::Padded(1)},
    {1, 13, 5, 7, 11, 3, 3, ConvGeometry::Padded(1)},  // everything odd
    {2, 5, 17, 6, 10, 3, 3, {2, 2, 1, 1, 1}},
    {2, 6, 9, 4, 6, 3, 5, {1, 2, 1, 2, 1}},  // height and width differ in every parameter
    {2, 9, 6, 4, 6, 5, 1, {2, 1, 2, 0, 2}},
    {2, 10, 10, 4, 4, 3, 3, {3, 3, 1, 1, 1}},  // a stride that leaves pixels unread at the edge
    {2, 8, 8, 4, 4, 2, 2, {2, 2, 0, 0, 1}},    // an even kernel
    {1, 6, 6, 6, 12, 3, 3, {1, 1, 1, 1, 6}},   // depthwise with two outputs per channel
    {2, 7, 7, 12, 6, 3, 3, {1, 1, 1, 1, 3}},   // fewer outputs than inputs per group
    {2, 6, 6, 8, 8, 3, 3, {1, 1, 3, 3, 1}},    // padding as wide as the kernel
};

TEST(Conv2dSuite, OddShapes) {
  for (const ConvCase& c : kOddShapes) {
    ExpectTrio(c);
    ExpectTrio(c, DType::kBF16);
  }
}

// The shapes of the model, including the head of the discriminator.
const ConvCase kModelShapes[] = {
    {2, 4, 4, 64, 64, 3, 3, ConvGeometry::Padded(1)},
    {2, 17, 17, 16, 24, 3, 3, {2, 2, 0, 0, 1}},
    {2, 16, 16, 32, 64, 1, 1, {}},
    {2, 4, 4, 513, 513, 4, 4, {}},
};

TEST(Conv2dSuite, ModelShapes) {
  for (const ConvCase& c : kModelShapes) {
    ExpectTrio(c);
    ExpectTrio(c, DType::kBF16);
  }
}

// Enough tiles for Winograd's method on the CPU: a shape of the model, and one with partial tiles at both edges.
TEST(Conv2dSuite, ManyTiles) {
  const ConvCase cases[] = {{2, 16, 16, 32, 32, 3, 3, ConvGeometry::Padded(1)},
                            {4, 8, 8, 64, 48, 3, 3, ConvGeometry::Padded(1)},
                            {1, 33, 30, 16, 32, 3, 3, ConvGeometry::Padded(1)}};
  for (const ConvCase& c : cases) {
    ExpectTrio(c);
    ExpectTrio(c, DType::kBF16, WinogradBf16Tolerance());
  }
}

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
