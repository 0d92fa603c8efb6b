#include "tests/fake_cuda/stand_in/cudnn_graph.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/cudnn_objects.h"
#include "tests/fake_cuda/stand_in/cudnn_run.h"

namespace fake_cuda {
namespace {

// In the order of preference. The numbers are of no meaning.
constexpr GraphEngine kEngines[] = {
    {50, false, false, true, true, false, 16}, {60, false, true, false, false, false, 0},
    {61, false, true, true, false, false, 4},  {28, false, false, true, false, false, 0},
    {70, true, true, true, false, true, 0},
};
constexpr int64_t kLastResort = 28;

struct Extents {
  int64_t n, c, h, w;
};

// The operation of a graph, with the tensors that have memory.
struct Reading {
  ConvolutionShape shape;
  ComputeConvolution compute;
  const BackendObject *first, *second, *result;
  const char *first_name, *second_name, *result_name;
  bool fused;
};

struct OperationNames {
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t convolution, x, w, y, alpha, beta;
};
constexpr OperationNames kOperations[] = {
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA},
};

cudnnDataType_t TypeOf(const BackendObject& tensor) {
  return ValueOf<cudnnDataType_t>(tensor, CUDNN_ATTR_TENSOR_DATA_TYPE);
}
bool IsVirtual(const BackendObject& tensor) {
  const std::vector<char> flag = ValuesOf<char>(tensor, CUDNN_ATTR_TENSOR_IS_VIRTUAL);
  return !flag.empty() && flag[0] != 0;
}
Number NumberOf(const BackendObject& tensor) {
  return TypeOf(tensor) == CUDNN_DATA_FLOAT ? Number::kFloat : Number::kBFloat16;
}

Extents ExtentsOf(const BackendObject& tensor) {
  const auto extents = ValuesOf<int64_t>(tensor, CUDNN_ATTR_TENSOR_DIMENSIONS);
  const auto strides = ValuesOf<int64_t>(tensor, CUDNN_ATTR_TENSOR_STRIDES);
  const Extents e = {extents[0], extents[1], extents[2], extents[3]};
  FAKE_CUDA_CHECK(e.n > 0 && e.c > 0 && e.h > 0 && e.w > 0)
      << "extents " << e.n << ", " << e.c << ", " << e.h << ", " << e.w;
  FAKE_CUDA_CHECK((strides == std::vector<int64_t>{e.h * e.w * e.c, 1, e.w * e.c, e.c}))
      << "strides " << strides[0] << ", " << strides[1] << ", " << strides[2] << ", " << strides[3]
      << ": tensors are dense with channels last";
  const cudnnDataType_t type = TypeOf(tensor);
  FAKE_CUDA_CHECK(type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_BFLOAT16) << "data type " << type;
  return e;
}

int64_t CountOf(const BackendObject& tensor) {
  const Extents e = ExtentsOf(tensor);
  return e.n * e.c * e.h * e.w;
}

int64_t OutputExtent(int64_t input, int64_t pad, int64_t kernel, int64_t stride) {
  return (input + 2 * pad - kernel) / stride + 1;
}

ConvolutionShape ShapeOf(const BackendObject& convolution, const BackendObject& x, const BackendObject& w,
                         const BackendObject& y) {
  const auto pads = ValuesOf<int64_t>(convolution, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);
  const auto strides = ValuesOf<int64_t>(convolution, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
  FAKE_CUDA_CHECK(pads == ValuesOf<int64_t>(convolution, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS))
      << "paddings differ before and after";
  FAKE_CUDA_CHECK((ValuesOf<int64_t>(convolution, CUDNN_ATTR_CONVOLUTION_DILATIONS) == std::vector<int64_t>{1, 1}))
      << "there is a dilation";
  FAKE_CUDA_CHECK(ValueOf<cudnnConvolutionMode_t>(convolution, CUDNN_ATTR_CONVOLUTION_CONV_MODE) ==
                  CUDNN_CROSS_CORRELATION)
      << "a convolution that flips the filter";
  FAKE_CUDA_CHECK(ValueOf<cudnnDataType_t>(convolution, CUDNN_ATTR_CONVOLUTION_COMP_TYPE) == CUDNN_DATA_FLOAT)
      << "sums of another type than f32";
  const Extents in = ExtentsOf(x), filter = ExtentsOf(w), out = ExtentsOf(y);
  FAKE_CUDA_CHECK(in.c % filter.c == 0 && filter.n % (in.c / filter.c) == 0)
      << in.c << " input channels, a filter " << filter.n << "x" << filter.c;
  const int64_t out_h = OutputExtent(in.h, pads[0], filter.h, strides[0]),
                out_w = OutputExtent(in.w, pads[1], filter.w, strides[1]);
  FAKE_CUDA_CHECK(out.n == in.n && out.c == filter.n && out.h == out_h && out.w == out_w)
      << "an output of " << out.n << "x" << out.h << "x" << out.w << "x" << out.c << " for an input of " << in.n << "x"
      << in.h << "x" << in.w << "x" << in.c << " and a filter of " << filter.n << "x" << filter.h << "x" << filter.w
      << "x" << filter.c;
  return {in.n,  in.h,  in.w,       in.c,       filter.n, filter.h, filter.w,
          out.h, out.w, strides[0], strides[1], pads[0],  pads[1],  in.c / filter.c};
}

// The output of the identity that follows the operation, which copies `convolved`.
const BackendObject* CopyOf(const BackendObject& identity, const BackendObject* convolved) {
  const BackendObject& pointwise = PartOf(identity, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
  FAKE_CUDA_CHECK(ValueOf<cudnnPointwiseMode_t>(pointwise, CUDNN_ATTR_POINTWISE_MODE) == CUDNN_POINTWISE_IDENTITY)
      << "a pointwise operation that is no identity";
  FAKE_CUDA_CHECK(&PartOf(identity, CUDNN_ATTR_OPERATION_POINTWISE_XDESC) == convolved && IsVirtual(*convolved))
      << "the identity does not read the convolution's virtual result";
  const BackendObject& copy = PartOf(identity, CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
  FAKE_CUDA_CHECK(ValuesOf<int64_t>(copy, CUDNN_ATTR_TENSOR_DIMENSIONS) ==
                  ValuesOf<int64_t>(*convolved, CUDNN_ATTR_TENSOR_DIMENSIONS))
      << "the identity's result has another shape";
  return &copy;
}

Reading ReadGraph(BackendObject* handle) {
  const BackendObject& graph = BackendObjectAt(handle);
  const std::vector<BackendObject*> operations = PartsOf(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS);
  const BackendObject& operation = *operations[0];
  const auto* names = std::find_if(std::begin(kOperations), std::end(kOperations),
                                   [&](const OperationNames& o) { return o.type == operation.type; });
  FAKE_CUDA_CHECK(names != std::end(kOperations)) << "a graph that does not begin with a convolution";
  FAKE_CUDA_CHECK(ValueOf<float>(operation, names->alpha) == 1 && ValueOf<float>(operation, names->beta) == 0)
      << "alpha is not 1, or beta not 0";
  const BackendObject &x = PartOf(operation, names->x), &w = PartOf(operation, names->w),
                      &y = PartOf(operation, names->y);
  Reading r;
  r.shape = ShapeOf(PartOf(operation, names->convolution), x, w, y);
  r.fused = operations.size() == 2;
  switch (operation.type) {
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
      r = {r.shape, ConvolveInputGrad, &y, &w, &x, "dy", "w", "dx", r.fused};
      break;
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      r = {r.shape, ConvolveWeightGrad, &x, &y, &w, "x", "dy", "dw", r.fused};
      break;
    default: r = {r.shape, Convolve, &x, &w, &y, "x", "w", "y", r.fused};
  }
  if (r.fused) r.result = CopyOf(*operations[1], r.result);
  FAKE_CUDA_CHECK(!IsVirtual(*r.first) && !IsVirtual(*r.second) && !IsVirtual(*r.result))
      << "an operand or the result of the graph is virtual";
  return r;
}

bool Applies(const GraphEngine& engine, const Reading& r) {
  if (engine.fused != r.fused || TypeOf(*r.first) != TypeOf(*r.second)) return false;
  if (TypeOf(*r.result) != CUDNN_DATA_FLOAT) return false;
  const bool wide = TypeOf(*r.first) == CUDNN_DATA_FLOAT;
  if (!engine.fused) return wide;
  return r.shape.groups == 1 && (wide || (r.shape.c % 8 == 0 && r.shape.o % 8 == 0));
}

const BackendObject& SettingsOf(const BackendObject& plan) {
  return PartOf(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
}

}  // namespace

std::vector<const GraphEngine*> EnginesFor(BackendObject& graph, cudnnBackendHeurMode_t mode) {
  const Reading r = ReadGraph(&graph);
  std::vector<const GraphEngine*> engines;
  for (const GraphEngine& engine : kEngines) {
    if (mode == CUDNN_HEUR_MODE_FALLBACK && engine.id != kLastResort) continue;
    if (Applies(engine, r)) engines.push_back(&engine);
  }
  return engines;
}

int64_t WorkspaceOfPlan(const BackendObject& plan) {
  const BackendObject& settings = SettingsOf(plan);
  return static_cast<int64_t>(settings.engine->workspace_bytes_per_output) * ReadGraph(settings.graph).shape.y_count();
}

cudnnStatus_t RunPlan(cudnnHandle_t handle, const BackendObject& plan, const BackendObject& pack) {
  FAKE_CUDA_CHECK(ValueOf<cudnnHandle_t>(plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE) == handle)
      << "the plan was made for another handle";
  const BackendObject& settings = SettingsOf(plan);
  const Reading r = ReadGraph(settings.graph);
  const auto names = ValuesOf<int64_t>(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto pointers = ValuesOf<void*>(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  FAKE_CUDA_CHECK(names.size() == 3 && pointers.size() == 3) << names.size() << " tensors in the pack";
  std::map<int64_t, void*> by_name;
  for (size_t i = 0; i < names.size(); ++i) by_name[names[i]] = pointers[i];
  const auto tensor = [&](const char* name, const BackendObject& t) {
    const auto found = by_name.find(ValueOf<int64_t>(t, CUDNN_ATTR_TENSOR_UNIQUE_ID));
    FAKE_CUDA_CHECK(found != by_name.end()) << "the pack does not name " << name;
    return ConvolutionTensor{name, found->second, CountOf(t), NumberOf(t)};
  };
  const auto bytes = static_cast<size_t>(WorkspaceOfPlan(plan));
  void* const workspace = ValueOf<void*>(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
  FAKE_CUDA_CHECK(bytes == 0 || workspace != nullptr) << "no workspace where the engine needs " << bytes << " bytes";
  const bool truncates = settings.engine->tensor_cores && NumberOf(*r.first) == Number::kFloat;
  return RunConvolution(HandleAt(handle).stream,
                        {r.shape, r.compute, tensor(r.first_name, *r.first), tensor(r.second_name, *r.second),
                         tensor(r.result_name, *r.result), truncates ? Precision::kTruncatedTf32 : Precision::kFull,
                         1.0f, workspace, bytes});
}

}  // namespace fake_cuda
