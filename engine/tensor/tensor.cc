#include "engine/tensor/tensor.h"

#include <atomic>

#include "engine/runtime/backend_for.h"

namespace sg {

namespace internal {

std::shared_ptr<ValueInfo> NewValueInfo(const TensorSpec& spec, Device device) {
  static std::atomic<uint64_t> next_id{1};
  auto info = std::make_shared<ValueInfo>();
  info->spec = spec;
  info->device = device;
  info->id = next_id.fetch_add(1, std::memory_order_relaxed);
  return info;
}

}  // namespace internal

Tensor Tensor::Empty(const Shape& shape, DType dtype, Device device) {
  const size_t bytes = shape.NumElements() * SizeOf(dtype);
  return Tensor(std::make_shared<internal::Storage>(BackendFor(device), bytes),
                internal::NewValueInfo({shape, dtype}, device));
}

Tensor Tensor::Full(const Shape& shape, double value, DType dtype, Device device) {
  Tensor t = Empty(shape, dtype, device);
  BackendFor(device).Fill({t.view(), value});
  return t;
}

Tensor Tensor::FromHostBytes(const Shape& shape, DType dtype, const void* host, size_t bytes, Device device) {
  Tensor t = Empty(shape, dtype, device);
  SG_CHECK(static_cast<int64_t>(bytes) == t.NumBytes())
      << "[FromHost] " << bytes << " bytes for " << t << ", which has " << t.NumBytes();
  if (bytes > 0) BackendFor(device).CopyFromHost(t.storage_->data(), host, bytes);  // with 0 bytes, host may be null
  return t;
}

void Tensor::ToHostBytes(void* host, size_t bytes) const {
  SG_CHECK(static_cast<int64_t>(bytes) == NumBytes())
      << "[ToHost] " << bytes << " bytes for " << *this << ", which has " << NumBytes();
  if (bytes > 0) BackendFor(device()).CopyToHost(host, view().data, bytes);
}

double Tensor::Item() const {
  SG_CHECK(NumElements() == 1) << "[Item] " << *this << " does not hold one element";
  switch (dtype()) {
    case DType::kF32: return ToHost<float>()[0];
    case DType::kF64: return ToHost<double>()[0];
    case DType::kBF16: return static_cast<float>(ToHost<BFloat16>()[0]);
    case DType::kI32: return ToHost<int32_t>()[0];
    case DType::kU8: return ToHost<uint8_t>()[0];
  }
  return 0;
}

Tensor Tensor::To(Device device) const {
  std::vector<uint8_t> host(NumBytes());
  ToHostBytes(host.data(), host.size());
  return FromHostBytes(shape(), dtype(), host.data(), host.size(), device);
}

Tensor& Tensor::Track() {
  SG_CHECK(info().node == nullptr) << "[Track] " << *this << " is the result of a recorded operation, not a leaf";
  info_->tracked = true;
  return *this;
}

Tensor Tensor::Detach() const { return Tensor(storage_, internal::NewValueInfo(spec(), device())); }

TensorView Tensor::view() const {
  SG_CHECK(has_data()) << "[Tensor] the value of " << *this << " was not kept";
  return {storage_->data(), dtype(), shape(), storage_->content()};
}

std::ostream& operator<<(std::ostream& os, const Tensor& t) {
  if (!t.defined()) return os << "undefined";
  return os << t.dtype() << t.shape();
}

}  // namespace sg
