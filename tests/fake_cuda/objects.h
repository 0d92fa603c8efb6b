// What the vendors' handles point to, and the list of those that live: a handle that was never made, is of another type, or
// was destroyed, is noticed at its next use, and what is left at the end is a leak.
#ifndef TESTS_FAKE_CUDA_OBJECTS_H_
#define TESTS_FAKE_CUDA_OBJECTS_H_

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/fake_cuda/check.h"

namespace fake_cuda {

// The live objects of one type of the vendor's, for example Objects<cudnnTensorStruct>.
template <typename T>
class Objects {
 public:
  static Objects& Get() {
    static Objects& objects = *new Objects;
    return objects;
  }

  T* Make() {
    auto object = std::make_unique<T>();
    T* handle = object.get();
    live_.emplace(handle, std::move(object));
    return handle;
  }
  T& At(T* handle, const char* type) {
    FAKE_CUDA_CHECK(live_.count(handle) == 1)
        << static_cast<void*>(handle) << " is not a live " << type << ": it was never created, or was destroyed";
    return *handle;
  }
  void Destroy(T* handle, const char* type) {
    At(handle, type);
    live_.erase(handle);
  }
  size_t size() const { return live_.size(); }

 private:
  std::unordered_map<T*, std::unique_ptr<T>> live_;
};

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_OBJECTS_H_
