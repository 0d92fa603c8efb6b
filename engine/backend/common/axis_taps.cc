#include "engine/backend/common/axis_taps.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "engine/base/check.h"

namespace sg {
namespace {

int64_t FloorDiv(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// Row o of the map as {input index: weight}.
std::map<int64_t, double> FirRow(const FirAxis& axis, EdgeMode edge, int64_t length, int64_t o) {
  std::map<int64_t, double> row;
  for (int k = 0; k < axis.taps; ++k) {
    const int64_t position = o * axis.down + k - axis.pad0;  // in the up-sampled signal
    const int64_t sample = FloorDiv(position, axis.up);
    if (sample * axis.up != position) continue;  // one of the inserted zeros
    const bool inside = sample >= 0 && sample < length;
    if (!inside && edge == EdgeMode::kZero) continue;
    row[std::clamp<int64_t>(sample, 0, length - 1)] += axis.filter[axis.taps - 1 - k];
  }
  return row;
}

}  // namespace

FirAxis MakeFirAxis(int up, int down, int pad0, int pad1, const std::vector<float>& filter) {
  SG_CHECK(up >= 1 && down >= 1) << "[UpFirDn2d] factors up " << up << " and down " << down << " must be positive";
  SG_CHECK(!filter.empty() && filter.size() <= kMaxFirTaps)
      << "[UpFirDn2d] a filter of " << filter.size() << " taps; at most " << kMaxFirTaps;
  FirAxis axis;
  axis.up = up;
  axis.down = down;
  axis.pad0 = pad0;
  axis.pad1 = pad1;
  axis.taps = static_cast<int>(filter.size());
  std::copy(filter.begin(), filter.end(), axis.filter);
  return axis;
}

int64_t FirOutputLength(const FirAxis& axis, int64_t length) {
  return FloorDiv(length * axis.up + axis.pad0 + axis.pad1 - axis.taps, axis.down) + 1;
}

AxisTaps MakeAxisTaps(const FirAxis& axis, EdgeMode edge, bool transposed, int64_t length) {
  const int64_t mapped = FirOutputLength(axis, length);
  SG_CHECK(length >= 1 && mapped >= 1) << "[UpFirDn2d] a filter of " << axis.taps << " taps does not fit " << length
                                       << " samples";
  AxisTaps table;
  table.in_length = transposed ? mapped : length;
  table.out_length = transposed ? length : mapped;
  std::vector<std::map<int64_t, double>> rows(table.out_length);
  for (int64_t o = 0; o < mapped; ++o) {
    for (const auto& [i, weight] : FirRow(axis, edge, length, o)) {
      if (transposed) {
        rows[i][o] = weight;
      } else {
        rows[o][i] = weight;
      }
    }
  }
  for (const auto& row : rows) {
    if (!row.empty()) table.width = std::max<int>(table.width, row.rbegin()->first - row.begin()->first + 1);
  }
  table.width = std::max(table.width, 1);
  table.begin.resize(table.out_length);
  table.weight.assign(table.out_length * table.width, 0.0f);
  for (int64_t o = 0; o < table.out_length; ++o) {
    if (rows[o].empty()) continue;  // begin 0, weights 0
    const int64_t begin = std::min<int64_t>(rows[o].begin()->first, table.in_length - table.width);
    table.begin[o] = static_cast<int32_t>(begin);
    for (const auto& [i, weight] : rows[o]) table.weight[o * table.width + (i - begin)] = static_cast<float>(weight);
  }
  return table;
}

AxisTapsKey MakeAxisTapsKey(const FirAxis& axis, EdgeMode edge, bool transposed, int64_t length) {
  AxisTapsKey key = {};
  key.up = axis.up;
  key.down = axis.down;
  key.pad0 = axis.pad0;
  key.pad1 = axis.pad1;
  key.taps = axis.taps;
  key.edge = static_cast<int64_t>(edge);
  key.transposed = transposed;
  key.length = length;
  static_assert(sizeof(float) == sizeof(uint32_t));
  std::memcpy(key.filter, axis.filter, axis.taps * sizeof(float));
  return key;
}

}  // namespace sg
