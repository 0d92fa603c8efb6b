#include "tests/fake_cuda/stand_in/cudnn_graph.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/cudnn_objects.h"
#include "tests/fake_cuda/stand_in/cudnn_pointwise.h"
#include "tests/fake_cuda/stand_in/cudnn_run.h"
#include "tests/fake_cuda/stand_in/cudnn_tensor.h"

namespace fake_cuda {
namespace {

// In the order of preference. The numbers are of no meaning.
constexpr GraphEngine kEngines[] = {
    {50, GraphKind::kAlone, false, true, true, false, 16},  {60, GraphKind::kAlone, true, false, false, false, 0},
    {61, GraphKind::kAlone, true, true, false, false, 4},   {28, GraphKind::kAlone, false, true, false, false, 0},
    {70, GraphKind::kIdentity, true, true, false, true, 0}, {71, GraphKind::kEpilogue, true, true, false, true, 0},
};
constexpr int64_t kLastResort = 28;

// The operation of a graph, with the tensors that have memory.
struct Reading {
  ConvolutionShape shape;
  ComputeConvolution compute;
  const BackendObject *first, *second, *result;
  const char *first_name, *second_name, *result_name;
  GraphKind kind;
  PointwiseChain chain;  // unless the convolution is alone
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
  switch (operation.type) {
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
      r = {r.shape, ConvolveInputGrad, &y, &w, &x, "dy", "w", "dx", GraphKind::kAlone, {}};
      break;
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      r = {r.shape, ConvolveWeightGrad, &x, &y, &w, "x", "dy", "dw", GraphKind::kAlone, {}};
      break;
    default: r = {r.shape, Convolve, &x, &w, &y, "x", "w", "y", GraphKind::kAlone, {}};
  }
  if (operations.size() > 1) {
    r.chain = ReadPointwise(operations, 1, r.result);
    r.result = r.chain.output;
    r.kind = r.chain.IsIdentity() ? GraphKind::kIdentity : GraphKind::kEpilogue;
  }
  FAKE_CUDA_CHECK(!IsVirtual(*r.first) && !IsVirtual(*r.second) && !IsVirtual(*r.result))
      << "an operand or the result of the graph is virtual";
  return r;
}

bool Applies(const GraphEngine& engine, const Reading& r) {
  if (engine.kind != r.kind || TypeOf(*r.first) != TypeOf(*r.second)) return false;
  if (TypeOf(*r.result) != CUDNN_DATA_FLOAT) return false;
  const bool wide = TypeOf(*r.first) == CUDNN_DATA_FLOAT;
  if (engine.kind == GraphKind::kAlone) return wide;
  return r.shape.groups == 1 && (wide || (r.shape.c % 8 == 0 && r.shape.o % 8 == 0));
}

// Numbers are read now, and tensors when the convolution runs.
template <typename TensorOf>
void AddEpilogue(const PointwiseChain& chain, const TensorOf& tensor, ConvolutionRun* run) {
  if (chain.operations.empty()) return;
  std::map<const BackendObject*, std::vector<double>> numbers;
  std::map<const BackendObject*, ConvolutionTensor> tensors;
  for (const BackendObject* operand : chain.operands) {
    const ConvolutionTensor t = tensor("an operand of the epilogue", *operand);
    FAKE_CUDA_CHECK(t.data != nullptr) << "an operand of the epilogue is null";
    if (IsByValue(*operand)) {
      numbers[operand] = Load(t.data, t.number, t.count, Precision::kFull);
    } else {
      tensors[operand] = t;
      run->operands.push_back(t);
    }
  }
  run->epilogue = [chain, numbers, tensors](const std::vector<double>& convolved) {
    std::map<const BackendObject*, std::vector<double>> values = numbers;
    for (const auto& [operand, t] : tensors) values[operand] = Load(t.data, t.number, t.count, Precision::kFull);
    return RunPointwise(chain, convolved, values);
  };
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
  const size_t operands = r.chain.operands.size();
  FAKE_CUDA_CHECK(names.size() == 3 + operands && pointers.size() == names.size())
      << names.size() << " tensors in the pack";
  std::map<int64_t, void*> by_name;
  for (size_t i = 0; i < names.size(); ++i) by_name[names[i]] = pointers[i];
  const auto tensor = [&](const char* name, const BackendObject& t) {
    const auto found = by_name.find(ValueOf<int64_t>(t, CUDNN_ATTR_TENSOR_UNIQUE_ID));
    FAKE_CUDA_CHECK(found != by_name.end()) << "the pack does not name " << name;
    return ConvolutionTensor{name, found->second, ExtentsOf(t).count(), NumberOf(t)};
  };
  const auto bytes = static_cast<size_t>(WorkspaceOfPlan(plan));
  void* const workspace = ValueOf<void*>(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
  FAKE_CUDA_CHECK(bytes == 0 || workspace != nullptr) << "no workspace where the engine needs " << bytes << " bytes";
  const bool truncates = settings.engine->tensor_cores && NumberOf(*r.first) == Number::kFloat;
  ConvolutionRun run = {r.shape,
                        r.compute,
                        tensor(r.first_name, *r.first),
                        tensor(r.second_name, *r.second),
                        tensor(r.result_name, *r.result),
                        truncates ? Precision::kTruncatedTf32 : Precision::kFull,
                        1.0f,
                        workspace,
                        bytes,
                        {},
                        nullptr};
  AddEpilogue(r.chain, tensor, &run);
  return RunConvolution(HandleAt(handle).stream, run);
}

}  // namespace fake_cuda
