// A whole safetensors file: the header, the checksums, and the data of every tensor.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/check.h"
#include "engine/io/safetensors_reader.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const sg::fuzz::MemoryFile file(data, size);
  for (const bool verify_checksums : {true, false}) {
    sg::io::SafetensorsReaderOptions options;
    options.verify_checksums = verify_checksums;
    const absl::StatusOr<sg::io::SafetensorsReader> reader = sg::io::SafetensorsReader::Open(file.path(), options);
    if (!reader.ok()) continue;
    for (const sg::io::TensorInfo& tensor : reader->tensors()) {
      SG_CHECK(reader->Find(tensor.name) == &tensor) << "[fuzz] a tensor has no place in the index";
      const absl::StatusOr<std::vector<float>> floats = reader->ReadAsFloat(tensor.name);
      SG_CHECK(floats.ok() == reader->VerifyFloats(tensor.name).ok()) << "[fuzz] Verify and Read disagree";
      std::vector<char> bytes(tensor.bytes);
      (void)reader->Read(tensor.name, bytes.data(), tensor.bytes);
    }
    (void)reader->Verify();
  }
  return 0;
}
