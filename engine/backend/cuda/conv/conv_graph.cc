#include "engine/backend/cuda/conv/conv_graph.h"

#include <utility>
#include <vector>

#include "engine/base/shape.h"

namespace sg::cuda {
namespace {

// Blocks of the pool are aligned to more, but a view may begin at any multiple of 16 bytes.
constexpr int64_t kAlignment = 16;

cudnnDataType_t CudnnType(DType type) { return type == DType::kBF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT; }

// cuDNN lists extents as N, C, H, W. The strides say that channels are last.
BackendDescriptor NewTensor(int64_t name, cudnnDataType_t type, const Shape& s, bool is_virtual,
                            bool is_number = false) {
  const int64_t extents[] = {s[0], s[3], s[1], s[2]};
  const int64_t strides[] = {s[1] * s[2] * s[3], 1, s[2] * s[3], s[3]};
  BackendDescriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.Set(CUDNN_ATTR_TENSOR_UNIQUE_ID, name)
      .Set(CUDNN_ATTR_TENSOR_DATA_TYPE, type)
      .SetAll<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS, extents)
      .SetAll<int64_t>(CUDNN_ATTR_TENSOR_STRIDES, strides)
      .Set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment)
      .Set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, is_virtual);
  if (is_number) tensor.Set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, true);
  tensor.Finalize();
  return tensor;
}

BackendDescriptor NewConvolution(const ConvGeometry& g) {
  const int64_t pads[] = {g.pad_h, g.pad_w}, strides[] = {g.stride_h, g.stride_w}, dilations[] = {1, 1};
  BackendDescriptor convolution(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  convolution.Set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, int64_t{2})
      .Set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .Set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
      .SetAll<int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, pads)
      .SetAll<int64_t>(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, pads)
      .SetAll<int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, strides)
      .SetAll<int64_t>(CUDNN_ATTR_CONVOLUTION_DILATIONS, dilations)
      .Finalize();
  return convolution;
}

// The attributes of an operation, which have other names for each kind.
struct OperationNames {
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t convolution, x, w, y, alpha, beta;
};

OperationNames NamesOf(ConvKind kind) {
  switch (kind) {
    case ConvKind::kInputGrad:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    case ConvKind::kWeightGrad:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
    case ConvKind::kForward: break;
  }
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
}

// Collects the parts of a graph. References to them stay valid.
class Builder {
 public:
  explicit Builder(const ConvProblem& problem) : p_(problem) {}

