#include "gan/data/data_identity.h"

#include <algorithm>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "engine/io/crc32c.h"

namespace sg::gan {
namespace {

constexpr int64_t kHashedBytes = int64_t{64} << 20;

}  // namespace

DataIdentity IdentifyData(const ImageSource& source, const Labels& labels) {
  uint32_t crc = 0;
  const auto add = [&crc](absl::string_view bytes) { crc = io::ExtendCrc32c(crc, bytes.data(), bytes.size()); };
  std::vector<int64_t> sizes(source.size());
  int64_t total = 0;
  for (int64_t i = 0; i < source.size(); ++i) {
    sizes[i] = source.FileBytes(i);
    total += std::clamp<int64_t>(sizes[i], 0, kHashedBytes);  // a larger file is not read
    add(absl::StrCat(source.name(i), "\n", sizes[i], "\n"));
  }
  const int64_t stride = std::max<int64_t>(1, (total + kHashedBytes - 1) / kHashedBytes);
  for (int64_t i = 0; i < source.size(); i += stride) {
    if (sizes[i] > kHashedBytes) continue;
    const absl::StatusOr<std::string> bytes = source.Read(i);
    if (bytes.ok()) add(*bytes);
  }
  return {source.size(), absl::StrFormat("%08x", crc),
          labels.dim() == 0 ? "" : absl::StrFormat("%08x", labels.Checksum()), labels.class_names()};
}

}  // namespace sg::gan
