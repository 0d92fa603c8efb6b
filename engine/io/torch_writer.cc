#include "engine/io/torch_writer.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/io/atomic_file.h"
#include "engine/io/zip_writer.h"

namespace sg::io {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are copied to the file as they are");

constexpr char kFolder[] = "archive/";
constexpr int64_t kMaxBinInt = 0x7fffffff;

// Little-endian.
std::string Number(uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

std::string Global(absl::string_view module, absl::string_view name) {
  return absl::StrCat("c", module, "\n", name, "\n");
}
std::string BinUnicode(absl::string_view text) { return absl::StrCat("X", Number(text.size(), 4), text); }

std::string Int(int64_t value) {
  if (value <= kMaxBinInt) return "J" + Number(static_cast<uint64_t>(value), 4);
  return "\x8a\x08" + Number(static_cast<uint64_t>(value), 8);  // LONG1
}

std::string Ints(const int64_t* begin, const int64_t* end) {
  std::string tuple = "(";
  for (const int64_t* value = begin; value != end; ++value) absl::StrAppend(&tuple, Int(*value));
  return tuple + "t";
}

}  // namespace

TorchValue TorchValue::Text(std::string text) {
  TorchValue value(Kind::kText);
  value.text_ = std::move(text);
  return value;
}

TorchValue TorchValue::Tensor(Shape shape, Source read) {
  TorchValue value(Kind::kTensor);
  value.shape_ = shape;
  value.read_ = std::move(read);
  return value;
}

TorchValue TorchValue::Dict() { return TorchValue(Kind::kDict); }

class TorchWriter {
 public:
  explicit TorchWriter(AtomicFileWriter* file) : file_(*file), zip_(file) {}

  absl::Status Run(const TorchValue& root) {
    // The pickle comes first. It needs no values, only shapes.
    absl::Status status = Add("data.pkl", absl::StrCat("\x80\x02", Pickled(root), "."));
    if (status.ok()) status = Add("byteorder", "little");
    for (size_t i = 0; status.ok() && i < tensors_.size(); ++i) status = AddStorage(i);
    if (status.ok()) status = Add("version", "3\n");
    if (status.ok()) status = zip_.Finish();
    return status.ok() ? file_.Commit() : status;
  }

 private:
  std::string Pickled(const TorchValue& value) {
    switch (value.kind_) {
      case TorchValue::Kind::kText: return BinUnicode(value.text_);
      case TorchValue::Kind::kTensor: return PickledTensor(value);
      case TorchValue::Kind::kDict: break;
    }
    // An OrderedDict, as state dicts are.
    std::string dict = absl::StrCat(Global("collections", "OrderedDict"), ")R(");
    for (const auto& [key, item] : value.items_) absl::StrAppend(&dict, BinUnicode(key), Pickled(item));
    return dict + "u";
  }

  // _rebuild_tensor_v2(("storage", FloatStorage, key, "cpu", elements), 0, shape, strides, False, OrderedDict()).
  std::string PickledTensor(const TorchValue& value) {
    const std::string key = std::to_string(tensors_.size());
    tensors_.push_back(&value);
    const Strides strides = RowMajorStrides(value.shape_);
    const std::string id = absl::StrCat("(", BinUnicode("storage"), Global("torch", "FloatStorage"), BinUnicode(key),
                                        BinUnicode("cpu"), Int(value.shape_.NumElements()), "tQ");
    return absl::StrCat(Global("torch._utils", "_rebuild_tensor_v2"), "(", id, Int(0),
                        Ints(value.shape_.begin(), value.shape_.end()),
                        Ints(strides.data(), strides.data() + value.shape_.rank()), "\x89",
                        Global("collections", "OrderedDict"), ")RtR");
  }

  absl::Status Add(absl::string_view name, absl::string_view data) {
    return zip_.Add(absl::StrCat(kFolder, name), data);
  }

  absl::Status AddStorage(size_t index) {
    const TorchValue& value = *tensors_[index];
    const absl::StatusOr<std::vector<float>> values = value.read_();
    if (!values.ok()) return values.status();
    if (static_cast<int64_t>(values->size()) != value.shape_.NumElements()) {
      return absl::InternalError(
          absl::StrCat("a tensor of the shape ", ToString(value.shape_), " has ", values->size(), " elements"));
    }
    return Add(absl::StrCat("data/", index),
               absl::string_view(reinterpret_cast<const char*>(values->data()), values->size() * sizeof(float)));
  }

  AtomicFileWriter& file_;
  ZipWriter zip_;
  std::vector<const TorchValue*> tensors_;  // by the number of their storage
};

absl::Status WriteTorchFile(const std::string& path, const TorchValue& root) {
  absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(path);
  if (!file.ok()) return file.status();
  const absl::Status status = TorchWriter(&*file).Run(root);
  if (status.ok() || absl::string_view(status.message()).substr(0, path.size()) == path) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace sg::io
