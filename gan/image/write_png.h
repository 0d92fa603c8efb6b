// Writes an image to a PNG file atomically and durably.
//
//   absl::Status status = WritePng("out/seed0085.png", image, {{"seed", "85"}});
#ifndef GAN_IMAGE_WRITE_PNG_H_
#define GAN_IMAGE_WRITE_PNG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/io/atomic_file.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"

namespace sg::gan {

// Writes an image of which only some rows are in memory at a time:
//
//   absl::StatusOr<PngWriter> file = PngWriter::Open("sheet.png", width, height, /*channels=*/3, text);
//   if (!file.ok()) return file.status();
//   if (absl::Status s = file->Append(rows); !s.ok()) return s;   // as often as needed
//   return file->Commit();
//
// Without Commit, an old file of that name stays.
class PngWriter {
 public:
  static absl::StatusOr<PngWriter> Open(const std::string& path, int width, int height, int channels,
                                        absl::Span<const PngText> text = {});

  absl::Status Append(absl::Span<const uint8_t> rows);  // whole ones
  // To be called once, after `height` rows.
  absl::Status Commit();

 private:
  PngWriter(std::unique_ptr<PngEncoder> encoder, io::AtomicFileWriter file)
      : encoder_(std::move(encoder)), file_(std::move(file)) {}

  std::unique_ptr<PngEncoder> encoder_;
  io::AtomicFileWriter file_;
};

// Errors of EncodePng and of io::WriteFileAtomically.
absl::Status WritePng(const std::string& path, const Image& image, absl::Span<const PngText> text = {});

}  // namespace sg::gan

#endif  // GAN_IMAGE_WRITE_PNG_H_
