#include "engine/backend/cuda/conv/graph_plan.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/shape.h"

namespace sg::cuda {
namespace {

// The names of the tensors in a graph. The virtual tensor has no memory, and no name outside.
constexpr int64_t kX = 1, kW = 2, kY = 3, kConvolved = 4;

// Blocks of the pool are aligned to more, but a view may begin at any multiple of 16 bytes.
constexpr int64_t kAlignment = 16;

// cuDNN has fewer notes than this.
constexpr int64_t kMostNotes = 32;

cudnnDataType_t CudnnType(DType type) { return type == DType::kBF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT; }

// cuDNN lists extents as N, C, H, W. The strides say that channels are last.
BackendDescriptor NewTensor(int64_t name, cudnnDataType_t type, const Shape& s, bool is_virtual) {
  const int64_t extents[] = {s[0], s[3], s[1], s[2]};
  const int64_t strides[] = {s[1] * s[2] * s[3], 1, s[2] * s[3], s[3]};
  BackendDescriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.Set(CUDNN_ATTR_TENSOR_UNIQUE_ID, name)
      .Set(CUDNN_ATTR_TENSOR_DATA_TYPE, type)
      .SetAll<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS, extents)
      .SetAll<int64_t>(CUDNN_ATTR_TENSOR_STRIDES, strides)
      .Set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment)
      .Set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, is_virtual)
      .Finalize();
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

// The graph of a problem and everything that it refers to.
struct Graph {
  BackendDescriptor x, w, y, convolved, convolution, operation, pointwise, identity, graph;

  std::vector<BackendDescriptor> Release() {
    std::vector<BackendDescriptor> parts;
    for (BackendDescriptor* part : {&x, &w, &y, &convolved, &convolution, &operation, &pointwise, &identity, &graph}) {
      parts.push_back(std::move(*part));
    }
    return parts;
  }
};

