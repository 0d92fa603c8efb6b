#include "engine/io/safetensors_header.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sg::io {
namespace {

constexpr char kMetadataKey[] = "__metadata__";
constexpr size_t kMaxDTypeNameBytes = 16;

// The grammar as a state machine over nlohmann's events; every handler returns false to stop at the first violation.
class HeaderHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  SafetensorsHeader TakeHeader() { return std::move(header_); }
  const std::string& error() const { return error_; }

  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("true or false"); }
  bool number_integer(number_integer_t) override { return Unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return Unexpected("a number that is not an integer below 2^48");
  }
  bool binary(binary_t&) override { return Unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::kShape && place_ != Place::kOffsets) return Unexpected("a number");
    if (value > static_cast<uint64_t>(kSafetensorsMaxInteger)) {
      return Fail(absl::StrCat(Here(), " holds ", value, ", but numbers end at 2^48-1"));
    }
    const int64_t number = static_cast<int64_t>(value);
    if (place_ == Place::kShape) {
      if (entry_.shape.rank() == kMaxRank) {
        return Fail(
            absl::StrCat(Here(), " has more than ", kMaxRank, " dimensions, the most that this program handles"));
      }
      entry_.shape.Append(number);
      return true;
    }
    if (offset_count_ == 2) return Fail(absl::StrCat(Here(), " has more than two data_offsets"));
    offsets_[offset_count_++] = number;
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::kMetadata) {
      if (static_cast<int64_t>(header_.metadata.size()) == kSafetensorsMaxMetadataEntries) {
        return Fail(absl::StrCat(kMetadataKey, " exceeds the limit of ", kSafetensorsMaxMetadataEntries, " entries"));
      }
      if (!header_.metadata.emplace(key_, value).second) {
        return Fail(absl::StrCat(kMetadataKey, " has the key ", QuotedName(key_), " twice"));
      }
      return true;
    }
    if (place_ != Place::kEntry || key_ != "dtype") return Unexpected("a string");
    const bool is_sound =
        !value.empty() && value.size() <= kMaxDTypeNameBytes && std::all_of(value.begin(), value.end(), [](char c) {
          return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
    if (!is_sound) return Fail(absl::StrCat(Here(), " has the malformed dtype ", QuotedName(value)));
    entry_.dtype_name = value;
    return true;
  }

  bool start_object(size_t) override {
    if (place_ == Place::kStart) {
      place_ = Place::kTop;
      return true;
    }
    if (place_ != Place::kTop) return Unexpected("an object");
    if (key_ == kMetadataKey) {
      if (std::exchange(has_metadata_, true)) return Fail(absl::StrCat("header has ", kMetadataKey, " twice"));
      place_ = Place::kMetadata;
      return true;
    }
    if (static_cast<int64_t>(header_.tensors.size()) == kSafetensorsMaxTensors) {
      return Fail(absl::StrCat("header exceeds the limit of ", kSafetensorsMaxTensors, " tensors"));
    }
    place_ = Place::kEntry;
    entry_ = TensorInfo();
    entry_.name = key_;
    has_dtype_ = has_shape_ = has_offsets_ = false;
    return true;
  }

  bool key(string_t& value) override {
    if (place_ == Place::kEntry) {
      bool* const seen = value == "dtype"          ? &has_dtype_
                         : value == "shape"        ? &has_shape_
                         : value == "data_offsets" ? &has_offsets_
                                                   : nullptr;
      if (seen == nullptr) return Fail(absl::StrCat(Here(), " has the unknown key ", QuotedName(value)));
      if (std::exchange(*seen, true)) return Fail(absl::StrCat(Here(), " has the key ", QuotedName(value), " twice"));
    }
    key_ = value;
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTop) {
      place_ = Place::kEnd;
    } else if (place_ == Place::kMetadata) {
      place_ = Place::kTop;
    } else {
      const char* missing = !has_dtype_ ? "dtype" : !has_shape_ ? "shape" : !has_offsets_ ? "data_offsets" : nullptr;
      if (missing != nullptr) return Fail(absl::StrCat(Here(), " has no ", missing));
      if (offsets_[1] < offsets_[0]) {
        return Fail(absl::StrCat(Here(), " ends before it begins: data_offsets ", offsets_[0], " and ", offsets_[1]));
      }
      entry_.offset = offsets_[0];
      entry_.bytes = offsets_[1] - offsets_[0];
      header_.tensors.push_back(std::move(entry_));
      place_ = Place::kTop;
    }
    return true;
  }

  bool start_array(size_t) override {
    if (place_ != Place::kEntry || key_ == "dtype") return Unexpected("an array");
    place_ = key_ == "shape" ? Place::kShape : Place::kOffsets;
    offset_count_ = 0;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && offset_count_ != 2) {
      return Fail(absl::StrCat(Here(), " has ", offset_count_, " data_offsets instead of two"));
    }
    place_ = Place::kEntry;
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    return Fail(absl::StrCat("header is not valid JSON at its byte ", position));
  }

 private:
  enum class Place { kStart, kTop, kMetadata, kEntry, kShape, kOffsets, kEnd };

  bool Fail(std::string error) {
    error_ = std::move(error);
    return false;
  }

  std::string Here() const {
    switch (place_) {
      case Place::kEntry:
      case Place::kShape:
      case Place::kOffsets: return absl::StrCat("tensor ", QuotedName(entry_.name));
      case Place::kMetadata: return kMetadataKey;
      default: return "header";
    }
  }

  bool Unexpected(absl::string_view what) {
    switch (place_) {
      case Place::kTop: return Fail(absl::StrCat("header has ", what, " instead of an object for ", QuotedName(key_)));
      case Place::kMetadata:
        return Fail(absl::StrCat(kMetadataKey, " has ", what, " instead of a string for ", QuotedName(key_)));
      case Place::kEntry: return Fail(absl::StrCat(Here(), " has ", what, " as its ", key_));
      case Place::kShape: return Fail(absl::StrCat(Here(), " has ", what, " in its shape"));
      case Place::kOffsets: return Fail(absl::StrCat(Here(), " has ", what, " in its data_offsets"));
      default: return Fail(absl::StrCat("header is ", what, " instead of an object"));
    }
  }

  Place place_ = Place::kStart;
  std::string key_;  // the last one read
  TensorInfo entry_;
  bool has_metadata_ = false, has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
  int64_t offsets_[2] = {0, 0};
  int offset_count_ = 0;
  SafetensorsHeader header_;
  std::string error_;
};

