// Stride, padding and groups of the Conv2d family. The same geometry describes the convolution and both its adjoints.
//
//   const Shape y = Conv2dOutputShape("Conv2d", x.shape(), w.shape(), ConvGeometry::Padded(1));
#ifndef ENGINE_BASE_CONV_GEOMETRY_H_
#define ENGINE_BASE_CONV_GEOMETRY_H_

#include <cstdint>
#include <ostream>

#include "engine/base/shape.h"

namespace sg {

struct ConvGeometry {
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_h = 0, pad_w = 0;  // zeros on both sides
  int64_t groups = 1;

  static ConvGeometry Padded(int64_t pad) { return {1, 1, pad, pad, 1}; }
  friend bool operator==(const ConvGeometry& a, const ConvGeometry& b) {
    return a.stride_h == b.stride_h && a.stride_w == b.stride_w && a.pad_h == b.pad_h && a.pad_w == b.pad_w &&
           a.groups == b.groups;
  }
};

std::ostream& operator<<(std::ostream& os, const ConvGeometry& g);

// The shape [N,Ho,Wo,O] of the convolution of x [N,H,W,C] with w [O,kH,kW,C/groups]. Aborts, naming `op`, if they do
// not fit.
Shape Conv2dOutputShape(const char* op, const Shape& x, const Shape& w, const ConvGeometry& g);

}  // namespace sg

#endif  // ENGINE_BASE_CONV_GEOMETRY_H_
