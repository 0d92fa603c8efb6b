// An archive of CIFAR, opened by its bytes as users' files are.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/check.h"
#include "gan/data/streams/open_stream.h"
#include "gan/data/streams/picture_stream.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const sg::fuzz::MemoryFile file(data, size);
  for (const sg::gan::CifarSplit split : {sg::gan::CifarSplit::kTrain, sg::gan::CifarSplit::kTest}) {
    sg::gan::StreamOptions options;
    options.files.path = file.path();
    options.files.max_file_bytes = int64_t{16} << 20;
    options.split = split;
    const absl::StatusOr<std::unique_ptr<sg::gan::PictureStream>> stream = sg::gan::OpenStream(options);
    if (!stream.ok()) continue;
    SG_CHECK((*stream)->size() > 0) << "[fuzz] no pictures";
    for (int64_t i = 0; i < (*stream)->size(); ++i) {
      if (!(*stream)->Next().ok()) break;
    }
  }
  return 0;
}
