// The memory that the graph and Grad hold, and how long they hold it.
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/bias_act.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/ops/up_fir_dn.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::NormalF64;

Tensor F32On(Device device, const Shape& shape, uint64_t seed) {
  return Cast(NormalF64(shape, seed), DType::kF32).To(device);
}

// A miniature discriminator with one operation of every family.
struct Net {
  explicit Net(Device device)
      : conv(F32On(device, {8, 3, 3, 4}, 1).Track()),
        bias(F32On(device, {8}, 2).Track()),
        dense(F32On(device, {8, 1}, 3).Track()) {}

  Tensor operator()(const Tensor& x) const {
    BiasActInputs inputs;
    inputs.bias = bias;
    BiasActParams leaky;
    leaky.slope = 0.2;
    Tensor y = BiasAct(Conv2d(x, conv, ConvGeometry::Padded(1)), inputs, leaky);
    y = UpFirDn2d(y, MakeUpFirDn({1, 2, 1, 1, {0.25f, 0.5f, 0.25f}, EdgeMode::kReplicate}));
    y = Div(y, Sqrt(Affine(Mean(Square(y), {-1}, /*keep_dims=*/true), 1, 1e-3)));
    y = Concat({y, Narrow(Permute(y, {0, 2, 1, 3}), 3, 0, 2)}, 3);
    return Softplus(MatMul(Narrow(Mean(y, {1, 2}), 1, 0, 8), dense));
  }
  std::vector<Tensor> parameters() const { return {conv, bias, dense}; }

  Tensor conv, bias, dense;
};

class GradMemory : public ::testing::TestWithParam<Device> {
 protected:
  MemoryStats Stats() const { return BackendFor(GetParam()).Stats(); }
};

INSTANTIATE_TEST_SUITE_P(Devices, GradMemory, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(GradMemory, ReleasingTheGraphFreesItDuringTheWalk) {
  const Net net(GetParam());
  const Tensor x = F32On(GetParam(), {8, 24, 24, 4}, 4);
  // Measures the gradients, the live bytes while the output is still held, and the peak during the walk.
  const auto grad = [&](bool release, std::vector<Tensor>* gradients, int64_t* held, int64_t* peak) {
    GradOptions options;
    options.release_graph = release;
    const Tensor y = net(x);
    BackendFor(GetParam()).ResetPeak();
    *gradients = Grad({y}, net.parameters(), {}, options);
    *held = Stats().live_bytes;
    *peak = Stats().peak_bytes;
  };
  std::vector<Tensor> kept, released;
  int64_t kept_held, released_held, kept_peak, released_peak;
  grad(false, &kept, &kept_held, &kept_peak);
  grad(true, &released, &released_held, &released_peak);
  EXPECT_LT(released_held, kept_held);
  EXPECT_LT(released_peak, kept_peak);
  for (size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(kept[i].ToHost<float>(), released[i].ToHost<float>());
}

TEST_P(GradMemory, NothingLeaksAfterAStep) {
  const Net net(GetParam());
  const Tensor x = F32On(GetParam(), {2, 6, 6, 4}, 4);
  const auto step = [&] { Grad({net(x)}, net.parameters()); };
  step();  // from here on, a backend may keep reordered weights
  const MemoryStats before = Stats();
  step();
  EXPECT_EQ(Stats().live_buffers, before.live_buffers);
  EXPECT_EQ(Stats().live_bytes, before.live_bytes);
}

TEST_P(GradMemory, NothingLeaksAfterAStepWithCreateGraph) {
  const Net net(GetParam());
  const Tensor image = F32On(GetParam(), {2, 6, 6, 4}, 4);
  const auto step = [&] {
    Tensor x = image.Detach();
    x.Track();
    const Tensor dx = Grad({net(x)}, {x}, {}, {/*create_graph=*/true})[0];
    const std::vector<Tensor> g = Grad({Sum(Square(dx))}, net.parameters(), {}, {/*create_graph=*/true});
    Grad({Sum(Square(g[0]))}, net.parameters());
  };
  step();
  const MemoryStats before = Stats();
  step();
  EXPECT_EQ(Stats().live_buffers, before.live_buffers);
  EXPECT_EQ(Stats().live_bytes, before.live_bytes);
}

TEST_P(GradMemory, AGraphThatIsNeverWalkedLeaksNothingEither) {
  const Net net(GetParam());
  const Tensor x = F32On(GetParam(), {2, 6, 6, 4}, 4);
  net(x);
  const int64_t before = Stats().live_buffers;
  net(x);
  EXPECT_EQ(Stats().live_buffers, before);
}

constexpr int64_t kElements = 1 << 14;
constexpr int64_t kBytes = kElements * 4;  // a size that no pool rounds up

class KeptValues : public GradMemory {
 protected:
  // The bytes that are freed with the last handle to an operand of a recorded operation.
  template <typename F>
  int64_t FreedOperand(F&& operation) {
    Tensor x = F32On(GetParam(), {kElements}, 1);
    x.Track();
    Tensor operand = Affine(x, 0.5, 3);
    const Tensor y = operation(operand);
    const int64_t before = Stats().live_bytes;
    operand = Tensor();
    return before - Stats().live_bytes;
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, KeptValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(KeptValues, OperandsThatNoGradientReadsAreFreed) {
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Scale(x, 2); }), kBytes);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Add(x, x); }), kBytes);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Exp(x); }), kBytes);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Sum(x); }), kBytes);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Narrow(x, 0, 1, 4); }), kBytes);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Permute(x, {0}); }), kBytes);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Cast(x, DType::kBF16); }), kBytes);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return BiasAct(x, {}, {}); }), kBytes);
  EXPECT_EQ(FreedOperand([](const Tensor& x) {
              return UpFirDn2d(Reshape(x, {1, 128, 128, 1}), MakeUpFirDn({1, 1, 1, 1, {1, 2, 1}, EdgeMode::kZero}));
            }),
            kBytes);
}

TEST_P(KeptValues, OperandsThatTheGradientReadsStay) {
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Square(x); }), 0);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Mul(x, x); }), 0);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Log(x); }), 0);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return MatMul(Reshape(x, {128, 128}), Reshape(x, {128, 128})); }), 0);
  EXPECT_EQ(FreedOperand([](const Tensor& x) { return Reshape(x, {kElements, 1}); }), 0);  // shares the buffer
}

TEST_P(KeptValues, GradientsOfIntermediatesAreFreedAsTheWalkGoesOn) {
  Tensor x = F32On(GetParam(), {kElements}, 1);
  x.Track();
  Tensor y = x;
  for (int i = 0; i < 40; ++i) y = Scale(y, 1.01);
  const int64_t before = Stats().live_bytes;
  BackendFor(GetParam()).ResetPeak();
  Grad({y}, {x});
  EXPECT_LE(Stats().peak_bytes - before, 3 * kBytes);
}

TEST_P(KeptValues, ALinearChainKeepsNoValuesAtAll) {
  Tensor x = F32On(GetParam(), {kElements}, 1);
  x.Track();
  const int64_t before = Stats().live_bytes;
  Tensor y = x;
  for (int i = 0; i < 40; ++i) y = Scale(y, 1.01);
  EXPECT_EQ(Stats().live_bytes - before, kBytes);
}

}  // namespace
}  // namespace sg
