#include "engine/backend/cuda/conv/backend_descriptor.h"

#include <algorithm>

#include "engine/backend/cuda/vendor/check.h"

namespace sg::cuda {

BackendDescriptor::BackendDescriptor(cudnnBackendDescriptorType_t type)
    : status_(cudnnBackendCreateDescriptor(type, &descriptor_)) {}

BackendDescriptor::~BackendDescriptor() {
  if (descriptor_ != nullptr) SG_CUDNN_CHECK(cudnnBackendDestroyDescriptor(descriptor_));
}

BackendDescriptor& BackendDescriptor::SetParts(cudnnBackendAttributeName_t name,
                                               absl::Span<const BackendDescriptor* const> parts) {
  std::vector<cudnnBackendDescriptor_t> descriptors;
  for (const BackendDescriptor* part : parts) {
    if (ok()) status_ = part->status_;
    descriptors.push_back(part->descriptor_);
  }
  return SetRaw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<int64_t>(descriptors.size()), descriptors.data());
}

BackendDescriptor& BackendDescriptor::Finalize() {
  if (ok()) status_ = cudnnBackendFinalize(descriptor_);
  return *this;
}

std::vector<BackendDescriptor> BackendDescriptor::GetParts(cudnnBackendAttributeName_t name,
                                                           cudnnBackendDescriptorType_t type) const {
  std::vector<BackendDescriptor> parts;
  std::vector<cudnnBackendDescriptor_t> descriptors;
  const int64_t count = GetRaw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
  for (int64_t i = 0; i < count; ++i) {
    parts.emplace_back(type);
    descriptors.push_back(parts.back().descriptor_);
    if (!parts.back().ok()) return {};
  }
  // cuDNN fills the descriptors that it is given.
  const int64_t filled = GetRaw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, count, descriptors.data());
  parts.resize(static_cast<size_t>(std::min(filled, count)));
  return parts;
}

BackendDescriptor BackendDescriptor::GetPart(cudnnBackendAttributeName_t name,
                                             cudnnBackendDescriptorType_t type) const {
  BackendDescriptor part(type);
  if (part.ok() && GetRaw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &part.descriptor_) != 1) {
    part.status_ = CUDNN_STATUS_NOT_SUPPORTED;
  }
  return part;
}

BackendDescriptor& BackendDescriptor::SetRaw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                             int64_t count, const void* values) {
  if (ok()) status_ = cudnnBackendSetAttribute(descriptor_, name, type, count, values);
  return *this;
}

int64_t BackendDescriptor::GetRaw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t most,
                                  void* values) const {
  int64_t count = 0;
  if (!ok() || cudnnBackendGetAttribute(descriptor_, name, type, most, &count, values) != CUDNN_STATUS_SUCCESS) {
    return 0;
  }
  return most == 0 ? count : std::min(count, most);
}

}  // namespace sg::cuda
