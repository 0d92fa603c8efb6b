#include "gan/model/minibatch_stddev.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"

namespace sg::gan {

Tensor MinibatchStdDev(const Tensor& x, const MinibatchStdDevParams& params) {
  const int64_t n = x.dim(0), h = x.dim(1), w = x.dim(2), c = x.dim(3), group = params.group;
  SG_CHECK(n % group == 0) << "[MinibatchStdDev] a batch of " << n << " does not divide into groups of " << group;
  const int64_t sets = n / group;
  const Tensor grouped = Reshape(x, {group, sets, h * w * c});
  const Tensor variance = Variance(grouped, {0}, params.unbiased ? 1 : 0);  // [sets, h w c]
  const Tensor deviation = Sqrt(Affine(variance, 1, 1e-8));
  Tensor channel;
  if (params.per_group) {
    const Tensor statistic = Reshape(Mean(deviation, {1}), {1, sets, 1});
    channel = Reshape(BroadcastTo(statistic, {group, sets, h * w}), {n, h, w, 1});
  } else {
    channel = BroadcastTo(Mean(deviation), {n, h, w, 1});
  }
  return Concat({x, channel}, 3);
}

}  // namespace sg::gan
