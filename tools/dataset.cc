// dataset: folders, archives and the files of CIFAR, MNIST and LSUN to a set of images as NVIDIA's programs have them.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/device_failure.h"
#include "engine/io/printable.h"
#include "gan/config/config.h"
#include "gan/config/enums.h"
#include "gan/config/image_size.h"
#include "gan/config/validate.h"
#include "gan/data/convert/convert_pictures.h"
#include "gan/data/convert/dataset_writer.h"
#include "gan/data/convert/examine_pictures.h"
#include "gan/data/convert/label_problems.h"
#include "gan/data/convert/picture_fit.h"
#include "gan/data/image_source.h"
#include "gan/data/streams/open_stream.h"
#include "gan/data/streams/picture_stream.h"
#include "gan/image/decode_limits.h"
#include "gan/image/image_spec.h"
#include "tools/cli/cli.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/program.h"
#include "tools/cli/signals.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/work_progress.h"
#include "tools/cli/working_directory.h"

ABSL_FLAG(
    std::string, source, "",
    "A folder or a zip archive of PNG, JPEG and WebP files, cifar-10-python.tar.gz and the other archives, folders "
    "and .bin files of CIFAR-10 and CIFAR-100, train-images-idx3-ubyte.gz of MNIST and its kin, or the LMDB folder "
    "of an LSUN set. Nothing in a file is run.");
ABSL_FLAG(std::string, dest, "",
          "The zip archive (\"faces.zip\") or the folder to write. A folder must be empty or not exist; an archive is "
          "replaced when the new one is complete.");
ABSL_FLAG(bool, check, false,
          "Write nothing, and list everything that is wrong with --source: files that cannot be read, other sizes or "
          "kinds of pixels than most, the same picture twice, labels that are missing or of files that are not there; "
          "with --res, pictures that are too small for it. The exit code is 4 if there is anything.");
ABSL_FLAG(
    std::string, res, "",
    "Size of the images, as for `train`: a power of two, or WIDTHxHEIGHT such as 512x384. Without it, all pictures "
    "must have one size, and keep it.");
ABSL_FLAG(
    std::string, transform, "center-crop",
    "How pictures get the size --res. \"center-crop\": the largest center part of its proportions, as `train` "
    "does. \"center-crop-wide\": the same, with black bars that make it a square. \"stretch\": the whole picture, "
    "whatever its proportions.");
ABSL_FLAG(int, channels, 0,
          "1 (gray), 2 (gray and alpha), 3 (RGB) or 4 (RGBA); NVIDIA's programs read 1 and 3. 0: 1 for MNIST, else 3.");
ABSL_FLAG(bool, skip_small, false, "Leave out pictures that are smaller than --res, instead of enlarging them.");
ABSL_FLAG(int64_t, max_images, 0, "Take at most so many images, the first ones; 0: all.");
ABSL_FLAG(std::string, labels, "file",
          "Labels of the images: \"file\" for those of the source (dataset.json, the classes of CIFAR and MNIST), "
          "\"folders\" for the folders as classes, or \"none\".");
ABSL_FLAG(std::string, split, "train", "The part of a CIFAR set: \"train\" or \"test\".");
ABSL_FLAG(std::string, on_bad_image, "fail",
          "What to do about a picture that cannot be used: \"fail\" stops and writes nothing, \"skip\" leaves it out.");
ABSL_FLAG(int, max_mpx, 300, "Largest picture that is decoded, in million pixels. A larger one cannot be used.");
ABSL_FLAG(bool, own_pictures, false, "Also take pictures that `generate` and the other tools have made.");
ABSL_FLAG(int, threads, 0, "Threads that decode; 0: one per core.");

