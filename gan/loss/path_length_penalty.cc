#include "gan/loss/path_length_penalty.h"

#include <cmath>
#include <limits>

#include "engine/autograd/grad.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"
#include "engine/tensor/record_scope.h"

namespace sg::gan {
namespace {

Tensor MeanSquare(const Tensor& x) { return MulSumTo(x, x, {}, 1.0 / x.NumElements()); }

}  // namespace

PathLengthPenalty::PathLengthPenalty(const PathLengthParams& params, DType dtype, Device device)
    : params_(params), exponential_sum_(Tensor::Zeros({1}, dtype, device)) {}

Tensor PathLengthPenalty::Penalty(const Tensor& w, const Tensor& images, const Tensor& y) {
  const TraceScope trace("PathLengthPenalty");
  SG_CHECK(images.shape() == y.shape() && w.shape().rank() == 3)
      << "[PathLengthPenalty] images " << images << ", y " << y << ", w " << w;
  const double pixels = static_cast<double>(images.dim(1) * images.dim(2));
  GradOptions options;
  options.create_graph = true;
  const Tensor projection = MulSumTo(images, y, {}, 1 / std::sqrt(pixels));
  const Tensor g = Grad({projection}, {w}, {}, options)[0];  // [latents,N,d]
  // The root mean square of the gradient's norm, over the images for each latent or over the latents for each image.
  Shape kept = {w.dim(0), w.dim(1), 1};
  const int averaged = params_.annotated_axes ? 1 : 0;
  kept.set_dim(averaged, 1);
  const Tensor lengths = Sqrt(MulSumTo(g, g, kept, 1.0 / w.dim(averaged)));
  const Tensor mean = Reshape(Mean(lengths), {1});

  Tensor penalty = Tensor::Zeros({}, images.dtype(), images.device());
  Tensor unmoved = exponential_sum_;  // leaves the running mean unchanged; zero before the first call
  if (params_.mean_includes_batch) {
    const Tensor target = AddScaled(exponential_sum_, params_.decay, mean, 1 - params_.decay);
    penalty = MeanSquare(Sub(lengths, target));
  } else if (steps_ > 0) {
    // Scale makes a copy, because the sum is updated in place below while the penalty's graph still refers to the
    // target.
    unmoved = Scale(exponential_sum_, 1 / (1 - std::pow(params_.decay, static_cast<double>(steps_))));
    penalty = MeanSquare(Sub(lengths, unmoved));
  }
  RecordScope no_record(false);
  // A length that is not finite must not enter the running mean. It is replaced by the current mean, which leaves the
  // mean unchanged. Leaving the sum unchanged instead would lower the bias-corrected mean, since the step still counts.
  const Tensor largest = Tensor::Full({1}, std::numeric_limits<float>::max(), mean.dtype(), mean.device());
  Lerp({exponential_sum_}, {Where(Greater(largest, mean), mean, unmoved)}, 1 - params_.decay);
  ++steps_;
  return penalty;
}

}  // namespace sg::gan
