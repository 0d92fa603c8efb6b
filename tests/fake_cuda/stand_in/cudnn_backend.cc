// The graph API of cuDNN: descriptors, their attributes, and what happens when they are finalized or executed.
#include <algorithm>
#include <cstring>
#include <iterator>

#include "tests/fake_cuda/stand_in/call.h"
#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/cudnn_backend_objects.h"
#include "tests/fake_cuda/stand_in/cudnn_graph.h"
#include "tests/fake_cuda/stand_in/cudnn_objects.h"
#include "tests/fake_cuda/stand_in/stream.h"

namespace fake_cuda {
namespace {

// An attribute that can be set, and how many values it takes. It may be left out if the least is 0.
struct Attribute {
  cudnnBackendDescriptorType_t owner;
  cudnnBackendAttributeName_t name;
  cudnnBackendAttributeType_t type;
  int64_t least, most;
};

constexpr Attribute kAttributes[] = {
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, 1},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, 1},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, 4},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, 4},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, 1},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, 1},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, 0, 1},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, 1},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, 1},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, 1},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, 2},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, 2},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, 2},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, 2},
    {CUDNN_BACKEND_POINTWISE_DESCRIPTOR, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, 1},
    {CUDNN_BACKEND_POINTWISE_DESCRIPTOR, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, 1},
    {CUDNN_BACKEND_POINTWISE_DESCRIPTOR, CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, CUDNN_TYPE_DOUBLE, 0, 1},
    {CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR,
     1, 1},
    {CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR,
     0, 1},
    {CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR,
     1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
     CUDNN_TYPE_FLOAT, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
     CUDNN_TYPE_FLOAT, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
     CUDNN_TYPE_FLOAT, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
     CUDNN_TYPE_FLOAT, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
     CUDNN_TYPE_FLOAT, 1, 1},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA,
     CUDNN_TYPE_FLOAT, 1, 1},
    {CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 16},
    {CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, 1},
    {CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1},
    {CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, 1},
    {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
     1},
    {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, 1},
    {CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, 1, 16},
    {CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 1, 16},
    {CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, 1},
};

size_t BytesOf(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_BOOLEAN: return sizeof(bool);
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_DOUBLE:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR: return 8;
    default: return 4;  // float and the enumerations
  }
}

// Answers cudnnBackendGetAttribute.
template <typename T>
cudnnStatus_t Answer(const std::vector<T>& values, int64_t requested, int64_t* count, void* into) {
  *count = static_cast<int64_t>(values.size());
  const size_t copied = std::min(values.size(), static_cast<size_t>(requested));
  if (copied > 0) std::memcpy(into, values.data(), copied * sizeof(T));
  return CUDNN_STATUS_SUCCESS;
}

