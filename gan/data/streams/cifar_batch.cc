#include "gan/data/streams/cifar_batch.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/shape.h"
#include "engine/io/pickle_value.h"
#include "engine/io/pickled_array.h"

namespace sg::gan {
namespace {

constexpr int64_t kMaxClasses = 1 << 16;

const io::PickleOptions& Allowed() {
  static const io::PickleOptions* const options = [] {
    auto* const made = new io::PickleOptions();
    made->globals = {"numpy ndarray", "numpy dtype", "numpy.core.multiarray _reconstruct",
                     "numpy._core.multiarray _reconstruct", "_codecs encode"};
    return made;
  }();
  return *options;
}

}  // namespace

Image CifarImage(absl::string_view planes) {
  SG_CHECK(static_cast<int64_t>(planes.size()) == kCifarPixelBytes) << "[CifarImage] " << planes.size() << " bytes";
  constexpr size_t kPlane = size_t{kCifarSide} * kCifarSide;
  Image image{kCifarSide, kCifarSide, 3, std::vector<uint8_t>(3 * kPlane)};
  for (size_t i = 0; i < kPlane; ++i) {
    for (size_t c = 0; c < 3; ++c) image.pixels[3 * i + c] = static_cast<uint8_t>(planes[c * kPlane + i]);
  }
  return image;
}

absl::StatusOr<CifarBatch> CifarBatch::Parse(absl::string_view bytes) {
  absl::StatusOr<io::Pickle> pickle = io::Pickle::Parse(bytes, Allowed());
  if (!pickle.ok()) return pickle.status();
  CifarBatch batch(*std::move(pickle));
  const io::PickleValue& root = batch.pickle_.root();
  const io::PickleValue* const data = root.kind == io::PickleKind::kDict ? io::FindItem(root, "data") : nullptr;
  if (data == nullptr) return absl::InvalidArgumentError("it is no batch of CIFAR: it has no \"data\"");
  const absl::StatusOr<io::PickledArray> array = io::NumpyArray(*data);
  if (!array.ok()) return array.status();
  const Shape& shape = array->shape;
  if (absl::string_view(array->dtype->name) != "U8" || shape.rank() != 2 || shape[1] != kCifarPixelBytes ||
      (shape[0] > 0 && array->strides[1] != 1)) {
    return absl::InvalidArgumentError(absl::StrCat("its \"data\" has the type ", array->dtype->name, " and the shape ",
                                                   ToString(shape), ", not U8 and [N,", kCifarPixelBytes, "]"));
  }
  batch.pixels_ = array->storage;
  const io::PickleValue* labels = io::FindItem(root, "fine_labels");
  if (labels == nullptr) labels = io::FindItem(root, "labels");
  if (labels == nullptr || labels->kind != io::PickleKind::kList ||
      static_cast<int64_t>(labels->items.size()) != shape[0]) {
    return absl::InvalidArgumentError(absl::StrCat("it has no list of ", shape[0], " \"labels\""));
  }
  for (const io::PickleValue* label : labels->items) {
    if (label->kind != io::PickleKind::kInt || label->integer < 0 || label->integer >= kMaxClasses) {
      return absl::InvalidArgumentError("one of its labels is no class");
    }
    batch.classes_.push_back(static_cast<int32_t>(label->integer));
  }
  return batch;
}

}  // namespace sg::gan
