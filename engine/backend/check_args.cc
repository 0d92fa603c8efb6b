#include "engine/backend/check_args.h"

#include "engine/backend/common/axis_taps.h"
#include "engine/backend/common/strided_box.h"
#include "engine/base/check.h"
#include "engine/base/dtype_rules.h"

namespace sg {
namespace {

void CheckPresent(const char* kernel, const char* name, const TensorView& t) {
  SG_CHECK(t.data != nullptr || t.NumElements() == 0) << "[" << kernel << "] " << name << " has no buffer";
}

void CheckTensor(const char* kernel, const char* name, const TensorView& t, DType dtype, const Shape& shape) {
  SG_CHECK(t.dtype == dtype && t.shape == shape)
      << "[" << kernel << "] " << name << " must be " << dtype << shape << ", got " << t.dtype << t.shape;
  CheckPresent(kernel, name, t);
}

void CheckFloating(const char* kernel, DType dtype) {
  SG_CHECK(IsFloating(dtype)) << "[" << kernel << "] needs a floating dtype, got " << dtype;
}

void CheckBroadcast(const char* kernel, const char* name, const TensorView& t, DType dtype, const Shape& shape) {
  CheckTensor(kernel, name, t, dtype, t.shape);
  SG_CHECK(IsBroadcastableTo(t.shape, shape))
      << "[" << kernel << "] " << name << " " << t.shape << " does not broadcast to " << shape;
}

void CheckOneElement(const char* kernel, const char* name, const TensorView& t, DType dtype) {
  CheckTensor(kernel, name, t, dtype, t.shape);
  SG_CHECK(t.NumElements() == 1) << "[" << kernel << "] " << name << " must hold one element, got " << t.shape;
}

// Checks that a non-empty box stays inside its tensor.
void CheckBox(const char* name, const TensorView& t, const StridedCopyArgs& args, const Strides& strides,
              int64_t offset) {
  const BoxReach reach = ReachOfBox(args.extent, strides, offset);
  SG_CHECK(reach.first >= 0 && reach.last < t.NumElements())
      << "[StridedCopy] the box " << args.extent << " reaches elements " << reach.first << " to " << reach.last
      << " of " << name << " " << t.shape;
  CheckPresent("StridedCopy", name, t);
}

// Checks the operands of a convolution: x, w and y by their shapes, the inputs a and b and the result by their dtypes.
// The inputs share one dtype, and the result has the dtype that contractions return.
void CheckConvolution(const char* kernel, const TensorView& x, const TensorView& w, const TensorView& y,
                      const ConvGeometry& geometry, const TensorView& a, const TensorView& b,
                      const TensorView& result) {
  const Shape expected = Conv2dOutputShape(kernel, x.shape, w.shape, geometry);
  SG_CHECK(y.shape == expected) << "[" << kernel << "] input " << x.shape << " and weight " << w.shape << " with "
                                << geometry << " belong to an output " << expected << ", got " << y.shape;
  CheckFloating(kernel, a.dtype);
  SG_CHECK(a.dtype == b.dtype && result.dtype == ContractionType(a.dtype))
      << "[" << kernel << "] no product of " << a.dtype << " and " << b.dtype << " into " << result.dtype;
  CheckPresent(kernel, "an input", a);
  CheckPresent(kernel, "an input", b);
  CheckPresent(kernel, "the result", result);
}

void CheckScale(const char* kernel, const TensorView& scale, DType dtype, const Shape& x) {
  if (scale.data == nullptr) return;
  SG_CHECK(x.rank() >= 2) << "[" << kernel << "] a scale needs [N,...,C], got " << x;
  CheckTensor(kernel, "scale", scale, dtype, {x.dim(0), x.dim(-1)});
}

template <typename Args>
void CheckActivation(const char* kernel, const Args& args) {
  SG_CHECK(args.slope >= 0 && args.gain > 0)
      << "[" << kernel << "] slope must not be negative and gain must be positive, got " << args.slope << " and "
      << args.gain;
}

// Checks the operands of BiasActArgs or Conv2dEpilogue for a tensor that has this dtype and shape.
template <typename Args>
void CheckBiasAct(const char* kernel, const Args& args, DType dtype, const Shape& shape) {
  CheckActivation(kernel, args);
  CheckScale(kernel, args.scale, dtype, shape);
  if (args.bias.data != nullptr) CheckTensor(kernel, "bias", args.bias, dtype, {shape.dim(-1)});
  if (args.noise.data == nullptr) return;
  Shape one_channel = shape;
  one_channel.set_dim(-1, 1);
  CheckTensor(kernel, "noise", args.noise, dtype, one_channel);
  CheckOneElement(kernel, "strength", args.strength, dtype);
}

void CheckAxis(const char* name, const UpFirDn2dArgs& args, const FirAxis& axis, int dim) {
  SG_CHECK(axis.taps >= 1 && axis.taps <= kMaxFirTaps && axis.up >= 1 && axis.down >= 1)
      << "[UpFirDn2d] axis " << name << ": " << axis.taps << " taps, up " << axis.up << ", down " << axis.down;
  const int64_t in = args.x.shape.dim(dim), out = args.y.shape.dim(dim);
  const int64_t from = args.transposed ? out : in, to = args.transposed ? in : out;
  SG_CHECK(FirOutputLength(axis, from) == to)
      << "[UpFirDn2d] axis " << name << " maps " << from << " to " << FirOutputLength(axis, from)
      << ", the tensors are " << args.x.shape << " and " << args.y.shape;
}

void CheckMargins(const char* axis, int before, int after, int64_t size) {
  SG_CHECK(before >= 0 && after >= 0 && before < size && after < size)
      << "[AffineSample] margins " << before << " and " << after << " along " << axis << ", must be from 0 to "
      << size - 1;
}

}  // namespace

void CheckArgs(const FillArgs& args) { CheckPresent("Fill", "y", args.y); }

void CheckArgs(const UnaryArgs& args) {
  CheckFloating("Unary", args.x.dtype);
  CheckPresent("Unary", "x", args.x);
  CheckTensor("Unary", "y", args.y, args.x.dtype, args.x.shape);
}

void CheckArgs(const BinaryArgs& args) {
  CheckFloating("Binary", args.y.dtype);
  CheckPresent("Binary", "y", args.y);
  CheckBroadcast("Binary", "a", args.a, args.y.dtype, args.y.shape);
  CheckBroadcast("Binary", "b", args.b, args.y.dtype, args.y.shape);
}

void CheckArgs(const WhereArgs& args) {
  CheckFloating("Where", args.y.dtype);
  CheckPresent("Where", "y", args.y);
  CheckBroadcast("Where", "condition", args.condition, args.y.dtype, args.y.shape);
  CheckBroadcast("Where", "a", args.a, args.y.dtype, args.y.shape);
  CheckBroadcast("Where", "b", args.b, args.y.dtype, args.y.shape);
}

void CheckArgs(const CastArgs& args) {
  CheckPresent("Cast", "x", args.x);
  CheckTensor("Cast", "y", args.y, args.y.dtype, args.x.shape);
}

void CheckArgs(const StridedCopyArgs& args) {
  SG_CHECK(args.x.dtype == args.y.dtype) << "[StridedCopy] " << args.x.dtype << " to " << args.y.dtype;
  if (args.extent.NumElements() == 0) return;
  CheckBox("x", args.x, args, args.x_strides, args.x_offset);
  CheckBox("y", args.y, args, args.y_strides, args.y_offset);
}

void CheckArgs(const ReduceArgs& args) {
  CheckFloating("Reduce", args.a.dtype);
  CheckPresent("Reduce", "a", args.a);
  CheckBroadcast("Reduce", "y", args.y, args.a.dtype, args.a.shape);
  if (args.b.data != nullptr) CheckBroadcast("Reduce", "b", args.b, args.a.dtype, args.a.shape);
}

void CheckArgs(const WeightEnergyArgs& args) {
  CheckFloating("WeightEnergy", args.w.dtype);
  SG_CHECK(args.w.shape.rank() == 4) << "[WeightEnergy] weight must be [O,kH,kW,I], got " << args.w.shape;
  CheckPresent("WeightEnergy", "w", args.w);
  CheckTensor("WeightEnergy", "y", args.y, args.w.dtype, {args.w.shape[0], args.w.shape[3]});
}

void CheckArgs(const MatMulArgs& args) {
  const Shape &a = args.a.shape, &b = args.b.shape, &y = args.y.shape;
  const int rank = y.rank();
  SG_CHECK((rank == 2 || rank == 3) && a.rank() == rank && b.rank() == rank &&
           (rank == 2 || (a[0] == y[0] && b[0] == y[0])) && a[args.transpose_a ? -1 : -2] == y[-2] &&
           b[args.transpose_b ? -2 : -1] == y[-1] && a[args.transpose_a ? -2 : -1] == b[args.transpose_b ? -1 : -2])
      << "[MatMul] a " << a << (args.transpose_a ? " transposed" : "") << " and b " << b
      << (args.transpose_b ? " transposed" : "") << " do not make y " << y;
  CheckFloating("MatMul", args.a.dtype);
  SG_CHECK(args.a.dtype == args.b.dtype && args.y.dtype == ContractionType(args.a.dtype))
      << "[MatMul] no product of " << args.a.dtype << " and " << args.b.dtype << " into " << args.y.dtype;
  CheckPresent("MatMul", "a", args.a);
  CheckPresent("MatMul", "b", args.b);
  CheckPresent("MatMul", "y", args.y);
}

void CheckArgs(const Conv2dArgs& args) {
  CheckConvolution("Conv2d", args.x, args.w, args.y, args.geometry, args.x, args.w, args.y);
  CheckBiasAct("Conv2d", args.epilogue, args.y.dtype, args.y.shape);
}

void CheckArgs(const Conv2dInputGradArgs& args) {
  CheckConvolution("Conv2dInputGrad", args.dx, args.w, args.dy, args.geometry, args.dy, args.w, args.dx);
}

void CheckArgs(const Conv2dWeightGradArgs& args) {
  CheckConvolution("Conv2dWeightGrad", args.x, args.dw, args.dy, args.geometry, args.x, args.dy, args.dw);
}

void CheckArgs(const UpFirDn2dArgs& args) {
  const Shape &x = args.x.shape, &y = args.y.shape;
  SG_CHECK(x.rank() == 4 && y.rank() == 4 && x.dim(0) == y.dim(0) && x.dim(3) == y.dim(3) &&
           args.x.dtype == args.y.dtype)
      << "[UpFirDn2d] [N,H,W,C] with the same N, C and type expected, got " << args.x.dtype << x << " and "
      << args.y.dtype << y;
  CheckFloating("UpFirDn2d", args.x.dtype);
  CheckAxis("H", args, args.h, 1);
  CheckAxis("W", args, args.w, 2);
  CheckPresent("UpFirDn2d", "x", args.x);
  CheckPresent("UpFirDn2d", "y", args.y);
}

void CheckArgs(const AffineSampleArgs& args) {
  const Shape &x = args.x.shape, &y = args.y.shape;
  SG_CHECK(x.rank() == 4 && y.rank() == 4 && x.dim(0) == y.dim(0) && x.dim(3) == y.dim(3) &&
           args.x.dtype == args.y.dtype)
      << "[AffineSample] [N,H,W,C] with the same N, C and type expected, got " << args.x.dtype << x << " and "
      << args.y.dtype << y;
  CheckFloating("AffineSample", args.x.dtype);
  const SampleFilter& f = args.filter;
  SG_CHECK(f.up >= 1 && f.taps >= 1 && f.taps <= kMaxFirTaps && f.taps / f.up < kMaxSampleWindow && f.origin >= 0 &&
           f.origin < f.taps)
      << "[AffineSample] a filter of " << f.taps << " taps with origin " << f.origin << ", up " << f.up;
  const Shape& image = args.transposed ? y : x;
  if (image.NumElements() > 0) {
    CheckMargins("W", args.margins.left, args.margins.right, image.dim(2));
    CheckMargins("H", args.margins.top, args.margins.bottom, image.dim(1));
  }
  CheckPresent("AffineSample", "x", args.x);
  CheckTensor("AffineSample", "transforms", args.transforms, DType::kF32, {x.dim(0), 6});
  CheckPresent("AffineSample", "y", args.y);
}

void CheckArgs(const BiasActArgs& args) {
  const Shape& shape = args.x.shape;
  const DType dtype = args.x.dtype;
  CheckFloating("BiasAct", dtype);
  SG_CHECK(shape.rank() >= 1) << "[BiasAct] input must be [...,C]";
  CheckPresent("BiasAct", "x", args.x);
  CheckTensor("BiasAct", "y", args.y, dtype, shape);
  CheckBiasAct("BiasAct", args, dtype, shape);
}

void CheckArgs(const BiasActGradArgs& args) {
  const DType dtype = args.dy.dtype;
  CheckFloating("BiasActGrad", dtype);
  CheckActivation("BiasActGrad", args);
  CheckPresent("BiasActGrad", "dy", args.dy);
  CheckTensor("BiasActGrad", "y", args.y, dtype, args.dy.shape);
  CheckTensor("BiasActGrad", "dx", args.dx, dtype, args.dy.shape);
  CheckScale("BiasActGrad", args.scale, dtype, args.dy.shape);
}

void CheckArgs(const RandomArgs& args) {
  CheckFloating("Random", args.y.dtype);
  CheckPresent("Random", "y", args.y);
}

void CheckArgs(const AdamStepArgs& args) {
  const DType dtype = args.grad_scale.dtype;
  CheckOneElement("AdamStep", "grad_scale", args.grad_scale, dtype);
  SG_CHECK(args.step >= 1) << "[AdamStep] steps count from 1, got " << args.step;
  for (const AdamTensor& t : args.tensors) {
    const Shape& shape = t.parameter.shape;
    CheckTensor("AdamStep", "parameter", t.parameter, dtype, shape);
    if (args.beta1 != 0) CheckTensor("AdamStep", "m", t.m, dtype, shape);
    CheckTensor("AdamStep", "v", t.v, dtype, shape);
    CheckTensor("AdamStep", "gradient", t.gradient, dtype, shape);
  }
}

void CheckArgs(const LerpArgs& args) {
  for (const LerpPair& pair : args.pairs) {
    CheckFloating("Lerp", pair.target.dtype);
    CheckPresent("Lerp", "target", pair.target);
    CheckTensor("Lerp", "source", pair.source, pair.target.dtype, pair.target.shape);
  }
}

void CheckArgs(const SquaredNormArgs& args) {
  CheckFloating("SquaredNorm", args.y.dtype);
  CheckOneElement("SquaredNorm", "y", args.y, args.y.dtype);
  for (const TensorView& t : args.tensors) CheckTensor("SquaredNorm", "tensor", t, args.y.dtype, t.shape);
}

}  // namespace sg
