#include "gan/image/write_png.h"

#include "absl/status/statusor.h"
#include "engine/io/atomic_file.h"

namespace sg::gan {

absl::Status WritePng(const std::string& path, const Image& image, absl::Span<const PngText> text) {
  const absl::StatusOr<std::string> png = EncodePng(image, text);
  if (!png.ok()) return png.status();
  return io::WriteFileAtomically(path, *png);
}

}  // namespace sg::gan
