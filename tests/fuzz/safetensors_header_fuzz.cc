// The text of a safetensors header. Its first two bytes are the size of the data, which a mutation of the text need not
// then keep in step.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "engine/io/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const int64_t data_bytes = data[0] | data[1] << 8;
  const absl::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const absl::StatusOr<sg::io::SafetensorsHeader> header = sg::io::ParseSafetensorsHeader(text, data_bytes);
  if (!header.ok()) return 0;
  int64_t end = 0;
  for (const sg::io::TensorInfo& tensor : header->tensors) {
    SG_CHECK(tensor.offset == end && tensor.bytes >= 0) << "[fuzz] the data has a hole or an overlap";
    end += tensor.bytes;
  }
  SG_CHECK(end == data_bytes) << "[fuzz] the tensors do not cover the data";
  return 0;
}
