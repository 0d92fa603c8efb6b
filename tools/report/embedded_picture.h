// Pictures as text in a web page, small enough for it.
//
//   PictureCache pictures;
//   absl::StatusOr<EmbeddedPicture> sheet = pictures.Embed("run/fakes000004.png", /*max_side=*/768);
//   page += "<img src=\"" + sheet->uri + "\">";
#ifndef TOOLS_REPORT_EMBEDDED_PICTURE_H_
#define TOOLS_REPORT_EMBEDDED_PICTURE_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gan/image/encode_png.h"

namespace sg::report {

struct EmbeddedPicture {
  std::string uri;  // "data:image/webp;base64,..."
  int width = 0, height = 0;
  std::vector<gan::PngText> text;  // of a PNG
};

class PictureCache {
 public:
  static constexpr int64_t kMaxFile = int64_t{256} << 20;  // bytes of a file

  // Of a PNG, JPEG or WebP file: shrunk so that no side is longer than max_side, and compressed with loss. A file that
  // was embedded before, and has the same size and time, is not read again. Errors, one sentence with the path: those
  // of ReadFile and DecodeImage.
  absl::StatusOr<EmbeddedPicture> Embed(const std::string& path, int max_side);
  // Forgets what was not embedded since the last call.
  void ForgetUnused();

 private:
  struct Entry {
    EmbeddedPicture picture;
    std::pair<uintmax_t, std::filesystem::file_time_type> version;  // size and time of the file
    bool used = false;
  };

  std::map<std::pair<std::string, int>, Entry> entries_;  // by path and max_side
};

}  // namespace sg::report

#endif  // TOOLS_REPORT_EMBEDDED_PICTURE_H_
