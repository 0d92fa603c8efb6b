#include "gan/data/convert/picture_chunks.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>

namespace sg::gan {
namespace {

constexpr int64_t kPicturesPerThread = 8;
// A chunk of large files ends early. Each picture decodes to more than that, but only one per thread at a time.
constexpr int64_t kChunkBytes = int64_t{32} << 20;

}  // namespace

absl::Status ForEachChunk(PictureStream* stream, int threads, const std::function<bool()>& stop,
                          const std::function<absl::StatusOr<bool>(std::vector<Picture>*)>& work) {
  if (threads == 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const auto most = static_cast<size_t>(threads * kPicturesPerThread);
  std::vector<Picture> chunk;
  int64_t bytes = 0;
  for (int64_t i = 0; i < stream->size(); ++i) {
    if (stop && stop()) return absl::CancelledError("stopped");
    absl::StatusOr<Picture> picture = stream->Next();
    if (!picture.ok()) return picture.status();
    bytes += static_cast<int64_t>(picture->bytes.size() + picture->image.pixels.size());
    chunk.push_back(*std::move(picture));
    if (chunk.size() < most && bytes < kChunkBytes && i + 1 < stream->size()) continue;
    const absl::StatusOr<bool> more = work(&chunk);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    chunk.clear();
    bytes = 0;
  }
  return absl::OkStatus();
}

}  // namespace sg::gan
