// A pickled batch of CIFAR.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/data/streams/cifar_batch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<sg::gan::CifarBatch> batch =
      sg::gan::CifarBatch::Parse(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!batch.ok()) return 0;
  for (int64_t i = 0; i < batch->size(); ++i) {
    SG_CHECK(batch->ClassOf(i) >= 0) << "[fuzz] class " << batch->ClassOf(i);
    SG_CHECK(sg::gan::CifarImage(batch->Pixels(i)).pixels.size() == sg::gan::kCifarPixelBytes) << "[fuzz] pixels";
  }
  return 0;
}
