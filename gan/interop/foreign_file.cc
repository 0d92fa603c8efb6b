#include "gan/interop/foreign_file.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sg::gan {
namespace {

using io::PickleKind;
using io::PickleValue;

constexpr double kTaps[] = {1, 3, 3, 1};
constexpr double kTapSum = 64;  // of the products of all pairs
constexpr double kFilterTolerance = 1e-6;

absl::Status Wrong(absl::string_view name, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(io::QuotedName(name), " ", what));
}

}  // namespace

std::vector<absl::string_view> ForeignGlobals() {
  return {"torch_utils.persistence _reconstruct_persistent_obj",
          "dnnlib.util EasyDict",
          "dnnlib.tflib.network Network",
          "tfutil Network",
          "argparse Namespace",
          "pathlib PosixPath",
          "pathlib WindowsPath"};
}

absl::StatusOr<double> NumberOf(const PickleValue* value, absl::string_view name) {
  if (value == nullptr) return Wrong(name, "is missing");
  const absl::StatusOr<double> number = io::ToNumber(*value);
  if (!number.ok()) return Wrong(name, absl::StrCat("is no number: ", number.status().message()));
  if (!std::isfinite(*number)) return Wrong(name, "is not finite");
  return number;
}

absl::StatusOr<int> IntOf(const PickleValue* value, absl::string_view name) {
  const absl::StatusOr<double> number = NumberOf(value, name);
  if (!number.ok()) return number.status();
  if (std::floor(*number) != *number || std::abs(*number) > kMaxForeignInt) {
    return Wrong(name, absl::StrCat("is ", *number, ", not a count"));
  }
  return static_cast<int>(*number);
}

absl::StatusOr<std::string> TextOf(const PickleValue* value, absl::string_view name) {
  if (value == nullptr) return Wrong(name, "is missing");
  if (value->kind != PickleKind::kText) return Wrong(name, "is no text");
  return std::string(value->text);
}

bool IsMissingOrNone(const PickleValue* value) { return value == nullptr || value->kind == PickleKind::kNone; }

absl::StatusOr<ForeignTensor> TensorOf(const std::shared_ptr<io::TorchFile>& file, const PickleValue& value,
                                       absl::string_view name) {
  const absl::StatusOr<io::PickledArray> array = file->Array(value);
  if (!array.ok()) {
    return absl::Status(array.status().code(), absl::StrCat(array.status().message(), " (", io::QuotedName(name), ")"));
  }
  ForeignTensor tensor;
  tensor.shape = array->shape;
  tensor.read = [file, array = *array]() -> absl::StatusOr<HostTensor> {
    absl::StatusOr<std::vector<float>> values = file->ReadFloats(array);
    if (!values.ok()) return values.status();
    return HostTensor{array.shape, *std::move(values)};
  };
  return tensor;
}

absl::StatusOr<ForeignTensors> TensorsOf(const std::shared_ptr<io::TorchFile>& file, const PickleValue& dict) {
  if (dict.kind != PickleKind::kDict && dict.kind != PickleKind::kCall) {
    return absl::InvalidArgumentError("a network is no dict of tensors");
  }
  ForeignTensors tensors;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& key = *dict.items[i];
    const PickleValue& value = *dict.items[i + 1];
    if (key.kind != PickleKind::kText || !io::TorchFile::IsArray(value)) continue;
    if (tensors.size() == kMaxForeignTensors) {
      return absl::InvalidArgumentError(absl::StrCat("a network has more than ", kMaxForeignTensors, " tensors"));
    }
    absl::StatusOr<ForeignTensor> tensor = TensorOf(file, value, key.text);
    if (!tensor.ok()) return tensor.status();
    tensors[std::string(key.text)] = *std::move(tensor);
  }
  return tensors;
}

absl::Status TakeFilter(const std::string& name, double scale, ForeignTensors* tensors) {
  const auto found = tensors->find(name);
  if (found == tensors->end()) return absl::OkStatus();
  const ForeignTensor filter = found->second;
  tensors->erase(found);
  const int rank = filter.shape.rank();
  bool fits =
      rank >= 2 && filter.shape.NumElements() == 16 && filter.shape[rank - 1] == 4 && filter.shape[rank - 2] == 4;
  if (fits) {
    const absl::StatusOr<HostTensor> values = filter.read();
    if (!values.ok()) return values.status();
    for (int i = 0; i < 16; ++i) {
      const double want = kTaps[i / 4] * kTaps[i % 4] / kTapSum * scale;
      fits &= std::abs(static_cast<double>(values->values[static_cast<size_t>(i)]) - want) <= kFilterTolerance;
    }
  }
  if (fits) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("this network resamples with another filter than [1,3,3,1] (", io::QuotedName(name), ")"));
}

}  // namespace sg::gan
