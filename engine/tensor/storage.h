// One buffer of a backend's pool, returned when the last tensor that uses it is gone.
#ifndef ENGINE_TENSOR_STORAGE_H_
#define ENGINE_TENSOR_STORAGE_H_

#include <cstddef>

#include "engine/backend/backend.h"

namespace sg {

class Storage {
 public:
  Storage(Backend& backend, size_t bytes);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data() const { return data_; }
  Backend& backend() const { return backend_; }

 private:
  Backend& backend_;
  void* data_;
};

}  // namespace sg

#endif  // ENGINE_TENSOR_STORAGE_H_
