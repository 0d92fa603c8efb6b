#include "engine/tensor/storage.h"

namespace sg {

Storage::Storage(Backend& backend, size_t bytes) : backend_(backend), data_(backend.Allocate(bytes)) {}

Storage::~Storage() { backend_.Free(data_); }

}  // namespace sg
