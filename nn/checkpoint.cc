#include "nn/checkpoint.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/ops/in_place.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/record_scope.h"
#include "nn/safetensors_writer.h"

namespace sg::nn {
namespace {

Shape FileShape(const Shape& s) { return s.rank() == 4 ? Shape({s.dim(0), s.dim(3), s.dim(1), s.dim(2)}) : s; }

std::vector<float> ToFileLayout(const Tensor& t) {
  RecordScope no_record(false);
  return (t.shape().rank() == 4 ? Permute(t, {0, 3, 1, 2}) : t).ToHost<float>();
}

void FromFileLayout(const Tensor& target, const std::vector<float>& values) {
  RecordScope no_record(false);
  std::vector<float> ours = values;
  if (target.shape().rank() == 4) {
    ours = Permute(Tensor::FromHost<float>(FileShape(target.shape()), values, target.device()), {0, 2, 3, 1})
               .ToHost<float>();
  }
  CopyFromHost(target, ours.data(), ours.size() * sizeof(float));
}

// At most a few names, for an error message.
std::string Listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 3;
  const size_t shown = names.size() < kShown ? names.size() : kShown;
  const std::string text = absl::StrJoin(names.begin(), names.begin() + shown, ", ");
  return names.size() > shown ? absl::StrCat(text, " and ", names.size() - shown, " more") : text;
}

absl::Status CheckTensors(const SafetensorsReader& file, const std::vector<NamedTensor>& tensors, ExtraTensors extra) {
  std::vector<std::string> missing, different, unexpected;
  std::set<std::string> wanted;
  for (const NamedTensor& t : tensors) {
    wanted.insert(t.name);
    const TensorInfo* info = file.Find(t.name);
    if (info == nullptr) {
      missing.push_back(t.name);
    } else if (info->shape != FileShape(t.tensor.shape())) {
      different.push_back(
          absl::StrCat(t.name, " is ", ToString(info->shape), " instead of ", ToString(FileShape(t.tensor.shape()))));
    }
  }
  if (extra == ExtraTensors::kForbid) {
    for (const TensorInfo& info : file.tensors()) {
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

std::vector<SafetensorsEntry> Entries(const char* function, const std::vector<NamedTensor>& tensors) {
  std::vector<SafetensorsEntry> entries;
  for (const NamedTensor& t : tensors) {
    SG_CHECK(t.tensor.dtype() == DType::kF32) << "[" << function << "] " << t.name << " is " << t.tensor;
    entries.push_back(
        {t.name, "F32", FileShape(t.tensor.shape()), [tensor = t.tensor](const SafetensorsSink& sink) {
           const std::vector<float> values = ToFileLayout(tensor);
           return sink(absl::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
         }});
  }
  return entries;
}

}  // namespace

absl::Status SaveTensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                         const std::map<std::string, std::string>& metadata) {
  return WriteSafetensors(path, Entries("SaveTensors", tensors), metadata);
}

absl::StatusOr<std::string> SerializeTensors(const std::vector<NamedTensor>& tensors,
                                             const std::map<std::string, std::string>& metadata) {
  return SerializeSafetensors(Entries("SerializeTensors", tensors), metadata);
}

absl::Status LoadTensors(const SafetensorsReader& file, const std::vector<NamedTensor>& tensors, ExtraTensors extra) {
  const absl::Status fits = CheckTensors(file, tensors, extra);
  if (!fits.ok()) return fits;
  // Everything is read before anything is written, so that a damaged file leaves the tensors as they were.
  std::vector<std::vector<float>> values;
  for (const NamedTensor& t : tensors) {
    absl::StatusOr<std::vector<float>> read = file.ReadAsFloat(t.name);
    if (!read.ok()) return read.status();
    values.push_back(*std::move(read));
  }
  for (size_t i = 0; i < tensors.size(); ++i) FromFileLayout(tensors[i].tensor, values[i]);
  return absl::OkStatus();
}

}  // namespace sg::nn
