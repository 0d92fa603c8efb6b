#include "gan/image/write_png.h"

namespace sg::gan {

absl::StatusOr<PngWriter> PngWriter::Open(const std::string& path, int width, int height, int channels,
                                          absl::Span<const PngText> text) {
  absl::StatusOr<std::unique_ptr<PngEncoder>> encoder = PngEncoder::Start(width, height, channels, text);
  if (!encoder.ok()) return encoder.status();
  absl::StatusOr<io::AtomicFileWriter> file = io::AtomicFileWriter::Open(path);
  if (!file.ok()) return file.status();
  return PngWriter(*std::move(encoder), *std::move(file));
}

absl::Status PngWriter::Append(absl::Span<const uint8_t> rows) {
  const absl::StatusOr<std::string> bytes = encoder_->Add(rows);
  return bytes.ok() ? file_.Append(*bytes) : bytes.status();
}

absl::Status PngWriter::Commit() {
  const absl::StatusOr<std::string> bytes = encoder_->Finish();
  if (!bytes.ok()) return bytes.status();
  const absl::Status written = file_.Append(*bytes);
  return written.ok() ? file_.Commit() : written;
}

absl::Status WritePng(const std::string& path, const Image& image, absl::Span<const PngText> text) {
  const absl::StatusOr<std::string> png = EncodePng(image, text);
  if (!png.ok()) return png.status();
  return io::WriteFileAtomically(path, *png);
}

}  // namespace sg::gan