Graph NewGraph(const ConvProblem& p, bool fused, const PlanTarget& target) {
  const cudnnDataType_t type = CudnnType(p.type), sums = CUDNN_DATA_FLOAT;
  const bool forward = p.kind == ConvKind::kForward, input_grad = p.kind == ConvKind::kInputGrad,
             weight_grad = p.kind == ConvKind::kWeightGrad;
  Graph g;
  g.x = NewTensor(kX, input_grad ? sums : type, p.x, false);
  g.w = NewTensor(kW, weight_grad ? sums : type, p.w, false);
  g.y = NewTensor(kY, forward ? sums : type, p.y, false);
  const BackendDescriptor& result = forward ? g.y : input_grad ? g.x : g.w;
  if (fused) g.convolved = NewTensor(kConvolved, sums, forward ? p.y : input_grad ? p.x : p.w, true);
  const auto or_convolved = [&](const BackendDescriptor& tensor) -> const BackendDescriptor& {
    return fused && &tensor == &result ? g.convolved : tensor;
  };

  g.convolution = NewConvolution(p.geometry);
  const OperationNames names = NamesOf(p.kind);
  g.operation = BackendDescriptor(names.type);
  g.operation.SetPart(names.convolution, g.convolution)
      .SetPart(names.x, or_convolved(g.x))
      .SetPart(names.w, or_convolved(g.w))
      .SetPart(names.y, or_convolved(g.y))
      .Set(names.alpha, 1.0f)
      .Set(names.beta, 0.0f)
      .Finalize();
  std::vector<const BackendDescriptor*> operations = {&g.operation};
  if (fused) {
    g.pointwise = BackendDescriptor(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    g.pointwise.Set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_POINTWISE_IDENTITY)
        .Set(CUDNN_ATTR_POINTWISE_MATH_PREC, sums)
        .Finalize();
    g.identity = BackendDescriptor(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    g.identity.SetPart(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, g.pointwise)
        .SetPart(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, g.convolved)
        .SetPart(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, result)
        .Finalize();
    operations.push_back(&g.identity);
  }
  g.graph = BackendDescriptor(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  g.graph.SetParts(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations);
  if (target.handle != nullptr) g.graph.Set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, target.handle);
  g.graph.Finalize();
  return g;
}

// The settings of engines that the heuristics propose for the graph, the best first.
std::vector<BackendDescriptor> AskHeuristics(const BackendDescriptor& graph, const PlanTarget& target) {
  std::vector<BackendDescriptor> all;
  for (cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    BackendDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.SetPart(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph).Set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
    if (target.device_properties != nullptr) {
      heuristics.SetPart(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.device_properties);
    }
    heuristics.Finalize();
    std::vector<BackendDescriptor> some =
        heuristics.GetParts(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

PlanCandidate CandidateOf(const BackendDescriptor& settings) {
  PlanCandidate c;
  const BackendDescriptor engine = settings.GetPart(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  for (int64_t index : engine.Get<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, 1)) c.engine = index;
  for (cudnnBackendNumericalNote_t note :
       engine.Get<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, kMostNotes)) {
    switch (note) {
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE: c.tensor_cores = true; break;
      case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC: c.deterministic = false; break;
      case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
      case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION: c.less_than_f32 = true; break;
      case CUDNN_NUMERICAL_NOTE_FFT:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13: c.transformed = true; break;
      default: break;
    }
  }
  for (cudnnBackendBehaviorNote_t note :
       engine.Get<cudnnBackendBehaviorNote_t>(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, kMostNotes)) {
    if (note == CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION) c.compiled = true;
  }
  return c;
}

BackendDescriptor Build(const BackendDescriptor& settings, const PlanTarget& target) {
  BackendDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.SetPart(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, settings);
  if (target.handle != nullptr) plan.Set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle);
  if (target.device_properties != nullptr) {
    plan.SetPart(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.device_properties);
  }
  plan.Finalize();
  return plan;
}

// The candidates of one graph or of both, and the best of them.
class Search {
 public:
  Search(const ConvProblem& problem, const PlanTarget& target, const PlanRules& rules,
         const std::vector<size_t>& refused)
      : problem_(problem), target_(target), rules_(rules), refused_(refused) {}

  // Adds the candidates of a graph, and chooses anew. The graph alone comes first.
  void Add(bool fused) {
    graphs_.push_back(NewGraph(problem_, fused, target_));
    for (BackendDescriptor& settings : AskHeuristics(graphs_.back().graph, target_)) {
      candidates_.push_back(CandidateOf(settings));
      settings_.push_back(std::move(settings));
      fused_.push_back(fused);
    }
    plans_.resize(settings_.size());
    bytes_.resize(settings_.size());
    choice_ = ChoosePlan(candidates_, rules_, [this](size_t i) { return Make(i); });
  }

  bool IsGoodEnough() const { return choice_ && IsGood(candidates_[choice_->index], choice_->workspace_bytes, rules_); }

  // The plan of the choice, or null. The search is of no use afterwards.
  std::unique_ptr<GraphPlan> Take() {
    if (!choice_) return nullptr;
    const size_t i = choice_->index;
    std::vector<BackendDescriptor> parts = graphs_[fused_[i] ? 1 : 0].Release();
    parts.push_back(std::move(settings_[i]));
    return std::make_unique<GraphPlan>(std::move(parts), std::move(plans_[i]), candidates_[i], fused_[i], *choice_);
  }

 private:
  std::optional<int64_t> Make(size_t i) {
    if (std::find(refused_.begin(), refused_.end(), i) != refused_.end()) return std::nullopt;
    if (plans_[i].get() == nullptr) {
      plans_[i] = Build(settings_[i], target_);
      const std::vector<int64_t> bytes = plans_[i].Get<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, 1);
      if (!bytes.empty()) bytes_[i] = bytes[0];
    }
    return bytes_[i];
  }

  const ConvProblem& problem_;
  const PlanTarget& target_;
  const PlanRules& rules_;
  const std::vector<size_t>& refused_;
  std::vector<Graph> graphs_;
  std::vector<BackendDescriptor> settings_, plans_;
  std::vector<std::optional<int64_t>> bytes_;
  std::vector<PlanCandidate> candidates_;
  std::vector<bool> fused_;
  std::optional<PlanChoice> choice_;
};

}  // namespace

cudnnStatus_t GraphPlan::Execute(cudnnHandle_t handle, const ConvOperands& operands, void* workspace) const {
  const int64_t names[] = {kX, kW, kY};
  void* const tensors[] = {operands.x, operands.w, operands.y};
  BackendDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.SetAll<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, names)
      .SetAll<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, tensors)
      .Set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace)
      .Finalize();
  return pack.ok() ? cudnnBackendExecute(handle, plan_.get(), pack.get()) : pack.status();
}

std::string GraphPlan::Describe() const {
  return absl::StrCat("engine ", candidate_.engine, fused_ ? " with an identity" : "");
}

std::unique_ptr<GraphPlan> FindGraphPlan(const ConvProblem& problem, const PlanTarget& target, const PlanRules& rules,
                                         const std::vector<size_t>& refused) {
  Search search(problem, target, rules, refused);
  search.Add(/*fused=*/false);
  // To ask about the second graph takes longer than the first, and to compile a kernel for it much longer.
  if (!search.IsGoodEnough() && !rules.full_f32) search.Add(/*fused=*/true);
  return search.Take();
}

}  // namespace sg::cuda
