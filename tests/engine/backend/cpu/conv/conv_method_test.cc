// Tests the rule, and that every method which claims a geometry supports it: results match the reference backend in
// f64, and the method that the rule chooses gives the same bits as the backend.
#include "engine/backend/cpu/conv/conv_method.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/ref/ref_backend.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

using cpu::ConvDirection;
using cpu::ConvMethod;

constexpr ConvDirection kDirections[] = {ConvDirection::kForward, ConvDirection::kInputGrad,
                                         ConvDirection::kWeightGrad};

struct Case {
  Shape x, w;
  ConvGeometry geometry;
  Shape y() const { return Conv2dOutputShape("Conv2d", x, w, geometry); }
};

Case Square(int64_t batch, int64_t size, int64_t in, int64_t out, int64_t kernel, const ConvGeometry& geometry) {
  return {{batch, size, size, in}, {out, kernel, kernel, in}, geometry};
}

std::vector<float> Values(const Shape& shape, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<size_t>(shape.NumElements()));
  for (float& value : values) value = normal(generator);
  return values;
}

// Memory from the backend, which must drop packed weights when a buffer is freed.
class Buffer {
 public:
  explicit Buffer(const Shape& shape, const std::vector<float>& values)
      : view_{CpuBackend()->Allocate(values.size() * sizeof(float)), DType::kF32, shape} {
    CpuBackend()->CopyFromHost(view_.data, values.data(), values.size() * sizeof(float));
  }
  ~Buffer() { CpuBackend()->Free(view_.data); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  const TensorView& view() const { return view_; }
  std::vector<float> Get() const {
    std::vector<float> values(static_cast<size_t>(view_.NumElements()));
    CpuBackend()->CopyToHost(values.data(), view_.data, values.size() * sizeof(float));
    return values;
  }

 private:
  TensorView view_;
};

// One direction of a case: the operands a and b, and the results of the three ways to compute it.
class Problem {
 public:
  Problem(const Case& c, ConvDirection direction)
      : geometry_(c.geometry),
        direction_(direction),
        a_shape_(direction == ConvDirection::kInputGrad ? c.y() : c.x),
        b_shape_(direction == ConvDirection::kWeightGrad ? c.y() : c.w),
        result_(direction == ConvDirection::kForward     ? c.y()
                : direction == ConvDirection::kInputGrad ? c.x
                                                         : c.w),
        a_(a_shape_, Values(a_shape_, 1)),
        b_(b_shape_, Values(b_shape_, 2)) {}

  std::vector<float> By(ConvMethod method) const {
    return Fresh([&](const TensorView& y) {
      switch (direction_) {
        case ConvDirection::kForward: return CpuConv2dBy(method, {a_.view(), b_.view(), y, geometry_});
        case ConvDirection::kInputGrad: return CpuConv2dInputGradBy(method, {a_.view(), b_.view(), y, geometry_});
        case ConvDirection::kWeightGrad: return CpuConv2dWeightGradBy(method, {a_.view(), b_.view(), y, geometry_});
      }
    });
  }
  std::vector<float> ByTheBackend() const {
    return Fresh([&](const TensorView& y) { Run(*CpuBackend(), a_.view(), b_.view(), y); });
  }
  std::vector<double> Reference() const {
    std::vector<double> a = Wide(a_), b = Wide(b_), y(static_cast<size_t>(result_.NumElements()));
    Run(*RefBackend(), {a.data(), DType::kF64, a_shape_}, {b.data(), DType::kF64, b_shape_},
        {y.data(), DType::kF64, result_});
    return y;
  }

 private:
  std::vector<float> Fresh(const std::function<void(const TensorView&)>& compute) const {
    const Buffer y(result_, std::vector<float>(static_cast<size_t>(result_.NumElements()), NAN));
    compute(y.view());
    return y.Get();
  }
  void Run(Backend& backend, const TensorView& a, const TensorView& b, const TensorView& y) const {
    switch (direction_) {
      case ConvDirection::kForward: return backend.Conv2d({a, b, y, geometry_});
      case ConvDirection::kInputGrad: return backend.Conv2dInputGrad({a, b, y, geometry_});
      case ConvDirection::kWeightGrad: return backend.Conv2dWeightGrad({a, b, y, geometry_});
    }
  }
  static std::vector<double> Wide(const Buffer& buffer) {
    const std::vector<float> values = buffer.Get();
    return {values.begin(), values.end()};
  }

