// AdamStep, Lerp and SquaredNorm on every device.
#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

const Shape kParameterShapes[] = {{1}, {7}, {3, 3, 3, 5}, {512}, {40001}};

struct AdamCase {
  double lr, beta1, beta2, eps, grad_scale;
  int64_t first_step;
};
const AdamCase kAdamCases[] = {
    {1e-2, 0.9, 0.999, 1e-8, 1, 1},
    {2e-3, 0, 0.99, 1e-8, 0.37, 1},  // StyleGAN2
    {1e-2, 0.5, 0.9, 1e-4, 1, 1000},
};

// A parameter that starts at 0 is the sum of its updates, which partly cancel. The scalar ends at a twentieth of one
// update, so the rounding of an update, 2e-7, weighs twenty times as much.
constexpr Tolerance kAdamTolerance = {1e-5, 1e-5, false};

TEST(AdamStepSuite, SeveralStepsOfSeveralTensors) {
  for (const AdamCase& c : kAdamCases) {
    SCOPED_TRACE(::testing::Message() << "beta1 " << c.beta1 << " beta2 " << c.beta2 << " step " << c.first_step);
    ExpectMatchesRef(kAdamTolerance, [&](KernelRun& run) {
      std::vector<AdamTensor> tensors;
      for (const Shape& shape : kParameterShapes) {
        const HostTensor zeros(shape, DType::kF32, std::vector<double>(shape.NumElements(), 0.0));
        // The parameters start at 0, which makes them the sums of their updates. With beta1 = 0 there is no first
        // moment.
        const TensorView m = c.beta1 == 0 ? TensorView() : run.InOut(zeros);
        tensors.push_back({run.InOut(zeros), m, run.InOut(zeros), {}});
      }
      AdamStepArgs args;
      args.grad_scale = run.Input(HostTensor({1}, DType::kF32, {c.grad_scale}));
      args.lr = c.lr;
      args.beta1 = c.beta1;
      args.beta2 = c.beta2;
      args.eps = c.eps;
      uint64_t seed = 0;
      for (int64_t step = 0; step < 4; ++step) {
        for (AdamTensor& t : tensors) t.gradient = run.Input(Normal(t.parameter.shape, DType::kF32, ++seed));
        args.tensors = tensors;
        args.step = c.first_step + step;
        run.backend().AdamStep(args);
      }
    });
  }
}

TEST(AdamStepSuite, ANonFiniteScaleChangesNothing) {
  for (double scale : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                       -std::numeric_limits<double>::infinity()}) {
    const HostTensor p = Normal({37}, DType::kF32, 1), m = Normal({37}, DType::kF32, 2),
                     v = Uniform({37}, DType::kF32, 3, 0, 1), g = Normal({37}, DType::kF32, 4);
    ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
      const std::vector<AdamTensor> tensors = {{run.InOut(p), run.InOut(m), run.InOut(v), run.Input(g)}};
      AdamStepArgs args;
      args.tensors = tensors;
      args.grad_scale = run.Input(HostTensor({1}, DType::kF32, {scale}));
      run.backend().AdamStep(args);
      ExpectClose(run.Read(tensors[0].parameter), p, Exact());
      ExpectClose(run.Read(tensors[0].m), m, Exact());
      ExpectClose(run.Read(tensors[0].v), v, Exact());
    });
  }
}

TEST(AdamStepSuite, NoTensors) {
  ExpectMatchesRef(Exact(), [](KernelRun& run) {
    AdamStepArgs args;
    args.grad_scale = run.Input(HostTensor({1}, DType::kF32, {1}));
    run.backend().AdamStep(args);
  });
}

TEST(LerpSuite, SeveralPairs) {
  for (double t : {0.0, 0.001, 0.3, 1.0}) {
    SCOPED_TRACE(t);
    ExpectMatchesRef(ElementwiseTolerance(DType::kF32), [&](KernelRun& run) {
      std::vector<LerpPair> pairs;
      uint64_t seed = 0;
      for (const Shape& shape : kParameterShapes) {
        const HostTensor target = Normal(shape, DType::kF32, ++seed), source = Normal(shape, DType::kF32, ++seed);
        pairs.push_back({run.InOut(target), run.Input(source)});
      }
      run.backend().Lerp({pairs, t});
    });
  }
}

TEST(LerpSuite, SourcesThatAreNotFinite) {
  ExpectMatchesRef(ElementwiseTolerance(DType::kF32), [](KernelRun& run) {
    const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> source(1000, 2.0f);
    for (size_t i = 0; i < source.size(); i += 4) source[i] = i % 3 == 0 ? infinity : (i % 3 == 1 ? -infinity : nan);
    const std::vector<double> values(source.begin(), source.end());
    const LerpPair pair = {run.InOut(Normal({1000}, DType::kF32, 1)),
                           run.Input(HostTensor({1000}, DType::kF32, values))};
    run.backend().Lerp({absl::MakeSpan(&pair, 1), 0.25});
  });
}

TEST(SquaredNormSuite, OverAllTensors) {
  ExpectMatchesRef(SumTolerance(DType::kF32), [&](KernelRun& run) {
    std::vector<TensorView> tensors;
    uint64_t seed = 0;
    for (const Shape& shape : kParameterShapes) tensors.push_back(run.Input(Normal(shape, DType::kF32, ++seed)));
    run.backend().SquaredNorm({tensors, run.Output({1}, DType::kF32)});
    run.backend().SquaredNorm({{}, run.Output({1}, DType::kF32)});
    for (const TensorView& tensor : tensors) {
      run.backend().SquaredNorm({absl::MakeSpan(&tensor, 1), run.Output({}, DType::kF32)});
    }
  });
}

// More equal squares than one f32 accumulator can add without loss.
TEST(SquaredNormSuite, LongSums) {
  const HostTensor x({1000003}, DType::kF32, std::vector<double>(1000003, 0.1));
  ExpectMatchesRef(SumTolerance(DType::kF32), [&](KernelRun& run) {
    const TensorView tensor = run.Input(x);
    run.backend().SquaredNorm({absl::MakeSpan(&tensor, 1), run.Output({1}, DType::kF32)});
  });
}

// The norm must reveal a diverged gradient, since it determines whether grad_scale is finite.
TEST(SquaredNormSuite, NonFiniteShows) {
  for (double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    HostTensor x = Normal({1001}, DType::kF32, 1);
    x.values[777] = bad;
    ExpectMatchesRef(Exact(), [&](KernelRun& run) {
      const TensorView tensor = run.Input(x);
      run.backend().SquaredNorm({absl::MakeSpan(&tensor, 1), run.Output({1}, DType::kF32)});
    });
  }
}

}  // namespace
}  // namespace sg::testing
