// The content of the descriptors of cuDNN's graph API: attributes by name, as they were set.
#ifndef TESTS_FAKE_CUDA_STAND_IN_CUDNN_BACKEND_OBJECTS_H_
#define TESTS_FAKE_CUDA_STAND_IN_CUDNN_BACKEND_OBJECTS_H_

#include <cudnn.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include "tests/fake_cuda/stand_in/objects.h"

namespace fake_cuda {

struct GraphEngine;  // cudnn_graph.h

struct BackendObject {
  cudnnBackendDescriptorType_t type = CUDNN_BACKEND_TENSOR_DESCRIPTOR;
  bool finalized = false;
  std::map<cudnnBackendAttributeName_t, std::vector<char>> values;
  // Of an engine and of its settings, which are not made by setting attributes.
  const GraphEngine* engine = nullptr;
  BackendObject* graph = nullptr;
};

template <>
inline constexpr const char* kTypeName<BackendObject> = "cudnnBackendDescriptor_t";

// Fails unless the descriptor lives.
BackendObject& BackendObjectAt(cudnnBackendDescriptor_t descriptor);

// The values of an attribute; none if it was not set.
template <typename T>
std::vector<T> ValuesOf(const BackendObject& object, cudnnBackendAttributeName_t name) {
  const auto found = object.values.find(name);
  if (found == object.values.end()) return {};
  std::vector<T> values(found->second.size() / sizeof(T));
  std::memcpy(static_cast<void*>(values.data()), found->second.data(), found->second.size());
  return values;
}
template <typename T>
T ValueOf(const BackendObject& object, cudnnBackendAttributeName_t name) {
  return ValuesOf<T>(object, name).at(0);
}

// The descriptors in an attribute. Fails unless all live, are of the type and finalized.
std::vector<BackendObject*> PartsOf(const BackendObject& object, cudnnBackendAttributeName_t name);
BackendObject& PartOf(const BackendObject& object, cudnnBackendAttributeName_t name);

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_CUDNN_BACKEND_OBJECTS_H_