namespace sg::cli {
namespace {

constexpr int kMaxThreads = 1024, kMaxMpx = 100000;
constexpr int64_t kPixelsPerMpx = 1000000;

const Program& DatasetProgram() {
  static const Program* const program = new Program{
      "dataset",
      "makes a set of images for training, or checks one",
      {{"bazel run //tools:dataset -- --source=photos --dest=faces.zip --res=256",
        "Crops and resizes all pictures of a folder, for `train --data=faces.zip` and for NVIDIA's programs."},
       {"bazel run //tools:dataset -- --source=cifar-10-python.tar.gz --dest=cifar10.zip",
        "With the classes as labels, for `train --cond`."},
       {"bazel run //tools:dataset -- --source=train-images-idx3-ubyte.gz --dest=mnist.zip",
        "Gray images of 32x32, with the labels of train-labels-idx1-ubyte.gz beside it."},
       {"bazel run //tools:dataset -- --source=car_train_lmdb --dest=cars.zip --res=512x384 "
        "--transform=center-crop-wide "
        "--max-images=200000",
        "LSUN cars: 512x384, with black bars on squares."},
       {"bazel run //tools:dataset -- --source=faces.zip --check", "Lists everything that is wrong with it."}},
      {{"Input", {"source", "labels", "split", "max_images", "on_bad_image", "max_mpx", "own_pictures"}},
       {"Images", {"res", "transform", "channels", "skip_small"}},
       {"Output", {"dest", "check"}},
       {"Hardware", {"threads"}}},
      "source"};
  return *program;
}

struct Options {
  gan::StreamOptions stream;
  gan::ConvertOptions convert;
  bool has_size = false;  // --res is given
};

absl::Status Wrong(absl::string_view flag, const std::string& value, absl::string_view allowed) {
  return absl::InvalidArgumentError(absl::StrCat(flag, " is ", value, ", must be ", allowed));
}

std::string Quoted(const std::string& text) { return absl::StrCat("\"", text, "\""); }

// The size of --res, width and height only.
absl::StatusOr<gan::ImageSpec> SizeGiven(gan::FitMode mode) {
  const std::string text = absl::GetFlag(FLAGS_res);
  gan::TrainConfig config;
  absl::Status status = gan::SetImageSize(text, &config.model);
  if (status.ok()) status = gan::Validate(config);
  if (!status.ok()) return absl::InvalidArgumentError(absl::StrCat("--res: ", status.message()));
  const gan::ImageSpec spec = config.model.image_spec();
  const int64_t side = std::max(spec.width, spec.height);
  if (mode == gan::FitMode::kCenterCropWide && (spec.width == spec.height || (side & (side - 1)) != 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--res is ", text,
                     ", and with --transform=center-crop-wide must be of two different sides, the "
                     "longer a power of two, such as 512x384"));
  }
  return spec;
}

absl::StatusOr<Options> OptionsGiven(const ParseResult& parsed) {
  Options options;
  gan::StreamOptions& stream = options.stream;
  gan::ConvertOptions& convert = options.convert;
  const bool check = absl::GetFlag(FLAGS_check);
  stream.files.path = absl::GetFlag(FLAGS_source);
  if (stream.files.path.empty()) {
    return absl::InvalidArgumentError("--source is needed: the folder or file with the pictures");
  }
  if (!check && absl::GetFlag(FLAGS_dest).empty()) {
    return absl::InvalidArgumentError("--dest is needed: the zip archive or folder to write; or give --check");
  }
  for (const char* flag : {"dest", "transform", "channels", "skip_small", "labels", "max_images", "on_bad_image"}) {
    if (check && parsed.Given(flag)) {
      std::string name = flag;
      std::replace(name.begin(), name.end(), '_', '-');
      return absl::InvalidArgumentError(absl::StrCat("--check writes nothing, and takes no --", name));
    }
  }
  const std::string labels = absl::GetFlag(FLAGS_labels), split = absl::GetFlag(FLAGS_split),
                    transform = absl::GetFlag(FLAGS_transform);
  if (labels == "folders") {
    stream.labels = gan::StreamLabels::kFolders;
  } else if (labels == "none" || check) {  // LabelProblems tells more than the first error
    stream.labels = gan::StreamLabels::kNone;
  } else if (labels != "file") {
    return Wrong("--labels", Quoted(labels), "\"file\", \"folders\" or \"none\"");
  }
  if (split != "train" && split != "test") return Wrong("--split", Quoted(split), "\"train\" or \"test\"");
  stream.split = split == "test" ? gan::CifarSplit::kTest : gan::CifarSplit::kTrain;
  if (transform == "center-crop") {
    convert.fit.mode = gan::FitMode::kCenterCrop;
  } else if (transform == "center-crop-wide") {
    convert.fit.mode = gan::FitMode::kCenterCropWide;
  } else if (transform == "stretch") {
    convert.fit.mode = gan::FitMode::kStretch;
  } else {
    return Wrong("--transform", Quoted(transform), "\"center-crop\", \"center-crop-wide\" or \"stretch\"");
  }
  options.has_size = parsed.Given("res");
  for (const char* flag : {"transform", "skip_small"}) {
    if (!options.has_size && parsed.Given(flag)) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag == absl::string_view("transform") ? "--transform" : "--skip-small", " needs --res"));
    }
  }
  if (options.has_size) {
    const absl::StatusOr<gan::ImageSpec> size = SizeGiven(convert.fit.mode);
    if (!size.ok()) return size.status();
    convert.fit.spec = *size;
  } else {
    convert.fit.mode = gan::FitMode::kKeep;
  }
  const int channels = absl::GetFlag(FLAGS_channels), threads = absl::GetFlag(FLAGS_threads);
  if (channels < 0 || channels > 4) return Wrong("--channels", absl::StrCat(channels), "from 0 to 4");
  convert.fit.spec.channels = channels;
  convert.skip_small = absl::GetFlag(FLAGS_skip_small);
  const int64_t max_images = absl::GetFlag(FLAGS_max_images), max_mpx = absl::GetFlag(FLAGS_max_mpx);
  if (max_images < 0) return Wrong("--max-images", absl::StrCat(max_images), "at least 0");
  if (max_images > 0) convert.max_images = max_images;
  if (max_mpx < 1 || max_mpx > kMaxMpx) {
    return Wrong("--max-mpx", absl::StrCat(max_mpx), absl::StrCat("from 1 to ", kMaxMpx));
  }
  convert.limits.max_pixels = max_mpx * kPixelsPerMpx;
  // An uncompressed RGBA image of the largest size must fit.
  stream.files.max_file_bytes = std::max(stream.files.max_file_bytes, 4 * convert.limits.max_pixels);
  stream.files.own_pictures = absl::GetFlag(FLAGS_own_pictures);
  if (threads < 0 || threads > kMaxThreads) {
    return Wrong("--threads", absl::StrCat(threads), absl::StrCat("from 0 to ", kMaxThreads));
  }
  convert.threads = threads;
  const absl::StatusOr<gan::OnBadImage> on_bad_image =
      gan::ParseEnum<gan::OnBadImage>("--on-bad-image", absl::GetFlag(FLAGS_on_bad_image));
  if (!on_bad_image.ok()) return on_bad_image.status();
  convert.on_bad_image = *on_bad_image;
  return options;
}

