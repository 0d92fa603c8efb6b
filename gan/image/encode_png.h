// Encodes images as PNG files in memory, at once or in pieces. Named texts, such as how an image was made, are stored
// in the file.
//
//   absl::StatusOr<std::string> bytes = EncodePng(image, {{"seed", "7"}, {"truncation", "0.7"}});
#ifndef GAN_IMAGE_ENCODE_PNG_H_
#define GAN_IMAGE_ENCODE_PNG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gan/image/image.h"

namespace sg::gan {

using PngText = std::pair<std::string, std::string>;  // keyword, UTF-8 value

enum class PngPacking {
  kDeflate,
  kStored,  // not compressed, as NVIDIA's data sets are: quick to read, and the same bytes with any version of zlib
};

// The image has 1 (gray), 2 (gray and alpha), 3 (RGB) or 4 (RGBA) channels. Texts are stored before the pixels: an
// ASCII value as a tEXt chunk, any other as an uncompressed iTXt chunk. InvalidArgument for an empty image, for a value
// that contains NUL, or for a keyword other than 1 to 79 printable ASCII characters without leading, trailing or
// consecutive spaces.
absl::StatusOr<std::string> EncodePng(const Image& image, absl::Span<const PngText> text = {},
                                      PngPacking packing = PngPacking::kDeflate);

// Encodes an image of which only some rows are in memory at a time. The bytes of all calls together are those of
// EncodePng:
//
//   absl::StatusOr<std::unique_ptr<PngEncoder>> png = PngEncoder::Start(width, height, /*channels=*/3, text);
//   absl::StatusOr<std::string> bytes = (*png)->Add(rows);   // as often as needed
//   bytes = (*png)->Finish();                                // after `height` rows
class PngEncoder {
 public:
  // Errors are those of EncodePng.
  static absl::StatusOr<std::unique_ptr<PngEncoder>> Start(int width, int height, int channels,
                                                           absl::Span<const PngText> text = {},
                                                           PngPacking packing = PngPacking::kDeflate);
  ~PngEncoder();

  // The next rows, whole ones, without padding. Returns the bytes that are finished with them, which may be none.
  absl::StatusOr<std::string> Add(absl::Span<const uint8_t> rows);
  // The last bytes. To be called once, after all rows.
  absl::StatusOr<std::string> Finish();

 private:
  struct Writer;
  explicit PngEncoder(std::unique_ptr<Writer> writer);

  const std::unique_ptr<Writer> writer_;
};

// The texts stored before the pixels, in file order. Omits compressed texts that unpack to more than 1 MiB.
absl::StatusOr<std::vector<PngText>> ReadPngText(absl::string_view bytes);

}  // namespace sg::gan

#endif  // GAN_IMAGE_ENCODE_PNG_H_
