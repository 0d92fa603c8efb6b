#include "nn/state/checkpoint.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/io/safetensors_writer.h"
#include "engine/ops/in_place.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/record_scope.h"

namespace sg::nn {
namespace {

Shape FileShape(const Shape& s) { return s.rank() == 4 ? Shape({s.dim(0), s.dim(3), s.dim(1), s.dim(2)}) : s; }

std::vector<float> ToFileLayout(const Tensor& t) {
  RecordScope no_record(false);
  return (t.shape().rank() == 4 ? Permute(t, {0, 3, 1, 2}) : t).ToHost<float>();
}

// [O,I,kH,kW] -> [O,kH,kW,I].
std::vector<float> ChannelsLast(const std::vector<float>& file, const Shape& ours) {
  const int64_t channels = ours[3], pixels = ours[1] * ours[2];
  std::vector<float> values(file.size());
  for (int64_t o = 0; o < ours[0]; ++o) {
    const float* from = file.data() + o * channels * pixels;
    float* to = values.data() + o * channels * pixels;
    for (int64_t i = 0; i < channels; ++i) {
      for (int64_t p = 0; p < pixels; ++p) to[p * channels + i] = from[i * pixels + p];
    }
  }
  return values;
}

void FromFileLayout(const Tensor& target, std::vector<float> values) {
  const Shape& shape = target.shape();
  if (shape.rank() == 4 && shape[3] > 1 && shape[1] * shape[2] > 1) values = ChannelsLast(values, shape);
  CopyFromHost(target, values.data(), values.size() * sizeof(float));
}

// Lists a few of the names for an error message.
std::string Listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 3;
  const size_t shown = names.size() < kShown ? names.size() : kShown;
  const std::string text = absl::StrJoin(names.begin(), names.begin() + shown, ", ");
  return names.size() > shown ? absl::StrCat(text, " and ", names.size() - shown, " more") : text;
}

std::vector<io::SafetensorsEntry> Entries(const char* function, const std::vector<NamedTensor>& tensors) {
  std::vector<io::SafetensorsEntry> entries;
  for (const NamedTensor& t : tensors) {
    SG_CHECK(t.tensor.dtype() == DType::kF32) << "[" << function << "] " << t.name << " is " << t.tensor;
    entries.push_back(
        {t.name, "F32", FileShape(t.tensor.shape()), [tensor = t.tensor](const io::SafetensorsSink& sink) {
           const std::vector<float> values = ToFileLayout(tensor);
           return sink(absl::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
         }});
  }
  return entries;
}

}  // namespace

absl::Status SaveTensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                         const std::map<std::string, std::string>& metadata) {
  return io::WriteSafetensors(path, Entries("SaveTensors", tensors), metadata);
}

absl::StatusOr<std::string> SerializeTensors(const std::vector<NamedTensor>& tensors,
                                             const std::map<std::string, std::string>& metadata) {
  return io::SerializeSafetensors(Entries("SerializeTensors", tensors), metadata);
}

absl::Status CheckTensors(const io::SafetensorsReader& file, const std::vector<NamedTensor>& tensors,
                          ExtraTensors extra) {
  std::vector<std::string> missing, different, unexpected;
  std::set<std::string> wanted;
  for (const NamedTensor& t : tensors) {
    wanted.insert(t.name);
    const io::TensorInfo* info = file.Find(t.name);
    if (info == nullptr) {
      missing.push_back(t.name);
    } else if (info->shape != FileShape(t.tensor.shape())) {
      different.push_back(
          absl::StrCat(t.name, " is ", ToString(info->shape), " instead of ", ToString(FileShape(t.tensor.shape()))));
    }
  }
  if (extra == ExtraTensors::kForbid) {
    for (const io::TensorInfo& info : file.tensors()) {
      if (wanted.count(info.name) == 0) unexpected.push_back(info.name);
    }
  }
  std::vector<std::string> problems;
  if (!missing.empty()) problems.push_back(absl::StrCat("it lacks ", Listed(missing)));
  if (!different.empty()) problems.push_back(Listed(different));
  if (!unexpected.empty()) problems.push_back(absl::StrCat("it has the unknown ", Listed(unexpected)));
  if (problems.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(file.path(), ": not a checkpoint of this model: ", absl::StrJoin(problems, "; ")));
}

absl::Status LoadTensors(const io::SafetensorsReader& file, const std::vector<NamedTensor>& tensors,
                         ExtraTensors extra) {
  const absl::Status fits = CheckTensors(file, tensors, extra);
  if (!fits.ok()) return fits;
  // Verifies everything before writing anything, so a damaged file leaves the tensors unchanged. Reading the file twice
  // is cheaper than holding all of it in memory.
  for (const NamedTensor& t : tensors) {
    const absl::Status verified = file.VerifyFloats(t.name);
    if (!verified.ok()) return verified;
  }
  for (const NamedTensor& t : tensors) {
    absl::StatusOr<std::vector<float>> read = file.ReadAsFloat(t.name);
    if (!read.ok()) return read.status();
    FromFileLayout(t.tensor, *std::move(read));
  }
  return absl::OkStatus();
}

}  // namespace sg::nn
