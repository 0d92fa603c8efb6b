// Where the frames of an animation go: a folder of PNG files, an animated WebP or PNG, or a video.
//
//   const absl::StatusOr<FrameFormat> format = FrameFormatOf("auto", "morph.webp");
//   absl::StatusOr<std::unique_ptr<FrameOutput>> out = OpenFrames({*format, "morph.webp", width, height, 240, 30});
//   if (absl::Status s = (*out)->Add(image); !s.ok()) return s;   // for every frame
//   return (*out)->Close();
#ifndef TOOLS_CLI_FRAME_OUTPUT_H_
#define TOOLS_CLI_FRAME_OUTPUT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"

namespace sg::cli {

enum class FrameFormat : uint8_t { kFolder, kWebp, kApng, kVideo };

// The format that a flag names: "folder", "webp", "apng", "mp4" or "webm"; "auto" goes by the end of `path`, of which
// .png means an animated PNG, and one of no file (file_suffix.h) a folder. InvalidArgument for another name, for the
// end of another file, and for a video whose path ends otherwise.
absl::StatusOr<FrameFormat> FrameFormatOf(const std::string& name, const std::string& path);

struct FrameOutputParams {
  FrameFormat format = FrameFormat::kFolder;
  std::string path;
  int width = 0, height = 0;
  int64_t frames = 1;
  int fps = 30;                    // from 1 to 1000
  int quality = 90;                // of a WebP, to 100, which is exact
  std::vector<gan::PngText> text;  // of PNG files
};

class FrameOutput {
 public:
  virtual ~FrameOutput() = default;

  // Of the size in the params, with 1 to 4 channels.
  virtual absl::Status Add(const gan::Image& image) = 0;
  // After all frames. A single file appears only now.
  virtual absl::Status Close() = 0;
};

// Errors begin with the path: NotFound for a video without ffmpeg, and those of the files and encoders.
absl::StatusOr<std::unique_ptr<FrameOutput>> OpenFrames(const FrameOutputParams& params);

}  // namespace sg::cli

#endif  // TOOLS_CLI_FRAME_OUTPUT_H_
