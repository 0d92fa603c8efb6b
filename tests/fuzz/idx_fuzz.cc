// The images of an idx file, plain or packed with gzip.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/check.h"
#include "gan/data/streams/idx_stream.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const sg::fuzz::MemoryFile file(data, size);
  const absl::StatusOr<std::unique_ptr<sg::gan::PictureStream>> stream = sg::gan::OpenIdx(file.path());
  if (!stream.ok()) return 0;
  for (int64_t i = 0; i < (*stream)->size(); ++i) {
    const absl::StatusOr<sg::gan::Picture> picture = (*stream)->Next();
    if (!picture.ok()) return 0;
    const sg::gan::Image& image = picture->image;
    SG_CHECK(image.pixels.size() == static_cast<size_t>(image.width) * image.height)
        << "[fuzz] " << image.pixels.size() << " pixels for " << image.width << "x" << image.height;
  }
  return 0;
}
