// UpFirDn2d: insert zeros, filter, drop samples, separably and channel by channel. One linear map serves blurring, up- and
// down-sampling; its gradient is its adjoint, whose gradient is the map again, so it is differentiable to any order.
//
//   const UpFirDnParams blur = MakeUpFirDn(1, 1, 1, 1, {0.25f, 0.5f, 0.25f}, EdgeMode::kReplicate);
//   Tensor y = UpFirDn2d(x, blur);  // [N,H,W,C] -> [N,H,W,C]
#ifndef ENGINE_OPS_UP_FIR_DN_H_
#define ENGINE_OPS_UP_FIR_DN_H_

#include <vector>

#include "engine/backend/kernel_args.h"
#include "engine/tensor/tensor.h"

namespace sg {

struct UpFirDnParams {
  FirAxis h, w;
  EdgeMode edge = EdgeMode::kZero;
};

// The same axis for both directions. `filter` has at most kMaxFirTaps taps and includes any gain.
UpFirDnParams MakeUpFirDn(int up, int down, int pad0, int pad1, const std::vector<float>& filter, EdgeMode edge);

// x [N,H,W,C] -> [N,Ho,Wo,C], Ho = floor((H * up + pad0 + pad1 - taps) / down) + 1.
Tensor UpFirDn2d(const Tensor& x, const UpFirDnParams& params);
// The adjoint: dy has the shape of the map's output for an input of shape `x_shape`. With EdgeMode::kZero it is the map with
// up and down swapped, the filter flipped, pad0' = taps - 1 - pad0 and pad1' = (H - 1) * up + taps - Ho * down - pad0'.
Tensor UpFirDn2dTransposed(const Tensor& dy, const UpFirDnParams& params, const Shape& x_shape);

}  // namespace sg

#endif  // ENGINE_OPS_UP_FIR_DN_H_
