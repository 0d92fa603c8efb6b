// BiasAct and BiasActGrad on every device, with all combinations of optional operands.
#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

struct Constants {
  double in_gain, slope, gain, clamp;
};

// The clamps lie inside the range of the results, which exercises all three branches.
const Constants kConstants[] = {
    {1, 0.2, 1, 0},     // the annotated model
    {1, 0.2, 1.5, 0},   // a gain
    {0.25, 0.2, 2, 0},  // an equalized layer's weight scale
    {1, 0.2, 1.5, 1},   // clamped
    {0.5, 1, 1, 0},     // linear
    {1, 1, 2, 0.75},    // linear, clamped
    {1, 0, 1, 0},       // ReLU
    {1, 0, 1, 1},       // ReLU, clamped
};

// The shape [N,C] for x [N,...,C].
Shape ScaleShape(const Shape& x) { return {x.dim(0), x.dim(-1)}; }

const Shape kShapes[] = {{1}, {5}, {3, 1}, {4, 512}, {2, 5, 7, 3}, {2, 3, 5, 16}, {2, 9, 9, 33}, {4, 16, 16, 64}};

TEST(BiasActSuite, EveryCombination) {
  for (const Shape& shape : kShapes) {
    for (const Constants& c : kConstants) {
      for (int operands = 0; operands < (shape.rank() > 1 ? 8 : 4); ++operands) {
        for (DType dtype : {DType::kF32, DType::kBF16}) {
          const bool has_bias = operands & 1, has_noise = operands & 2, has_scale = operands & 4;
          SCOPED_TRACE(::testing::Message() << dtype << shape << (has_scale ? " scale" : "")
                                            << (has_bias ? " bias" : "") << (has_noise ? " noise" : "") << " slope "
                                            << c.slope << " gain " << c.gain << " clamp " << c.clamp);
          Shape one_channel = shape;
          one_channel.set_dim(-1, 1);
          const HostTensor x = Normal(shape, dtype, 1), bias = Normal({shape.dim(-1)}, dtype, 2),
                           noise = Normal(one_channel, dtype, 3), strength({1}, dtype, {0.3});
          ExpectMatchesRef(ElementwiseTolerance(dtype), [&](KernelRun& run) {
            BiasActArgs args;
            args.x = run.Input(x);
            if (has_scale) args.scale = run.Input(Normal(ScaleShape(shape), dtype, 6));
            if (has_bias) args.bias = run.Input(bias);
            if (has_noise) {
              args.noise = run.Input(noise);
              args.strength = run.Input(strength);
            }
            args.y = run.Output(shape, dtype);
            args.in_gain = c.in_gain;
            args.slope = c.slope;
            args.gain = c.gain;
            args.clamp = c.clamp;
            run.backend().BiasAct(args);
          });
        }
      }
    }
  }
}

TEST(BiasActGradSuite, EveryBranch) {
  for (const Shape& shape : kShapes) {
    for (const Constants& c : kConstants) {
      for (bool has_scale : {false, true}) {
        if (has_scale && shape.rank() == 1) continue;
        for (DType dtype : {DType::kF32, DType::kBF16}) {
          SCOPED_TRACE(::testing::Message() << dtype << shape << (has_scale ? " scale" : "") << " slope " << c.slope
                                            << " gain " << c.gain << " clamp " << c.clamp);
          HostTensor y = Normal(shape, dtype, 4);
          if (c.clamp > 0) {
            for (double& v : y.values) v = v < -c.clamp ? -c.clamp : (v > c.clamp ? c.clamp : v);
          }
          y.values[0] = 0;  // a pre-activation of 0 takes the slope of the negative side
          const HostTensor dy = Normal(shape, dtype, 5);
          ExpectMatchesRef(ElementwiseTolerance(dtype), [&](KernelRun& run) {
            BiasActGradArgs args;
            args.dy = run.Input(dy);
            args.y = run.Input(y);
            if (has_scale) args.scale = run.Input(Normal(ScaleShape(shape), dtype, 6));
            args.dx = run.Output(shape, dtype);
            args.in_gain = c.in_gain;
            args.slope = c.slope;
            args.gain = c.gain;
            args.clamp = c.clamp;
            run.backend().BiasActGrad(args);
          });
        }
      }
    }
  }
}

}  // namespace
}  // namespace sg::testing
