#include "engine/base/conv_geometry.h"

#include "engine/base/check.h"

namespace sg {

std::ostream& operator<<(std::ostream& os, const ConvGeometry& g) {
  return os << "stride " << g.stride_h << "x" << g.stride_w << " pad " << g.pad_h << "x" << g.pad_w << " groups "
            << g.groups;
}

Shape Conv2dOutputShape(const char* op, const Shape& x, const Shape& w, const ConvGeometry& g) {
  SG_CHECK(x.rank() == 4) << "[" << op << "] input must be [N,H,W,C], got " << x;
  SG_CHECK(w.rank() == 4) << "[" << op << "] weight must be [O,kH,kW,I], got " << w;
  SG_CHECK(g.groups >= 1 && g.stride_h >= 1 && g.stride_w >= 1 && g.pad_h >= 0 && g.pad_w >= 0)
      << "[" << op << "] impossible geometry: " << g;
  SG_CHECK(x.dim(3) == w.dim(3) * g.groups)
      << "[" << op << "] weight " << w << " with " << g.groups << " group(s) expects " << w.dim(3) * g.groups
      << " input channels, input " << x << " has " << x.dim(3);
  SG_CHECK(w.dim(0) % g.groups == 0) << "[" << op << "] " << w.dim(0) << " output channels do not divide into "
                                     << g.groups << " groups";
  const int64_t span_h = x.dim(1) + 2 * g.pad_h - w.dim(1), span_w = x.dim(2) + 2 * g.pad_w - w.dim(2);
  SG_CHECK(span_h >= 0 && span_w >= 0) << "[" << op << "] kernel of " << w << " is larger than the padded input " << x;
  return {x.dim(0), span_h / g.stride_h + 1, span_w / g.stride_w + 1, w.dim(0)};
}

}  // namespace sg
