#include "tools/cli/video_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/io/atomic_file.h"

extern char** environ;

namespace sg::cli {
namespace {

constexpr char kProgram[] = "ffmpeg";

// Good quality, and a form that browsers and phones play.
std::vector<std::string> EncoderArguments(bool webm) {
  if (webm) return {"-c:v", "libvpx-vp9", "-crf", "24", "-b:v", "0", "-pix_fmt", "yuv420p", "-f", "webm"};
  return {"-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4"};
}

std::vector<uint8_t> RgbPixels(const gan::Image& image) {
  if (image.channels == 3) return image.pixels;
  std::vector<uint8_t> rgb;
  rgb.reserve(static_cast<size_t>(image.width) * image.height * 3);
  for (size_t i = 0; i < image.pixels.size(); i += image.channels) {
    if (image.channels == 4) {
      rgb.insert(rgb.end(), &image.pixels[i], &image.pixels[i] + 3);
    } else {
      rgb.insert(rgb.end(), 3, image.pixels[i]);
    }
  }
  return rgb;
}

}  // namespace

absl::StatusOr<VideoProgram> VideoProgram::Start(const std::string& path, int width, int height, int fps) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::UnavailableError(absl::StrCat(path, ": cannot make a pipe: ", std::strerror(errno)));
  }
  const std::string partial = io::TemporaryName(path);
  std::vector<std::string> words = {kProgram,
                                    "-loglevel",
                                    "error",
                                    "-y",
                                    "-f",
                                    "rawvideo",
                                    "-pix_fmt",
                                    "rgb24",
                                    "-s",
                                    absl::StrCat(width, "x", height),
                                    "-r",
                                    absl::StrCat(fps),
                                    "-i",
                                    "-",
                                    "-an",
                                    "-vf",
                                    "pad=ceil(iw/2)*2:ceil(ih/2)*2"};
  for (std::string& word : EncoderArguments(absl::EndsWith(path, ".webm"))) words.push_back(std::move(word));
  words.push_back(absl::StrCat("file:", partial));
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, kProgram, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  if (error == 0) return VideoProgram(path, partial, pid, ends[1]);
  close(ends[1]);
  if (error == ENOENT) {
    return absl::NotFoundError(absl::StrCat(path,
                                            ": MP4 and WebM need the program ffmpeg, which is not here "
                                            "(apt-get install ffmpeg); .webp and .apng need nothing"));
  }
  return absl::UnavailableError(absl::StrCat(path, ": cannot start ffmpeg: ", std::strerror(error)));
}

VideoProgram::VideoProgram(VideoProgram&& other) noexcept
    : path_(std::move(other.path_)),
      partial_(std::move(other.partial_)),
      pid_(std::exchange(other.pid_, -1)),
      pipe_(std::exchange(other.pipe_, -1)) {}

VideoProgram::~VideoProgram() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  End();
  unlink(partial_.c_str());
}

int VideoProgram::End() {
  if (pipe_ >= 0) close(std::exchange(pipe_, -1));
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

absl::Status VideoProgram::Add(const gan::Image& image) {
  const std::vector<uint8_t> pixels = RgbPixels(image);
  for (size_t written = 0; written < pixels.size();) {
    const ssize_t count = write(pipe_, pixels.data() + written, pixels.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const std::string reason = std::strerror(errno);
      const int code = End();
      unlink(partial_.c_str());
      return absl::UnavailableError(
          absl::StrCat(path_, ": ffmpeg took no more frames (", reason, "); its exit code is ", code));
    }
    written += static_cast<size_t>(count);
  }
  return absl::OkStatus();
}

absl::Status VideoProgram::Finish() {
  if (const int code = End(); code != 0) {
    unlink(partial_.c_str());
    return absl::UnavailableError(absl::StrCat(path_, ": ffmpeg failed with exit code ", code));
  }
  std::error_code error;
  std::filesystem::rename(partial_, path_, error);
  if (!error) return absl::OkStatus();
  unlink(partial_.c_str());
  return absl::UnavailableError(absl::StrCat(path_, ": cannot replace the file: ", error.message()));
}

}  // namespace sg::cli
