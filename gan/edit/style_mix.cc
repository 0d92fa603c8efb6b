#include "gan/edit/style_mix.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/shape_ops.h"

namespace sg::gan {

std::vector<int64_t> DefaultMixedStyles(const ModelConfig& model) {
  constexpr int kNvidiaStyles = 7;
  const int entries = model.NumLatents();
  std::vector<int64_t> styles(model.latent_per_layer ? std::min(kNvidiaStyles, entries - 1) : entries / 2);
  std::iota(styles.begin(), styles.end(), 0);
  return styles;
}

Tensor MixStyles(const Tensor& row, const Tensor& columns, absl::Span<const int64_t> styles) {
  SG_CHECK(row.shape().rank() == 3 && row.dim(1) == 1 && columns.shape().rank() == 3 && row.dim(0) == columns.dim(0) &&
           row.dim(2) == columns.dim(2))
      << "[MixStyles] row " << row << ", columns " << columns;
  std::vector<Tensor> entries;
  for (int64_t i = 0; i < row.dim(0); ++i) {
    const bool mixed = std::find(styles.begin(), styles.end(), i) != styles.end();
    entries.push_back(mixed ? Narrow(columns, 0, i, 1)
                            : BroadcastTo(Narrow(row, 0, i, 1), {1, columns.dim(1), columns.dim(2)}));
  }
  return Concat(entries, 0);
}

}  // namespace sg::gan
