// A .npy file.
#include <cstddef>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/io/npy.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const sg::fuzz::MemoryFile file(data, size);
  const absl::StatusOr<sg::io::NpyArray> array = sg::io::ReadNpy(file.path(), static_cast<int64_t>(size));
  if (!array.ok()) return 0;
  SG_CHECK(static_cast<int64_t>(array->values.size()) == array->shape.NumElements())
      << "[fuzz] " << array->values.size() << " values for the shape " << array->shape;
  return 0;
}