std::vector<cudnnBackendNumericalNote_t> NumericalNotes(const GraphEngine& engine) {
  std::vector<cudnnBackendNumericalNote_t> notes;
  if (engine.tensor_cores) notes.push_back(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
  if (!engine.deterministic) notes.push_back(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC);
  if (engine.winograd) notes.push_back(CUDNN_NUMERICAL_NOTE_WINOGRAD);
  return notes;
}

std::vector<cudnnBackendBehaviorNote_t> BehaviorNotes(const GraphEngine& engine) {
  if (engine.compiled) return {CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION};
  return {};
}

std::vector<const GraphEngine*> EnginesOf(const BackendObject& heuristics) {
  return EnginesFor(PartOf(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH),
                    ValueOf<cudnnBackendHeurMode_t>(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE));
}

// Fills the descriptors that the caller has made.
cudnnStatus_t AnswerHeuristics(const BackendObject& heuristics, int64_t requested, int64_t* count, void* into) {
  const std::vector<const GraphEngine*> engines = EnginesOf(heuristics);
  *count = static_cast<int64_t>(engines.size());
  auto* const descriptors = static_cast<cudnnBackendDescriptor_t*>(into);
  for (int64_t i = 0; i < std::min(requested, *count); ++i) {
    BackendObject& settings = BackendObjectAt(descriptors[i]);
    FAKE_CUDA_CHECK(settings.type == CUDNN_BACKEND_ENGINECFG_DESCRIPTOR) << "a result of the wrong type";
    settings.engine = engines[static_cast<size_t>(i)];
    settings.graph = &PartOf(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
    settings.finalized = true;
  }
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t AnswerEngine(const BackendObject& settings, int64_t requested, int64_t* count, void* into) {
  *count = 1;
  if (requested < 1) return CUDNN_STATUS_SUCCESS;
  BackendObject& engine = BackendObjectAt(*static_cast<cudnnBackendDescriptor_t*>(into));
  FAKE_CUDA_CHECK(engine.type == CUDNN_BACKEND_ENGINE_DESCRIPTOR) << "a result of the wrong type";
  engine.engine = settings.engine;
  engine.graph = settings.graph;
  engine.finalized = true;
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace

BackendObject& BackendObjectAt(cudnnBackendDescriptor_t descriptor) {
  return Objects<BackendObject>::Get().At(static_cast<BackendObject*>(descriptor));
}

std::vector<BackendObject*> PartsOf(const BackendObject& object, cudnnBackendAttributeName_t name) {
  std::vector<BackendObject*> parts;
  for (cudnnBackendDescriptor_t part : ValuesOf<cudnnBackendDescriptor_t>(object, name)) {
    parts.push_back(&BackendObjectAt(part));
    FAKE_CUDA_CHECK(parts.back()->finalized) << "attribute " << name << " is a descriptor that is not finalized";
  }
  return parts;
}

BackendObject& PartOf(const BackendObject& object, cudnnBackendAttributeName_t name) {
  const std::vector<BackendObject*> parts = PartsOf(object, name);
  FAKE_CUDA_CHECK(parts.size() == 1) << "attribute " << name << " has " << parts.size() << " descriptors";
  return *parts[0];
}

}  // namespace fake_cuda

using fake_cuda::BackendObject;
using fake_cuda::BackendObjectAt;
using fake_cuda::Call;
using fake_cuda::Objects;

extern "C" {

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* descriptor) {
  const Call call("cudnnBackendCreateDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  BackendObject* const object = Objects<BackendObject>::Get().Make();
  object->type = type;
  *descriptor = object;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  const Call call("cudnnBackendDestroyDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  Objects<BackendObject>::Get().Destroy(static_cast<BackendObject*>(descriptor));
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count, const void* values) {
  const Call call("cudnnBackendSetAttribute");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  BackendObject& object = BackendObjectAt(descriptor);
  FAKE_CUDA_CHECK(!object.finalized) << "attribute " << name << " is set after the descriptor was finalized";
  const auto* attribute =
      std::find_if(std::begin(fake_cuda::kAttributes), std::end(fake_cuda::kAttributes),
                   [&](const fake_cuda::Attribute& a) { return a.owner == object.type && a.name == name; });
  FAKE_CUDA_CHECK(attribute != std::end(fake_cuda::kAttributes))
      << "a descriptor of type " << object.type << " has no attribute " << name;
  FAKE_CUDA_CHECK(attribute->type == type && std::max<int64_t>(1, attribute->least) <= count &&
                  count <= attribute->most)
      << "attribute " << name << " takes other values than " << count << " of type " << type;
  const auto* bytes = static_cast<const char*>(values);
  object.values[name].assign(bytes, bytes + static_cast<size_t>(count) * fake_cuda::BytesOf(type));
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t /*type*/, int64_t requested, int64_t* count,
                                       void* into) {
  const Call call("cudnnBackendGetAttribute");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  const BackendObject& object = BackendObjectAt(descriptor);
  FAKE_CUDA_CHECK(object.finalized) << "attribute " << name << " is read before the descriptor is finalized";
  switch (name) {
    case CUDNN_ATTR_ENGINEHEUR_RESULTS: return fake_cuda::AnswerHeuristics(object, requested, count, into);
    case CUDNN_ATTR_ENGINECFG_ENGINE: return fake_cuda::AnswerEngine(object, requested, count, into);
    case CUDNN_ATTR_ENGINE_GLOBAL_INDEX:
      return fake_cuda::Answer(std::vector<int64_t>{object.engine->id}, requested, count, into);
    case CUDNN_ATTR_ENGINE_NUMERICAL_NOTE:
      return fake_cuda::Answer(fake_cuda::NumericalNotes(*object.engine), requested, count, into);
    case CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE:
      return fake_cuda::Answer(fake_cuda::BehaviorNotes(*object.engine), requested, count, into);
    case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE:
      return fake_cuda::Answer(std::vector<int64_t>{fake_cuda::WorkspaceOfPlan(object)}, requested, count, into);
    default: return CUDNN_STATUS_NOT_SUPPORTED;
  }
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  const Call call("cudnnBackendFinalize");
  BackendObject& object = BackendObjectAt(descriptor);
  if (object.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
    // Counted and made to fail under a name of its own.
    const Call plan("cudnnBackendFinalize(plan)");
    if (plan.failure()) return static_cast<cudnnStatus_t>(*plan.failure());
    FAKE_CUDA_CHECK(!fake_cuda::AnyCapture()) << "a plan is made, which loads kernels, while a stream is captured";
  }
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  FAKE_CUDA_CHECK(!object.finalized) << "a descriptor is finalized twice";
  for (const fake_cuda::Attribute& attribute : fake_cuda::kAttributes) {
    if (attribute.owner != object.type) continue;
    FAKE_CUDA_CHECK(attribute.least == 0 || object.values.count(attribute.name) == 1)
        << "attribute " << attribute.name << " of a descriptor of type " << object.type << " is not set";
    if (attribute.type == CUDNN_TYPE_BACKEND_DESCRIPTOR) fake_cuda::PartsOf(object, attribute.name);
  }
  object.finalized = true;
  if (object.type == CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR && fake_cuda::EnginesOf(object).empty()) {
    object.finalized = false;
    return CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN;
  }
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack) {
  const Call call("cudnnBackendExecute");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  const BackendObject &plan_object = BackendObjectAt(plan), &pack_object = BackendObjectAt(pack);
  FAKE_CUDA_CHECK(plan_object.finalized && pack_object.finalized) << "the plan or the pack is not finalized";
  return fake_cuda::RunPlan(handle, plan_object, pack_object);
}

}  // extern "C"
