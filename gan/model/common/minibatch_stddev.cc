#include "gan/model/common/minibatch_stddev.h"

#include <vector>

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"

namespace sg::gan {

Tensor MinibatchStdDev(const Tensor& x, const MinibatchStdDevParams& params) {
  const int64_t n = x.dim(0), h = x.dim(1), w = x.dim(2), c = x.dim(3);
  const int64_t batches = params.batches, group = params.group;
  SG_CHECK(n % (batches * group) == 0) << "[MinibatchStdDev] a batch of " << static_cast<double>(n) / batches
                                       << " does not divide into groups of " << group;
  const int64_t sets = n / (batches * group);
  const int64_t channels = params.channels;
  SG_CHECK(channels > 0 && c % channels == 0)
      << "[MinibatchStdDev] " << c << " features do not divide into " << channels << " channels";
  // One channel averages over everything, which one axis holds: the fewer axes, the cheaper the sum.
  const bool one = channels == 1;
  const Tensor grouped = one ? Reshape(x, {batches, group, sets, h * w * c})
                             : Reshape(x, {batches, group, sets, h * w, channels, c / channels});
  const Tensor variance = Variance(grouped, {1}, params.unbiased ? 1 : 0, /*keep_dims=*/true);  // [batches,1,sets,...]
  const Tensor deviation = Sqrt(Affine(variance, 1, 1e-8));
  std::vector<int> averaged = one ? std::vector<int>{3} : std::vector<int>{3, 5};
  if (!params.per_group) averaged.insert(averaged.begin(), 2);
  const Tensor statistic = Mean(deviation, averaged, /*keep_dims=*/true);
  if (one) return Concat({x, Reshape(BroadcastTo(statistic, {batches, group, sets, h * w}), {n, h, w, 1})}, 3);
  const Tensor filled = BroadcastTo(statistic, {batches, group, sets, h * w, channels, 1});
  return Concat({x, Reshape(filled, {n, h, w, channels})}, 3);
}

}  // namespace sg::gan
