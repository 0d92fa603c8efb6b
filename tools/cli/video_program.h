// Makes videos with the program `ffmpeg`, if the user has it: raw frames go to its standard input.
//
//   absl::StatusOr<VideoProgram> video = VideoProgram::Start("out.mp4", {640, 360, 3}, /*fps=*/30);
//   if (!video.ok()) return video.status();
//   if (absl::Status s = video->Add(image); !s.ok()) return s;   // for every frame
//   return video->Finish();
//
// The video is written to a file beside `path`, which replaces `path` in Finish. Without Finish, and after an error, no
// file remains. The process must ignore SIGPIPE (signals.h).
#ifndef TOOLS_CLI_VIDEO_PROGRAM_H_
#define TOOLS_CLI_VIDEO_PROGRAM_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/image/image.h"

namespace sg::cli {

class VideoProgram {
 public:
  // `path` ends in .mp4 or .webm, which chooses H.264 or VP9. NotFound with an advice if there is no ffmpeg.
  // An odd side gets one more row or column, since these codecs need even ones.
  static absl::StatusOr<VideoProgram> Start(const std::string& path, int width, int height, int fps);
  VideoProgram(VideoProgram&& other) noexcept;
  VideoProgram& operator=(VideoProgram&&) = delete;
  ~VideoProgram();

  // The image has 1 to 4 channels; an alpha channel is dropped.
  absl::Status Add(const gan::Image& image);
  absl::Status Finish();

 private:
  VideoProgram(std::string path, std::string partial, pid_t pid, int pipe)
      : path_(std::move(path)), partial_(std::move(partial)), pid_(pid), pipe_(pipe) {}
  // Closes the pipe and waits. Returns the exit code, or 128 and the signal that ended it.
  int End();

  std::string path_, partial_;
  pid_t pid_;  // -1 once it has ended
  int pipe_;   // -1 once it is closed
};

}  // namespace sg::cli

#endif  // TOOLS_CLI_VIDEO_PROGRAM_H_
