#include "engine/io/torch_writer.h"

#include <zlib.h>

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/io/atomic_file.h"

namespace sg::io {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are copied to the file as they are");

constexpr char kFolder[] = "archive/";
constexpr int64_t kMaxBytes = 0xffffffff;  // without zip64
constexpr size_t kLocalBytes = 30;         // of a header in front of an entry, without name and extra field
constexpr size_t kAlignment = 64;          // of the data, as torch.save has it, which lets readers map the file
constexpr size_t kExtraHeaderBytes = 4;
constexpr int kZipVersion = 20;  // 2.0
constexpr int64_t kMaxBinInt = 0x7fffffff;

std::string Number(uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

uint32_t Crc32(absl::string_view bytes) {
  uLong crc = crc32(0, nullptr, 0);
  constexpr size_t kStep = size_t{1} << 30;  // zlib counts in 32 bits
  while (!bytes.empty()) {
    const absl::string_view piece = bytes.substr(0, kStep);
    crc = crc32(crc, reinterpret_cast<const Bytef*>(piece.data()), static_cast<uInt>(piece.size()));
    bytes.remove_prefix(piece.size());
  }
  return static_cast<uint32_t>(crc);
}

// Entries without compression, one after the other.
class ZipWriter {
 public:
  explicit ZipWriter(AtomicFileWriter* file) : file_(*file) {}

  absl::Status Add(absl::string_view name, absl::string_view data) {
    const std::string path = absl::StrCat(kFolder, name);
    const int64_t offset = file_.size();
    if (offset + static_cast<int64_t>(data.size()) + static_cast<int64_t>(kAlignment) > kMaxBytes) {
      return absl::UnimplementedError("a .pt file of more than 4 GiB cannot be written");
    }
    const size_t unpadded = static_cast<size_t>(offset) + kLocalBytes + path.size() + kExtraHeaderBytes;
    const size_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
    const std::string common =
        absl::StrCat(Number(kZipVersion, 2), Number(0, 2), Number(0, 2), Number(0, 4), Number(Crc32(data), 4),
                     Number(data.size(), 4), Number(data.size(), 4), Number(path.size(), 2));
    const std::string extra = absl::StrCat("FB", Number(padding, 2), std::string(padding, 'Z'));
    absl::Status status = file_.Append(absl::StrCat("PK\x03\x04", common, Number(extra.size(), 2), path, extra));
    if (status.ok()) status = file_.Append(data);
    if (!status.ok()) return status;
    // No extra field, comment, disk or attributes.
    absl::StrAppend(&directory_, "PK\x01\x02", Number(kZipVersion, 2), common, Number(0, 2), Number(0, 2), Number(0, 2),
                    Number(0, 2), Number(0, 4), Number(static_cast<uint64_t>(offset), 4), path);
    ++entries_;
    return absl::OkStatus();
  }

  absl::Status Finish() {
    if (entries_ > 0xffff) return absl::UnimplementedError("a .pt file of more than 65535 tensors cannot be written");
    const std::string end =
        absl::StrCat("PK\x05\x06", Number(0, 4), Number(entries_, 2), Number(entries_, 2), Number(directory_.size(), 4),
                     Number(static_cast<uint64_t>(file_.size()), 4), Number(0, 2));
    return file_.Append(directory_ + end);
  }

 private:
  AtomicFileWriter& file_;
  std::string directory_;
  uint64_t entries_ = 0;
};

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
    absl::Status status = zip_.Add("data.pkl", absl::StrCat("\x80\x02", Pickled(root), "."));
    if (status.ok()) status = zip_.Add("byteorder", "little");
    for (size_t i = 0; status.ok() && i < tensors_.size(); ++i) status = AddStorage(i);
    if (status.ok()) status = zip_.Add("version", "3\n");
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

  absl::Status AddStorage(size_t index) {
    const TorchValue& value = *tensors_[index];
    const absl::StatusOr<std::vector<float>> values = value.read_();
    if (!values.ok()) return values.status();
    if (static_cast<int64_t>(values->size()) != value.shape_.NumElements()) {
      return absl::InternalError(
          absl::StrCat("a tensor of the shape ", ToString(value.shape_), " has ", values->size(), " elements"));
    }
    return zip_.Add(absl::StrCat("data/", index),
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
