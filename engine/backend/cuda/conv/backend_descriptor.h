// A descriptor of cuDNN's graph API, which consists of objects with attributes. The first call that fails is kept as
// the status, and later calls do nothing, so that a caller checks once at the end.
//
//   BackendDescriptor pointwise(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
//   pointwise.Set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_POINTWISE_IDENTITY)
//       .Set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
//       .Finalize();
//   if (pointwise.status() != CUDNN_STATUS_SUCCESS) ...
#ifndef ENGINE_BACKEND_CUDA_CONV_BACKEND_DESCRIPTOR_H_
#define ENGINE_BACKEND_CUDA_CONV_BACKEND_DESCRIPTOR_H_

#include <cudnn.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace sg::cuda {

// cuDNN's name of a type of attributes.
template <typename T>
struct AttributeType;
template <>
struct AttributeType<cudnnHandle_t> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_HANDLE;
};
template <>
struct AttributeType<cudnnDataType_t> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_DATA_TYPE;
};
template <>
struct AttributeType<bool> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_BOOLEAN;
};
template <>
struct AttributeType<int64_t> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_INT64;
};
template <>
struct AttributeType<float> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_FLOAT;
};
template <>
struct AttributeType<double> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_DOUBLE;
};
template <>
struct AttributeType<void*> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_VOID_PTR;
};
template <>
struct AttributeType<char> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_CHAR;
};
template <>
struct AttributeType<cudnnConvolutionMode_t> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_CONVOLUTION_MODE;
};
template <>
struct AttributeType<cudnnPointwiseMode_t> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_POINTWISE_MODE;
};
template <>
struct AttributeType<cudnnBackendHeurMode_t> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_HEUR_MODE;
};
template <>
struct AttributeType<cudnnBackendNumericalNote_t> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_NUMERICAL_NOTE;
};
template <>
struct AttributeType<cudnnBackendBehaviorNote_t> {
  static constexpr cudnnBackendAttributeType_t kValue = CUDNN_TYPE_BEHAVIOR_NOTE;
};

class BackendDescriptor {
 public:
  BackendDescriptor() = default;  // of nothing
  explicit BackendDescriptor(cudnnBackendDescriptorType_t type);
  ~BackendDescriptor();
  BackendDescriptor(BackendDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, nullptr)), status_(other.status_) {}
  BackendDescriptor& operator=(BackendDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(status_, other.status_);
    return *this;
  }

  template <typename T>
  BackendDescriptor& Set(cudnnBackendAttributeName_t name, const T& value) {
    return SetAll<T>(name, absl::MakeConstSpan(&value, 1));
  }
  template <typename T>
  BackendDescriptor& SetAll(cudnnBackendAttributeName_t name, absl::Span<const T> values) {
    return SetRaw(name, AttributeType<T>::kValue, static_cast<int64_t>(values.size()), values.data());
  }
  // If a part has failed, this descriptor has too. cuDNN may refer to the parts, which must live as long.
  BackendDescriptor& SetParts(cudnnBackendAttributeName_t name, absl::Span<const BackendDescriptor* const> parts);
  BackendDescriptor& SetPart(cudnnBackendAttributeName_t name, const BackendDescriptor& part) {
    return SetParts(name, {&part});
  }
  BackendDescriptor& Finalize();

  // At most `most` values of an attribute; none if cuDNN reports an error.
  template <typename T>
  std::vector<T> Get(cudnnBackendAttributeName_t name, int64_t most) const {
    std::vector<T> values(static_cast<size_t>(most));
    values.resize(static_cast<size_t>(GetRaw(name, AttributeType<T>::kValue, most, values.data())));
    return values;
  }
  // The descriptors in an attribute, all of one type.
  std::vector<BackendDescriptor> GetParts(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type) const;
  // The only descriptor in an attribute; its status is an error if there is none.
  BackendDescriptor GetPart(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type) const;

  cudnnBackendDescriptor_t get() const { return descriptor_; }
  cudnnStatus_t status() const { return status_; }
  bool ok() const { return status_ == CUDNN_STATUS_SUCCESS; }

 private:
  BackendDescriptor& SetRaw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t count,
                            const void* values);
  int64_t GetRaw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t most, void* values) const;

  cudnnBackendDescriptor_t descriptor_ = nullptr;
  cudnnStatus_t status_ = CUDNN_STATUS_SUCCESS;
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONV_BACKEND_DESCRIPTOR_H_