void PrintNotes(const gan::PictureStream& stream) {
  for (const std::string& note : stream.notes()) std::fprintf(stderr, "%s\n", note.c_str());
}

std::string Count(int64_t count, const char* singular, const char* plural) {
  return absl::StrCat(count, " ", count == 1 ? singular : plural);
}

int Check(const Options& options, gan::PictureStream* stream) {
  std::optional<WorkProgress> progress(std::in_place, "picture", stream->size());
  gan::ExamineOptions examine;
  examine.limits = options.convert.limits;
  if (options.has_size) examine.wanted = options.convert.fit.spec;
  examine.threads = options.convert.threads;
  examine.on_progress = [&progress](int64_t pictures) { progress->Add(pictures); };
  examine.stop = StopRequested;
  absl::StatusOr<gan::Examination> found = gan::ExaminePictures(stream, examine);
  progress.reset();  // ends its line
  if (absl::IsCancelled(found.status())) ReRaise(StopSignal());
  if (!found.ok()) return Fail(DatasetProgram(), kExitBadInput, found.status());
  // Only folders and zip archives have a dataset.json.
  const absl::StatusOr<std::unique_ptr<gan::ImageSource>> source = gan::ImageSource::Open(options.stream.files);
  if (source.ok()) {
    for (std::string& problem : gan::LabelProblems(**source)) found->problems.push_back(std::move(problem));
  }
  std::printf("%s\n%s\n%s\n", Count(found->pictures, "picture", "pictures").c_str(), found->sizes.c_str(),
              found->modes.c_str());
  for (const std::string& problem : found->problems) std::printf("%s\n", problem.c_str());
  const auto problems = static_cast<int64_t>(found->problems.size());
  std::printf("%s\n", problems == 0 ? "no problems" : Count(problems, "problem", "problems").c_str());
  return problems == 0 ? kExitOk : kExitBadInput;
}

