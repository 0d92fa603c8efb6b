// The objects behind NVIDIA's handles, and the list of those that are alive. A handle that was never made, was
// destroyed or is of another type is detected at its next use. Objects that are left at the end are leaks.
//
//   template <> inline constexpr const char* kTypeName<CUevent_st> = "cudaEvent_t";
//   CUevent_st& live = Objects<CUevent_st>::Get().At(event);
#ifndef TESTS_FAKE_CUDA_STAND_IN_OBJECTS_H_
#define TESTS_FAKE_CUDA_STAND_IN_OBJECTS_H_

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/fake_cuda/stand_in/check.h"

namespace fake_cuda {

// NVIDIA's name for the handle of a T.
template <typename T>
inline constexpr const char* kTypeName = nullptr;

// A function for every type ever used, which describes its living objects: "3 cudaEvent_t", or "".
std::vector<std::function<std::string()>>& ObjectLists();

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
  T& At(T* handle) {
    FAKE_CUDA_CHECK(live_.count(handle) == 1) << static_cast<void*>(handle) << " is not a live "
                                              << kTypeName<T> << ": it was never created, or was destroyed";
    return *handle;
  }
  void Destroy(T* handle) {
    At(handle);
    live_.erase(handle);
  }

 private:
  Objects() {
    ObjectLists().push_back(
        [this] { return live_.empty() ? std::string() : std::to_string(live_.size()) + " " + kTypeName<T>; });
  }

  std::unordered_map<T*, std::unique_ptr<T>> live_;
};

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_OBJECTS_H_
