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
  const Tensor grouped = Reshape(x, {batches, group, sets, h * w * c});
  const Tensor variance =
      Variance(grouped, {1}, params.unbiased ? 1 : 0, /*keep_dims=*/true);  // [batches,1,sets,h w c]
  const Tensor deviation = Sqrt(Affine(variance, 1, 1e-8));
  const Tensor statistic = Mean(deviation, params.per_group ? std::vector<int>{3} : std::vector<int>{2, 3},
                                /*keep_dims=*/true);
  const Tensor channel = BroadcastTo(statistic, {batches, group, sets, h * w});
  return Concat({x, Reshape(channel, {n, h, w, 1})}, 3);
}

}  // namespace sg::gan
