// UpFirDn2d: insert zeros, filter, and drop samples, separably and channel by channel. The same linear map serves
// blurring, upsampling and downsampling. Its gradient is its adjoint, and the gradient of the adjoint is the map again.
// It is therefore differentiable to any order.
//
//   FirParams blur;
//   blur.filter = {0.25f, 0.5f, 0.25f};
//   blur.pad0 = blur.pad1 = 1;
//   blur.edge = EdgeMode::kReplicate;
//   Tensor y = UpFirDn2d(x, MakeUpFirDn(blur));  // [N,H,W,C] -> [N,H,W,C]
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

// The parameters of a map that is the same along both axes.
struct FirParams {
  int up = 1, down = 1;       // inserts up - 1 zeros after every sample; keeps every down-th result
  int pad0 = 0, pad1 = 0;     // before and after, in upsampled samples; may be negative with EdgeMode::kZero
  std::vector<float> filter;  // 1 to kMaxFirTaps taps, including any gain
  EdgeMode edge = EdgeMode::kZero;
};

UpFirDnParams MakeUpFirDn(const FirParams& params);

// x [N,H,W,C] -> [N,Ho,Wo,C], Ho = floor((H * up + pad0 + pad1 - taps) / down) + 1.
Tensor UpFirDn2d(const Tensor& x, const UpFirDnParams& params);
// The adjoint of the map for an input of shape `x_shape`. dy has the shape of the map's output. With EdgeMode::kZero,
// the adjoint is the map with up and down swapped, the filter flipped, pad0' = taps - 1 - pad0, and pad1' = (H - 1) *
// up + taps - Ho * down - pad0'.
Tensor UpFirDn2dTransposed(const Tensor& dy, const UpFirDnParams& params, const Shape& x_shape);

}  // namespace sg

#endif  // ENGINE_OPS_UP_FIR_DN_H_
