#include "tools/cli/frame_output.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "engine/io/atomic_file.h"
#include "engine/io/directory.h"
#include "gan/image/encode_apng.h"
#include "gan/image/encode_webp.h"
#include "gan/image/write_png.h"
#include "tools/cli/file_suffix.h"
#include "tools/cli/video_program.h"

namespace sg::cli {
namespace {

// Of the encoders, whose errors do not name the file.
absl::Status InFile(const std::string& path, const absl::Status& status) {
  return status.ok() ? status : absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

class FolderOutput final : public FrameOutput {
 public:
  explicit FolderOutput(const FrameOutputParams& params) : params_(params) {}

  absl::Status Add(const gan::Image& image) override {
    return gan::WritePng(absl::StrFormat("%s/frame%06d.png", params_.path, added_++), image, params_.text);
  }
  absl::Status Close() override { return absl::OkStatus(); }

 private:
  const FrameOutputParams params_;
  int64_t added_ = 0;
};

class WebpOutput final : public FrameOutput {
 public:
  WebpOutput(std::string path, std::unique_ptr<gan::WebpAnimation> animation, io::AtomicFileWriter file)
      : path_(std::move(path)), animation_(std::move(animation)), file_(std::move(file)) {}

  absl::Status Add(const gan::Image& image) override { return InFile(path_, animation_->Add(image)); }
  absl::Status Close() override {
    const absl::StatusOr<std::string> bytes = animation_->Finish();
    if (!bytes.ok()) return InFile(path_, bytes.status());
    const absl::Status written = file_.Append(*bytes);
    return written.ok() ? file_.Commit() : written;
  }

 private:
  const std::string path_;
  const std::unique_ptr<gan::WebpAnimation> animation_;
  io::AtomicFileWriter file_;
};

class ApngOutput final : public FrameOutput {
 public:
  ApngOutput(std::string path, gan::ApngEncoder encoder, io::AtomicFileWriter file)
      : path_(std::move(path)), encoder_(std::move(encoder)), file_(std::move(file)) {}

  absl::Status Add(const gan::Image& image) override {
    const absl::StatusOr<std::string> bytes = encoder_.Add(image);
    return bytes.ok() ? file_.Append(*bytes) : InFile(path_, bytes.status());
  }
  absl::Status Close() override {
    const absl::Status written = file_.Append(encoder_.Finish());
    return written.ok() ? file_.Commit() : written;
  }

 private:
  const std::string path_;
  gan::ApngEncoder encoder_;
  io::AtomicFileWriter file_;
};

class VideoOutput final : public FrameOutput {
 public:
  explicit VideoOutput(VideoProgram program) : program_(std::move(program)) {}

  absl::Status Add(const gan::Image& image) override { return program_.Add(image); }
  absl::Status Close() override { return program_.Finish(); }

 private:
  VideoProgram program_;
};

bool IsVideo(absl::string_view path) { return absl::EndsWith(path, ".mp4") || absl::EndsWith(path, ".webm"); }

absl::StatusOr<std::unique_ptr<FrameOutput>> OpenFile(const FrameOutputParams& params) {
  absl::StatusOr<io::AtomicFileWriter> file = io::AtomicFileWriter::Open(params.path);
  if (!file.ok()) return file.status();
  if (params.format == FrameFormat::kWebp) {
    absl::StatusOr<std::unique_ptr<gan::WebpAnimation>> webp =
        gan::WebpAnimation::Start(params.width, params.height, params.fps, params.quality);
    if (!webp.ok()) return InFile(params.path, webp.status());
    return std::make_unique<WebpOutput>(params.path, *std::move(webp), *std::move(file));
  }
  absl::StatusOr<gan::ApngEncoder> apng = gan::ApngEncoder::Start({params.frames, params.fps}, params.text);
  if (!apng.ok()) return InFile(params.path, apng.status());
  return std::make_unique<ApngOutput>(params.path, *std::move(apng), *std::move(file));
}

}  // namespace

absl::StatusOr<FrameFormat> FrameFormatOf(const std::string& name, const std::string& path) {
  if (name == "auto") {
    if (absl::EndsWith(path, ".webp")) return FrameFormat::kWebp;
    if (absl::EndsWith(path, ".png") || absl::EndsWith(path, ".apng")) return FrameFormat::kApng;
    if (IsVideo(path)) return FrameFormat::kVideo;
    const absl::string_view suffix = FileSuffix(path);
    if (suffix.empty()) return FrameFormat::kFolder;
    return absl::InvalidArgumentError(
        absl::StrCat("is \"auto\", but ", path, " ends in ", suffix,
                     ", not in .webp, .apng, .png (animated), .mp4 or .webm; \"folder\" makes a folder of that name"));
  }
  if (name == "folder") return FrameFormat::kFolder;
  if (name == "webp") return FrameFormat::kWebp;
  if (name == "apng") return FrameFormat::kApng;
  if (name == "mp4" || name == "webm") {
    if (absl::EndsWith(path, absl::StrCat(".", name))) return FrameFormat::kVideo;
    return absl::InvalidArgumentError(
        absl::StrCat("is \"", name, "\", but the file ", path, " does not end in .", name));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("is \"", name, "\", must be \"auto\", \"folder\", \"webp\", \"apng\", \"mp4\" or \"webm\""));
}

absl::StatusOr<std::unique_ptr<FrameOutput>> OpenFrames(const FrameOutputParams& params) {
  if (params.format == FrameFormat::kFolder) {
    const absl::Status made = io::MakeDirectories(params.path);
    if (!made.ok()) return made;
    return std::make_unique<FolderOutput>(params);
  }
  if (params.format == FrameFormat::kVideo) {
    absl::StatusOr<VideoProgram> program = VideoProgram::Start(params.path, params.width, params.height, params.fps);
    if (!program.ok()) return program.status();
    return std::make_unique<VideoOutput>(*std::move(program));
  }
  return OpenFile(params);
}

}  // namespace sg::cli