  ConvGeometry geometry_;
  ConvDirection direction_;
  Shape a_shape_, b_shape_, result_;
  Buffer a_, b_;
};

double RelativeRms(const std::vector<float>& got, const std::vector<double>& want) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    error += (got[i] - want[i]) * (got[i] - want[i]);
    norm += want[i] * want[i];
  }
  return std::sqrt(error / norm);
}

// The methods in the order of kConvMethods. The chosen one is marked with a star.
std::string Methods(const Case& c, ConvDirection direction) {
  std::string names;
  for (const ConvMethod method : cpu::kConvMethods) {
    const bool taken = cpu::MethodFor(direction, c.x, c.w, c.y(), c.geometry) == method;
    const bool can = cpu::CanCompute(method, direction, c.w, c.geometry);
    if (can || taken) names += std::string(names.empty() ? "" : " ") + Name(method) + (taken ? can ? "*" : "!" : "");
  }
  return names;
}

const ConvGeometry kSame = ConvGeometry::Padded(1), kHalving = {2, 2, 0, 0, 1};

TEST(ConvMethodTest, Rule) {
  const ConvDirection forward = ConvDirection::kForward, input = ConvDirection::kInputGrad,
                      weight = ConvDirection::kWeightGrad;
  // 64 and 48 tiles. For small weights below, 16 and 15.
  const Case enough = Square(4, 16, 256, 256, 3, kSame), few = Square(3, 16, 256, 256, 3, kSame);
  const Case enough_of_small = Square(1, 16, 256, 128, 3, kSame),
             few_of_small = {{5, 12, 4, 256}, {128, 3, 3, 256}, kSame};
  for (const ConvDirection direction : kDirections) {
    EXPECT_EQ(Methods(enough, direction), "winograd* direct columns");
    EXPECT_EQ(Methods(few, direction), "winograd direct* columns");
    EXPECT_EQ(Methods(few_of_small, direction), "winograd direct* columns");
    EXPECT_EQ(Methods(Square(4, 16, 3, 32, 3, kSame), direction), "direct* columns");
    EXPECT_EQ(Methods(Square(2, 9, 16, 16, 3, kHalving), direction), "direct* columns");
    EXPECT_EQ(Methods(Square(8, 4, 17, 17, 3, {}), direction), "direct columns*");
    EXPECT_EQ(Methods(Square(2, 8, 16, 16, 1, kHalving), direction), "columns sampled*");
    EXPECT_EQ(Methods({{2, 8, 8, 8}, {8, 3, 3, 4}, {1, 1, 1, 1, 2}}, direction), "direct*");
  }
  EXPECT_EQ(Methods(enough_of_small, forward), "winograd* direct columns");
  EXPECT_EQ(Methods(enough_of_small, input), "winograd* direct columns");
  EXPECT_EQ(Methods(enough_of_small, weight), "winograd direct* columns");
  const Case to_rgb = Square(2, 8, 16, 3, 1, {}), from_rgb = Square(2, 8, 3, 16, 1, {});
  EXPECT_EQ(Methods(to_rgb, forward), "direct*");
  EXPECT_EQ(Methods(to_rgb, input), "direct*");
  EXPECT_EQ(Methods(to_rgb, weight), "direct columns*");
  EXPECT_EQ(Methods(from_rgb, weight), "direct* columns");
  // Without padding, 10x10 inputs have 9 tiles and 8x8 outputs have 4. The rule counts tiles of the result.
  const Case inner = Square(3, 10, 16, 16, 3, {});
  EXPECT_EQ(Methods(inner, forward), "winograd direct* columns");
  EXPECT_EQ(Methods(inner, input), "winograd* direct columns");
}

