#include "engine/ops/saved_value.h"

#include "engine/base/dtype_rules.h"
#include "engine/ops/elementwise.h"

namespace sg {
namespace {

Tensor InGradientType(const Tensor& value) { return Cast(value, GradientType(value.dtype())); }

}  // namespace

Tensor SavedInput(const VjpContext& c, int i) { return InGradientType(c.inputs[i]); }

Tensor SavedOutput(const VjpContext& c) { return InGradientType(c.output); }

}  // namespace sg