absl::Status CheckText(absl::string_view text) {
  if (text.empty()) return absl::DataLossError("header is empty");
  if (text.front() != '{') return absl::DataLossError("header does not start with '{'");
  // The JSON parser takes a zero byte for the end of the text and would ignore the rest.
  if (const size_t nul = text.find('\0'); nul != absl::string_view::npos) {
    return absl::DataLossError(absl::StrCat("header has a zero byte at its byte ", nul));
  }
  const size_t last = text.find_last_not_of(' ');
  if (text[last] != '}') return absl::DataLossError("header does not end with '}' and spaces");
  return absl::OkStatus();
}

absl::Status CheckSize(const TensorInfo& tensor, const SafetensorsDType& dtype) {
  const std::optional<int64_t> bytes = SafetensorsBytes(dtype, tensor.shape);
  if (!bytes) {
    return absl::DataLossError(absl::StrCat("tensor ", QuotedName(tensor.name), " ", dtype.name, ToString(tensor.shape),
                                            " is too large or not a whole number of bytes"));
  }
  if (*bytes != tensor.bytes) {
    return absl::DataLossError(absl::StrCat("tensor ", QuotedName(tensor.name), " ", dtype.name, ToString(tensor.shape),
                                            " takes ", *bytes, " bytes, but its data_offsets span ", tensor.bytes));
  }
  return absl::OkStatus();
}

// `tensors` must be sorted by offset. Every end is at most the next begin, hence at most 2^48, and nothing overflows.
absl::Status CheckCoverage(const std::vector<TensorInfo>& tensors, int64_t data_bytes) {
  int64_t end = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.offset != end) {
      return absl::DataLossError(absl::StrCat(
          "tensor ", QuotedName(tensor.name), " begins at data byte ", tensor.offset,
          tensor.offset > end ? ", leaving a hole after byte " : ", overlapping the tensor that ends at byte ", end));
    }
    end = tensor.offset + tensor.bytes;
  }
  if (end > data_bytes) {
    return absl::DataLossError(
        absl::StrCat("file is truncated: its tensors take ", end, " bytes of data, ", data_bytes, " are there"));
  }
  if (end < data_bytes) {
    return absl::DataLossError(absl::StrCat("file has ", data_bytes - end, " bytes after the last tensor"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view text, int64_t data_bytes) {
  if (absl::Status status = CheckText(text); !status.ok()) return status;
  HeaderHandler handler;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &handler)) return absl::DataLossError(handler.error());
  SafetensorsHeader header = handler.TakeHeader();

  absl::flat_hash_set<absl::string_view> names;
  for (TensorInfo& tensor : header.tensors) {
    if (!names.insert(tensor.name).second) {
      return absl::DataLossError(absl::StrCat("header has the tensor ", QuotedName(tensor.name), " twice"));
    }
    const SafetensorsDType* dtype = FindSafetensorsDType(tensor.dtype_name);
    if (dtype == nullptr) continue;
    tensor.dtype = dtype->dtype;
    if (absl::Status status = CheckSize(tensor, *dtype); !status.ok()) return status;
  }
  // A tensor without bytes shares its offset with the next one and must come before it.
  std::sort(header.tensors.begin(), header.tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::tie(a.offset, a.bytes, a.name) < std::tie(b.offset, b.bytes, b.name);
  });
  if (absl::Status status = CheckCoverage(header.tensors, data_bytes); !status.ok()) return status;
  return header;
}

}  // namespace sg::io
