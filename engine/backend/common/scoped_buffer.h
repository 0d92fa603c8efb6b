// A block of memory that its destructor frees. Source is an allocator with Free(void*), such as a memory pool.
//
//   ScopedBuffer<Pool> sums(pool, pool.Allocate(bytes));
//   float* data = sums.as<float>();
#ifndef ENGINE_BACKEND_COMMON_SCOPED_BUFFER_H_
#define ENGINE_BACKEND_COMMON_SCOPED_BUFFER_H_

#include <utility>

namespace sg {

template <typename Source>
class ScopedBuffer {
 public:
  ScopedBuffer() = default;
  // Takes ownership of `data`. `source` must outlive the buffer.
  ScopedBuffer(Source& source, void* data) : source_(&source), data_(data) {}
  ~ScopedBuffer() {
    if (source_ != nullptr) source_->Free(data_);
  }
  ScopedBuffer(ScopedBuffer&& other) noexcept { *this = std::move(other); }
  ScopedBuffer& operator=(ScopedBuffer&& other) noexcept {
    std::swap(source_, other.source_);
    std::swap(data_, other.data_);
    return *this;
  }

  void* data() const { return data_; }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  Source* source_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_SCOPED_BUFFER_H_