TEST(ConvMethodTest, EveryMethodComputesWhatItClaims) {
  constexpr double kMaxRelativeRms = 1e-5;  // Winograd's bound from winograd_conv2d.h; the other methods are far below
  const std::vector<Case> cases = {
      Square(4, 16, 16, 32, 3, kSame),
      Square(2, 10, 16, 16, 3, {}),
      Square(2, 9, 8, 24, 3, kHalving),
      Square(3, 4, 17, 9, 3, {}),
      Square(2, 8, 16, 3, 1, {}),
      Square(2, 8, 3, 16, 1, {}),
      Square(2, 8, 16, 16, 1, kHalving),
      {{2, 7, 6, 8}, {8, 3, 3, 4}, {1, 1, 1, 1, 2}},
      {{2, 7, 6, 12}, {6, 1, 1, 4}, {2, 1, 0, 0, 3}},
  };
  for (const Case& c : cases) {
    for (const ConvDirection direction : kDirections) {
      const Problem problem(c, direction);
      const std::vector<double> reference = problem.Reference();
      const ConvMethod taken = cpu::MethodFor(direction, c.x, c.w, c.y(), c.geometry);
      for (const ConvMethod method : cpu::kConvMethods) {
        if (!cpu::CanCompute(method, direction, c.w, c.geometry)) continue;
        SCOPED_TRACE(::testing::Message() << Name(method) << ", x " << c.x << " w " << c.w << " " << c.geometry
                                          << ", direction " << static_cast<int>(direction));
        const std::vector<float> result = problem.By(method);
        EXPECT_LE(RelativeRms(result, reference), kMaxRelativeRms);
        if (method == taken) {
          EXPECT_EQ(result, problem.ByTheBackend());
        }
      }
    }
  }
}

// A training step that includes the epilogue in the convolution repeats the bits of one that does not.
TEST(ConvMethodTest, AnEpilogueGivesTheBitsOfBiasActAfterwards) {
  const std::vector<Case> cases = {
      Square(4, 16, 16, 32, 3, kSame),   Square(3, 18, 16, 64, 3, kSame),
      Square(2, 9, 8, 24, 3, kHalving),  Square(3, 4, 17, 33, 3, {}),
      Square(2, 8, 16, 3, 1, {}),        Square(5, 14, 24, 48, 1, {}),
      Square(2, 8, 16, 16, 1, kHalving), {{2, 9, 8, 24}, {24, 5, 5, 1}, {1, 1, 2, 2, 24}},
  };
  struct Constants {
    double in_gain, slope, gain, clamp;
  };
  const Constants constants[] = {{0.25, 0.2, 1.5, 0}, {1, 0, 1, 2}, {1, 1, 1, 0}, {0.5, 0.2, 1, 1}};
  for (const Case& c : cases) {
    const Shape y = c.y();
    const Buffer x(c.x, Values(c.x, 1)), w(c.w, Values(c.w, 2)), scale({y[0], y[3]}, Values({y[0], y[3]}, 3)),
        bias({y[3]}, Values({y[3]}, 4)), noise({y[0], y[1], y[2], 1}, Values({y[0], y[1], y[2], 1}, 5)),
        strength({1}, {0.3f});
    for (const ConvMethod method : cpu::kConvMethods) {
      if (!cpu::CanCompute(method, ConvDirection::kForward, c.w, c.geometry)) continue;
      for (const Constants& k : constants) {
        for (int operands = 0; operands < 8; ++operands) {
          SCOPED_TRACE(::testing::Message() << Name(method) << ", x " << c.x << " w " << c.w << " " << c.geometry
                                            << ", operands " << operands << " slope " << k.slope);
          const std::vector<float> stale(static_cast<size_t>(y.NumElements()), NAN);
          const Buffer fused(y, stale), sums(y, stale), separate(y, stale);
          Conv2dArgs conv = {x.view(), w.view(), sums.view(), c.geometry};
          CpuConv2dBy(method, conv);
          conv.y = fused.view();
          Conv2dEpilogue& e = conv.epilogue;
          if (operands & 1) e.scale = scale.view();
          if (operands & 2) e.bias = bias.view();
          if (operands & 4) {
            e.noise = noise.view();
            e.strength = strength.view();
          }
          e.in_gain = k.in_gain;
          e.slope = k.slope;
          e.gain = k.gain;
          e.clamp = k.clamp;
          CpuConv2dBy(method, conv);
          CpuBackend()->BiasAct({sums.view(), e.scale, e.bias, e.noise, e.strength, separate.view(), e.in_gain, e.slope,
                                 e.gain, e.clamp});
          EXPECT_EQ(fused.Get(), separate.Get());
        }
      }
    }
  }
}

TEST(ConvMethodDeathTest, AMethodThatCannotIsNamed) {
  const Problem strided(Square(2, 8, 4, 8, 1, kHalving), ConvDirection::kForward);
  EXPECT_DEATH(strided.By(ConvMethod::kDirect), "the method \"direct\" does not compute");
  EXPECT_DEATH(strided.By(ConvMethod::kWinograd), "the method \"winograd\" does not compute");
}

}  // namespace
}  // namespace sg
