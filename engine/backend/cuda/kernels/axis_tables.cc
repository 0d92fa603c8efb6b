#include "engine/backend/cuda/kernels/axis_tables.h"

#include <algorithm>
#include <utility>

#include "engine/backend/cuda/context.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

// Outputs that read nothing have begin 0. Gives them their neighbor's begin, so every tile of outputs reads one short
// run of inputs.
void MakeMonotonic(AxisTaps* taps) {
  int32_t last = 0;
  for (int64_t o = 0; o < taps->out_length; ++o) {
    const auto weights = taps->weight.begin() + o * taps->width;
    const bool reads = std::any_of(weights, weights + taps->width, [](float w) { return w != 0; });
    if (!reads) taps->begin[o] = last;
    SG_CHECK(taps->begin[o] >= last) << "[UpFirDn2d] output " << o << " reads before output " << o - 1;
    last = taps->begin[o];
  }
}

}  // namespace

int AxisTable::Reach(int tile) const {
  int reach = 0;
  for (int first = 0; first < out_length; first += tile) {
    const int last = std::min(first + tile, out_length) - 1;
    reach = std::max(reach, host_begin[last] + width - host_begin[first]);
  }
  return reach;
}

const AxisTable& AxisTables::Get(Context& context, const FirAxis& axis, EdgeMode edge, bool transposed,
                                 int64_t length) {
  const AxisTapsKey key = MakeAxisTapsKey(axis, edge, transposed, length);
  const auto found = tables_.find(key);
  if (found != tables_.end()) return found->second;
  context.step_capture().Interrupt();

  AxisTaps taps = MakeAxisTaps(axis, edge, transposed, length);
  MakeMonotonic(&taps);
  AxisTable table;
  table.in_length = static_cast<int>(taps.in_length);
  table.out_length = static_cast<int>(taps.out_length);
  table.width = taps.width;
  // One block of memory holds the begins, then the weights.
  const size_t begin_bytes = taps.begin.size() * sizeof(int32_t), weight_bytes = taps.weight.size() * sizeof(float);
  char* data = static_cast<char*>(context.Allocate(begin_bytes + weight_bytes, PoolUse::kScratch));
  context.staging().Upload(data, taps.begin.data(), begin_bytes);
  context.staging().Upload(data + begin_bytes, taps.weight.data(), weight_bytes);
  table.begin = reinterpret_cast<const int32_t*>(data);
  table.weight = reinterpret_cast<const float*>(data + begin_bytes);
  table.host_begin = std::move(taps.begin);
  return tables_.emplace(key, std::move(table)).first->second;
}

void AxisTables::Clear(Context* context) {
  for (auto& entry : tables_) context->Free(const_cast<int32_t*>(entry.second.begin));
  tables_.clear();
}

}  // namespace sg::cuda
