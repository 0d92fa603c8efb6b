#include "tests/support/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>

#include "engine/autograd/grad.h"
#include "engine/tensor/op.h"
#include "engine/tensor/tensor_access.h"
#include "tests/support/tensors.h"

namespace sg::testing {
namespace {

using internal::TensorAccess;
using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

using Function = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;
using Generator = std::mt19937_64;

// The rounding error of the values whose difference is taken, relative to the values: a hundred units in the last place
// of f64. Matters only if the derivative is many times smaller than the value, for example zero.
constexpr double kRounding = 2e-14;

Tensor FromDoubles(const TensorSpec& spec, const std::vector<double>& values) {
  if (spec.dtype == DType::kF64) return F64(spec.shape, values);
  return F32(spec.shape, std::vector<float>(values.begin(), values.end()), Device::Ref());
}

Tensor RandomLike(const Tensor& t, Generator* generator) {
  std::normal_distribution<double> normal;
  std::vector<double> values(t.NumElements());
  for (double& v : values) v = normal(*generator);
  return FromDoubles(t.spec(), values);
}

std::vector<Tensor> AsLeaves(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> leaves;
  for (const Tensor& t : tensors) leaves.push_back(t.Detach().Track());
  return leaves;
}

// The values of the function after moving input i by `step` times `direction`.
std::vector<Tensor> ValueAt(const Function& function, std::vector<Tensor> inputs, size_t i, double step,
                            const Tensor& direction) {
  std::vector<double> x = Values(inputs[i]);
  const std::vector<double> d = Values(direction);
  for (size_t k = 0; k < x.size(); ++k) x[k] += step * d[k];
  inputs[i] = FromDoubles(inputs[i].spec(), x);
  return function(AsLeaves(inputs));
}

// A sum and the sum of the magnitudes of its terms.
struct Total {
  double sum = 0, magnitude = 0;
  void Add(double term) {
    sum += term;
    magnitude += std::fabs(term);
  }
};

Total InnerProduct(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = Values(a), y = Values(b);
  Total total;
  for (size_t i = 0; i < x.size(); ++i) total.Add(x[i] * y[i]);
  return total;
}

// The function at one order of differentiation, and the names of its parts for messages.
struct Level {
  Function function;
  std::vector<Tensor> inputs;
  std::vector<std::string> input_names;
  std::string op;
  int order;
};

AssertionResult CheckInput(const Level& level, size_t i, const std::vector<Tensor>& seeds, const Tensor& gradient,
                           const Tensor& gradient_alone, const GradCheckOptions& options, Generator* generator) {
  const auto failure = [&] {
    return AssertionFailure() << level.op << ", derivative of order " << level.order << " with respect to "
                              << level.input_names[i] << " " << level.inputs[i] << ": ";
  };
  if (gradient.shape() != level.inputs[i].shape()) return failure() << "the gradient is " << gradient;

  const Tensor direction = RandomLike(level.inputs[i], generator);
  const std::vector<Tensor> plus = ValueAt(level.function, level.inputs, i, options.step, direction);
  const std::vector<Tensor> minus = ValueAt(level.function, level.inputs, i, -options.step, direction);
  Total numeric;
  double value_magnitude = 0;
  for (size_t k = 0; k < seeds.size(); ++k) {
    const std::vector<double> u = Values(seeds[k]), p = Values(plus[k]), m = Values(minus[k]);
    for (size_t j = 0; j < u.size(); ++j) {
      numeric.Add(u[j] * (p[j] - m[j]) / (2 * options.step));
      value_magnitude += std::fabs(u[j] * p[j]);
    }
  }
  const Total analytic = InnerProduct(gradient, direction);
  const double allowed =
      options.tolerance * std::max(numeric.magnitude, analytic.magnitude) + kRounding * value_magnitude / options.step;
  // Written as a negation, which makes a NaN fail.
  if (!(std::fabs(numeric.sum - analytic.sum) <= allowed)) {
    return failure() << "<u, J v> is " << numeric.sum << " by central differences, <J'u, v> is " << analytic.sum
                     << " from Grad; allowed difference " << allowed;
  }
  const double alone = InnerProduct(gradient_alone, direction).sum;
  if (!(std::fabs(alone - analytic.sum) <= allowed)) {
    return failure() << "<J'u, v> is " << analytic.sum << " when all inputs are asked for, but " << alone
                     << " when this one is";
  }
  return AssertionSuccess();
}

AssertionResult CheckLevel(const Level& level, const GradCheckOptions& options, Generator* generator) {
  const std::vector<Tensor> leaves = AsLeaves(level.inputs);
  const std::vector<Tensor> outputs = level.function(leaves);
  std::vector<Tensor> seeds;
  for (const Tensor& y : outputs) seeds.push_back(RandomLike(y, generator));
  const std::vector<Tensor> gradients = Grad(outputs, leaves, seeds);
  for (size_t i = 0; i < leaves.size(); ++i) {
    const Tensor alone = Grad(outputs, {leaves[i]}, seeds)[0];
    const AssertionResult result = CheckInput(level, i, seeds, gradients[i], alone, options, generator);
    if (!result) return result;
  }
  if (level.order >= options.order) return AssertionSuccess();

  Level next;
  next.function = [f = level.function, n = leaves.size()](const std::vector<Tensor>& in) {
    const std::vector<Tensor> x(in.begin(), in.begin() + n), u(in.begin() + n, in.end());
    return Grad(f(x), x, u, {/*create_graph=*/true});
  };
  next.inputs = level.inputs;
  next.inputs.insert(next.inputs.end(), seeds.begin(), seeds.end());
  next.input_names = level.input_names;
  for (size_t k = 0; k < seeds.size(); ++k) {
    next.input_names.push_back("seed " + std::to_string(k) + " of order " + std::to_string(level.order));
  }
  next.op = level.op;
  next.order = level.order + 1;
  return CheckLevel(next, options, generator);
}

}  // namespace

AssertionResult CheckGradients(const TensorFunction& function, const std::vector<Tensor>& inputs,
                               const GradCheckOptions& options) {
  Level level;
  level.function = [&function](const std::vector<Tensor>& x) { return std::vector<Tensor>{function(x)}; };
  level.inputs = inputs;
  for (size_t i = 0; i < inputs.size(); ++i) level.input_names.push_back("input " + std::to_string(i));
  const Tensor output = function(AsLeaves(inputs));
  level.op =
      TensorAccess::Info(output).node == nullptr ? "unrecorded output" : TensorAccess::Info(output).node->op->name();
  level.order = 1;
  Generator generator(options.seed);
  return CheckLevel(level, options, &generator);
}

}  // namespace sg::testing