  ConvGraph Build(GraphForm form, cudnnHandle_t handle) {
    AddConvolution(/*to_output=*/form == GraphForm::kAlone);
    if (form == GraphForm::kIdentity) Step(CUDNN_POINTWISE_IDENTITY, nullptr);
    if (form == GraphForm::kEpilogue) AddEpilogue();
    if (form != GraphForm::kAlone) AddSteps();
    BackendDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    graph.SetParts(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations_);
    if (handle != nullptr) graph.Set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle);
    graph.Finalize();
    Keep(std::move(graph));
    return std::move(graph_);
  }

 private:
  // One pointwise operation on what the operations before it have made.
  struct PendingStep {
    cudnnPointwiseMode_t mode;
    const BackendDescriptor* operand;  // null for a function of one argument
  };

  const BackendDescriptor& Keep(BackendDescriptor part) {
    graph_.parts.push_back(std::make_unique<BackendDescriptor>(std::move(part)));
    return *graph_.parts.back();
  }
  const BackendDescriptor& Tensor(int64_t name, cudnnDataType_t type, const Shape& shape, bool is_virtual = false) {
    return Keep(NewTensor(name, type, shape, is_virtual));
  }
  const BackendDescriptor& Virtual(const Shape& shape) {
    return Tensor(next_virtual_++, CUDNN_DATA_FLOAT, shape, /*is_virtual=*/true);
  }
  const BackendDescriptor& Number(int64_t name) {
    return Keep(NewTensor(name, CUDNN_DATA_FLOAT, {1, 1, 1, 1}, /*is_virtual=*/false, /*is_number=*/true));
  }

  void AddConvolution(bool to_output) {
    const cudnnDataType_t type = CudnnType(p_.type), sums = CUDNN_DATA_FLOAT;
    const bool forward = p_.kind == ConvKind::kForward, input_grad = p_.kind == ConvKind::kInputGrad,
               weight_grad = p_.kind == ConvKind::kWeightGrad;
    const BackendDescriptor& x = Tensor(kXName, input_grad ? sums : type, p_.x);
    const BackendDescriptor& w = Tensor(kWName, weight_grad ? sums : type, p_.w);
    const BackendDescriptor& y = Tensor(kYName, forward ? sums : type, p_.y);
    result_shape_ = forward ? p_.y : input_grad ? p_.x : p_.w;
    output_ = forward ? &y : input_grad ? &x : &w;
    current_ = to_output ? output_ : &Virtual(result_shape_);
    const BackendDescriptor& convolution = Keep(NewConvolution(p_.geometry));
    const OperationNames names = NamesOf(p_.kind);
    BackendDescriptor operation(names.type);
    operation.SetPart(names.convolution, convolution)
        .SetPart(names.x, input_grad ? *current_ : x)
        .SetPart(names.w, weight_grad ? *current_ : w)
        .SetPart(names.y, forward ? *current_ : y)
        .Set(names.alpha, 1.0f)
        .Set(names.beta, 0.0f)
        .Finalize();
    operations_.push_back(&Keep(std::move(operation)));
  }

  void Step(cudnnPointwiseMode_t mode, const BackendDescriptor* operand) { steps_.push_back({mode, operand}); }

  // The formula of BiasActArgs (engine/backend/kernel_args.h), without the steps that change nothing.
  void AddEpilogue() {
    const ConvEpilogue& e = p_.epilogue;
    const cudnnDataType_t type = CUDNN_DATA_FLOAT;
    const int64_t n = p_.y[0], channels = p_.y[3];
    if (e.scale) Step(CUDNN_POINTWISE_MUL, &Tensor(kScaleName, type, {n, 1, 1, channels}));
    if (e.in_gain != 1) Step(CUDNN_POINTWISE_MUL, &Number(kInGainName));
    if (e.bias) Step(CUDNN_POINTWISE_ADD, &Tensor(kBiasName, type, {1, 1, 1, channels}));
    if (e.noise) {
      const Shape pixels = {n, p_.y[1], p_.y[2], 1};
      const BackendDescriptor& noise = Tensor(kNoiseName, type, pixels);
      const BackendDescriptor& strength = Tensor(kStrengthName, type, {1, 1, 1, 1});
      const BackendDescriptor& scaled = Virtual(pixels);
      AddPointwise(CUDNN_POINTWISE_MUL, noise, &strength, scaled);
      Step(CUDNN_POINTWISE_ADD, &scaled);
    }
    if (e.slope != 1) Step(CUDNN_POINTWISE_RELU_FWD, nullptr);
    if (e.gain != 1) Step(CUDNN_POINTWISE_MUL, &Number(kGainName));
    if (e.clamp > 0) {
      Step(CUDNN_POINTWISE_MAX, &Number(kLowName));
      Step(CUDNN_POINTWISE_MIN, &Number(kHighName));
    }
  }

  // The last step writes the output.
  void AddSteps() {
    for (size_t i = 0; i < steps_.size(); ++i) {
      const BackendDescriptor& to = i + 1 == steps_.size() ? *output_ : Virtual(result_shape_);
      AddPointwise(steps_[i].mode, *current_, steps_[i].operand, to);
      current_ = &to;
    }
  }

  void AddPointwise(cudnnPointwiseMode_t mode, const BackendDescriptor& from, const BackendDescriptor* operand,
                    const BackendDescriptor& to) {
    BackendDescriptor pointwise(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    pointwise.Set(CUDNN_ATTR_POINTWISE_MODE, mode).Set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
    if (mode == CUDNN_POINTWISE_RELU_FWD) {
      pointwise.Set(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, static_cast<double>(p_.epilogue.slope));
    }
    const BackendDescriptor& function = Keep(std::move(pointwise.Finalize()));
    BackendDescriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    operation.SetPart(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, function)
        .SetPart(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, from);
    if (operand != nullptr) operation.SetPart(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *operand);
    operation.SetPart(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, to).Finalize();
    operations_.push_back(&Keep(std::move(operation)));
  }

  const ConvProblem& p_;
  ConvGraph graph_;
  Shape result_shape_;
  const BackendDescriptor* output_ = nullptr;
  const BackendDescriptor* current_ = nullptr;  // what the operations so far have made
  std::vector<PendingStep> steps_;
  std::vector<const BackendDescriptor*> operations_;
  int64_t next_virtual_ = kFirstVirtualName;
};

}  // namespace

ConvGraph MakeConvGraph(const ConvProblem& problem, GraphForm form, cudnnHandle_t handle) {
  return Builder(problem).Build(form, handle);
}

}  // namespace sg::cuda