// What was done, for people.
void PrintCounts(const gan::ConvertCounts& counts, bool labels) {
  for (const std::string& bad : counts.bad) std::fprintf(stderr, "left out: %s\n", bad.c_str());
  if (counts.small > 0) {
    std::fprintf(stderr, "left out: %s smaller than --res\n", Count(counts.small, "picture", "pictures").c_str());
  }
  if (counts.enlarged > 0) {
    std::fprintf(stderr, "%s smaller than --res and enlarged; --skip-small leaves such pictures out\n",
                 Count(counts.enlarged, "picture was", "pictures were").c_str());
  }
  const gan::ImageSpec& spec = counts.spec;
  if (spec.width != spec.height || (spec.width & (spec.width - 1)) != 0 || spec.channels % 2 == 0) {
    std::fprintf(stderr,
                 "NVIDIA's programs need squares with a power of two and 1 or 3 channels; `train` reads this\n");
  }
  std::fprintf(stderr, "%s of %dx%d with %s and %s\n", Count(counts.written, "image", "images").c_str(),
               static_cast<int>(spec.width), static_cast<int>(spec.height),
               Count(spec.channels, "channel", "channels").c_str(), labels ? "labels" : "no labels");
}

int Convert(Options options, gan::PictureStream* stream) {
  const std::string dest = absl::GetFlag(FLAGS_dest);
  gan::ConvertOptions& convert = options.convert;
  if (convert.fit.spec.channels == 0) convert.fit.spec.channels = stream->channels();
  absl::StatusOr<std::unique_ptr<gan::DatasetWriter>> writer = gan::DatasetWriter::Open(dest, stream->has_labels());
  if (absl::IsAlreadyExists(writer.status())) {
    return UsageError(DatasetProgram(), absl::StrCat("--dest: ", writer.status().message()));
  }
  if (!writer.ok()) return Fail(DatasetProgram(), kExitRuntimeError, writer.status());
  (*writer)->SetClassNames(stream->class_names());
  std::optional<WorkProgress> progress(std::in_place, "picture", std::min(stream->size(), convert.max_images));
  convert.on_progress = [&progress](int64_t pictures) { progress->Add(pictures); };
  convert.stop = StopRequested;
  const absl::StatusOr<gan::ConvertCounts> counts = gan::ConvertPictures(stream, writer->get(), convert);
  progress.reset();  // ends its line
  const auto fail = [&writer](int exit_code, const absl::Status& status) {
    writer->reset();  // removes what was written
    return Fail(DatasetProgram(), exit_code, status);
  };
  if (absl::IsCancelled(counts.status())) {
    writer->reset();
    ReRaise(StopSignal());
  }
  if (!counts.ok()) {
    if (!(*writer)->error().ok() || absl::IsUnavailable(counts.status()))
      return fail(kExitRuntimeError, counts.status());
    return fail(kExitBadInput, absl::Status(counts.status().code(),
                                            absl::StrCat(counts.status().message(),
                                                         "; --on-bad-image=skip leaves pictures out that cannot be "
                                                         "used, and --check lists all of them")));
  }
  if (counts->written == 0) {
    return fail(kExitBadInput, absl::InvalidArgumentError(absl::StrCat(
                                   io::Printable(options.stream.files.path), ": no picture can be used",
                                   counts->bad.empty() ? "" : absl::StrCat("; the first: ", counts->bad.front()))));
  }
  const absl::Status finished = (*writer)->Finish();
  if (!finished.ok()) return fail(kExitRuntimeError, finished);
  PrintCounts(*counts, stream->has_labels());
  std::printf("%s\n", dest.c_str());
  return kExitOk;
}

int Main(int argc, char** argv) {
  FailDeviceWhenNewFails();
  TolerateLostConsole();
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(DatasetProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(DatasetProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const absl::StatusOr<Options> options = OptionsGiven(parsed);
  if (!options.ok()) return UsageError(DatasetProgram(), options.status().message());
  std::error_code error;
  if (std::filesystem::equivalent(absl::GetFlag(FLAGS_source), absl::GetFlag(FLAGS_dest), error)) {
    return UsageError(DatasetProgram(), "--dest is the --source");
  }
  InstallSignalHandlers();
  const absl::StatusOr<std::unique_ptr<gan::PictureStream>> stream = gan::OpenStream(options->stream);
  if (!stream.ok()) return Fail(DatasetProgram(), kExitBadInput, stream.status());
  PrintNotes(**stream);
  return absl::GetFlag(FLAGS_check) ? Check(*options, stream->get()) : Convert(*options, stream->get());
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::FinishOutput(sg::cli::DatasetProgram(), sg::cli::Main(argc, argv)); }
