// A FirAxis as a table of the inputs and weights that each output position sums. UpFirDn2d of every backend reads it,
// so edges and adjoints are defined in one place.
//
//   const AxisTaps taps = MakeAxisTaps(MakeFirAxis(2, 1, 2, 1, filter), EdgeMode::kZero, /*transposed=*/false, 16);
#ifndef ENGINE_BACKEND_COMMON_AXIS_TAPS_H_
#define ENGINE_BACKEND_COMMON_AXIS_TAPS_H_

#include <cstdint>
#include <vector>

#include "engine/backend/kernel_args.h"

namespace sg {

// out[o] = sum over k < width of weight[o * width + k] * in[begin[o] + k]. All indices are inside the input. Rows with
// fewer taps are padded with weight 0.
struct AxisTaps {
  int64_t in_length = 0, out_length = 0;
  int width = 0;
  std::vector<int32_t> begin;
  std::vector<float> weight;
};

// An axis with this filter. Aborts for factors below 1, and for a filter without taps or with more than kMaxFirTaps.
FirAxis MakeFirAxis(int up, int down, int pad0, int pad1, const std::vector<float>& filter);

// Length of the map's output for an input of `length`. It is < 1 if the filter does not fit.
int64_t FirOutputLength(const FirAxis& axis, int64_t length);

// The map from `length` samples, or with `transposed` its adjoint, which maps FirOutputLength(length) samples to
// `length`. Aborts if the filter does not fit.
AxisTaps MakeAxisTaps(const FirAxis& axis, EdgeMode edge, bool transposed, int64_t length);

// The arguments of MakeAxisTaps as the key of a cache of its results (byte_key.h).
struct AxisTapsKey {
  int64_t up, down, pad0, pad1, taps;
  int64_t edge, transposed, length;
  uint32_t filter[kMaxFirTaps];  // the bits of the floats; 0 from `taps` on
};
AxisTapsKey MakeAxisTapsKey(const FirAxis& axis, EdgeMode edge, bool transposed, int64_t length);

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_AXIS_TAPS_H_
