#include "gan/train/snapshot.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/op_observer.h"
#include "gan/config/json.h"
#include "gan/image/image_grid.h"
#include "gan/image/write_png.h"
#include "gan/sample/sampler.h"
#include "gan/train/class_names.h"
#include "gan/train/metadata.h"
#include "gan/train/state_file.h"
#include "gan/train/train_state.h"

namespace sg::gan {
namespace {

constexpr char kEnvironment[] = "environment";
constexpr char kDataImages[] = "data.images";
constexpr char kDataHash[] = "data.hash";
constexpr char kDataLabels[] = "data.labels";

// Pictures along each side of a sheet.
int SheetSide(const ImageSpec& spec) {
  return static_cast<int>(std::clamp<int64_t>(512 / std::max(spec.width, spec.height), 4, 12));
}

std::string NumberOf(const Trainer& trainer) { return SnapshotNumber(trainer.images_seen(), trainer.config().batch); }

// Where and with which images the trainer has been trained.
Metadata Origin(const Trainer& trainer, const std::optional<DataIdentity>& data) {
  Metadata origin = {{kEnvironment, DescribeDevice(trainer.device())}};
  if (data.has_value()) {
    origin[kDataImages] = absl::StrCat(data->images);
    origin[kDataHash] = data->hash;
    if (!data->labels.empty()) origin[kDataLabels] = data->labels;
    AddClassNames(data->class_names, &origin);
  }
  return origin;
}

std::optional<DataIdentity> DataOf(const Metadata& metadata) {
  const absl::StatusOr<int64_t> images = ReadCount(metadata, kDataImages);
  absl::StatusOr<std::string> hash = ReadText(metadata, kDataHash);
  if (!images.ok() || !hash.ok()) return std::nullopt;
  return DataIdentity{*images, *std::move(hash), ReadText(metadata, kDataLabels).value_or("")};
}

// What is different from where the checkpoint was written, and changes the last bits of everything that follows.
std::string EnvironmentNote(const io::SafetensorsReader& file, const TrainConfig& config, const std::string& now) {
  std::string note;
  const auto then = file.metadata().find(kEnvironment);
  if (then != file.metadata().end() && then->second != now) {
    note = absl::StrCat("the checkpoint was written on \"", then->second, "\", this is \"", now,
                        "\": training goes on, but not bit for bit as it would have there");
  }
  const absl::StatusOr<TrainConfig> saved = CheckpointConfig(file);
  if (saved.ok() && saved->grad_accum != config.grad_accum) {
    absl::StrAppend(&note, note.empty() ? "" : "; ", "the checkpoint was trained with batches in ", saved->grad_accum,
                    saved->grad_accum == 1 ? " part" : " parts", ", this is in ", config.grad_accum,
                    ": training goes on, but not bit for bit as it would have so");
  }
  return note;
}

absl::StatusOr<std::string> WriteSheet(const RunDirectory& run, const std::string& name, const Image& image) {
  absl::Status written = run.CheckPlace();
  if (written.ok()) written = WritePng(run.File(name), image);
  if (!written.ok()) return written;
  return run.File(name);
}

}  // namespace

std::string FakesName(const Trainer& trainer) { return absl::StrCat("fakes", NumberOf(trainer), ".png"); }

std::vector<float> SheetLabels(const Dataset& dataset, const ModelConfig& model) {
  if (model.label_dim == 0) return {};
  const std::vector<int64_t> items = dataset.OneOfEachLabel();
  const size_t rows = SheetSide(model.image_spec()), shown = std::min(rows, items.size());
  std::vector<float> labels(rows * model.label_dim);
  for (size_t row = 0; row < rows; ++row) {
    // Spread over all labels, if they are more than the rows.
    dataset.WriteLabel(items[row % shown * items.size() / shown], &labels[row * model.label_dim]);
  }
  return labels;
}

std::vector<Image> DrawFakes(const Trainer& trainer, const std::vector<float>& labels) {
  const TraceScope trace("DrawFakes");
  const ModelConfig& model = trainer.config().model;
  const int side = SheetSide(model.image_spec());
  std::vector<uint32_t> seeds(side * side);
  std::iota(seeds.begin(), seeds.end(), 0);
  const Sampler sampler(model, trainer.average(), trainer.latent_average());
  Tensor of_each;
  if (model.label_dim > 0) {
    const Tensor of_rows = Tensor::FromHost<float>({side, 1, model.label_dim}, labels, trainer.device());
    of_each = Reshape(BroadcastTo(of_rows, {side, side, model.label_dim}), {side * side, model.label_dim});
  }
  const Tensor z = LatentsFromSeeds(seeds, model.latent_dim, trainer.device());
  const Tensor w = sampler.MapLatents(z, of_each, Truncation());
  return ToImages(sampler.Synthesize(w, NoiseMode::kConst, /*noise_seed=*/0));
}

absl::StatusOr<std::string> WriteFakes(const std::vector<Image>& fakes, const RunDirectory& run,
                                       const std::string& name) {
  const ImageSpec spec = {fakes[0].height, fakes[0].width, fakes[0].channels};
  return WriteSheet(run, name, MakeGrid(fakes, SheetSide(spec)));
}

absl::StatusOr<Image> DrawReals(Dataset* dataset) {
  const int side = SheetSide(dataset->image_spec());
  std::vector<Image> images;
  absl::Status bad;
  // Spread over the set rather than its beginning, which is often all of one kind.
  const int64_t count = std::min<int64_t>(dataset->num_images(), side * side);
  for (int64_t i = 0; i < count; ++i) {
    absl::StatusOr<Image> image = dataset->Get(i * dataset->num_images() / count);
    if (image.ok()) {
      images.push_back(*std::move(image));
    } else if (dataset->options().on_bad_image == OnBadImage::kFail) {
      return image.status();
    } else if (bad.ok()) {
      bad = image.status();
    }
  }
  if (images.empty()) {
    return absl::DataLossError(absl::StrCat("none of ", count, " images can be read, for example ", bad.message()));
  }
  return MakeGrid(images, side);
}

absl::StatusOr<std::string> WriteReals(const Image& sheet, const RunDirectory& run) {
  return WriteSheet(run, "reals.png", sheet);
}

std::string CheckpointPath(const Trainer& trainer, const RunDirectory& run) {
  return run.CheckpointPath(NumberOf(trainer));
}

std::string DivergedPath(const Trainer& trainer, const RunDirectory& run) {
  return run.DivergedPath(NumberOf(trainer));
}

absl::Status SaveCheckpoint(const Trainer& trainer, const std::string& path, const std::optional<DataIdentity>& data) {
  const TraceScope trace("SaveCheckpoint");
  return trainer.Save(path, Origin(trainer, data));
}

absl::StatusOr<std::string> SerializeCheckpoint(const Trainer& trainer, const std::optional<DataIdentity>& data) {
  const TraceScope trace("SerializeCheckpoint");
  return trainer.Serialize(Origin(trainer, data));
}

absl::StatusOr<TrainConfig> CheckpointConfig(const std::string& checkpoint) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(checkpoint);
  if (!file.ok()) return file.status();
  return CheckpointConfig(*file);
}

absl::StatusOr<TrainConfig> CheckpointConfig(const io::SafetensorsReader& checkpoint) {
  const absl::StatusOr<std::string> json = ReadText(checkpoint.metadata(), "config");
  absl::StatusOr<TrainConfig> config =
      json.ok() ? TrainConfigFromJson(*json) : absl::StatusOr<TrainConfig>(json.status());
  if (!config.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(checkpoint.path(), ": not a training state: ", config.status().message()));
  }
  return config;
}

absl::StatusOr<Resumed> ResumeTrainer(const std::string& checkpoint, const TrainConfig& config, Device device) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(checkpoint);
  if (!file.ok()) return file.status();
  {
    TrainState planned(config, Device::Plan());
    const absl::Status fits = CheckState(*file, config, &planned);
    if (!fits.ok()) return fits;
  }
  Resumed resumed;
  resumed.trainer = std::make_unique<Trainer>(config, device);
  const absl::Status loaded = resumed.trainer->Load(*file);
  if (!loaded.ok()) return loaded;
  resumed.environment_note = EnvironmentNote(*file, config, DescribeDevice(device));
  resumed.data = DataOf(file->metadata());
  return resumed;
}

}  // namespace sg::gan
