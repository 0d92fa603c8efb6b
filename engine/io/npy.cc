#include "engine/io/npy.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "engine/io/atomic_file.h"
#include "engine/io/input_file.h"

namespace sg::io {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are copied between file and memory as they are");

constexpr absl::string_view kMagic("\x93NUMPY", 6);
constexpr int64_t kMaxHeaderBytes = 65535;  // the most that version 1 allows; ours take 118
constexpr size_t kAlignment = 64;

struct Header {
  std::string descr;
  bool fortran_order = false;
  Shape shape;
};

// Parses the Python dictionary of the header, in the only form that NumPy writes: string keys, and as values a string,
// a bool and a tuple of integers. A comma after the last item is allowed. The first error stops the parser.
class HeaderParser {
 public:
  explicit HeaderParser(absl::string_view text) : rest_(text) {}

  absl::StatusOr<Header> Parse() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    if (!Take('{')) return Malformed("does not start with '{'");
    while (!Take('}')) {
      const std::optional<std::string> key = TakeString();
      if (!key) return Malformed("has a key that is not a string");
      if (!Take(':')) return Malformed("has no ':' after a key");
      bool* const seen = *key == "descr"           ? &has_descr
                         : *key == "fortran_order" ? &has_order
                         : *key == "shape"         ? &has_shape
                                                   : nullptr;
      if (seen == nullptr) return Malformed(absl::StrCat("has the unknown key '", absl::CHexEscape(*key), "'"));
      if (std::exchange(*seen, true)) return Malformed(absl::StrCat("has the key '", *key, "' twice"));
      absl::Status status = seen == &has_descr   ? TakeDescr(&header.descr)
                            : seen == &has_order ? TakeBool(&header.fortran_order)
                                                 : TakeShape(&header.shape);
      if (!status.ok()) return status;
      if (!Take(',') && !IsNext('}')) return Malformed("has no ',' between two entries");
    }
    SkipSpace();
    if (!rest_.empty()) return Malformed("goes on after its '}'");
    if (!has_descr || !has_order || !has_shape) return Malformed("lacks one of 'descr', 'fortran_order' and 'shape'");
    return header;
  }

 private:
  static absl::Status Malformed(absl::string_view what) {
    return absl::DataLossError(absl::StrCat("its header ", what));
  }

  void SkipSpace() {
    const size_t first = std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size());
    rest_.remove_prefix(first);
  }

  bool IsNext(char c) {
    SkipSpace();
    return !rest_.empty() && rest_.front() == c;
  }

  bool Take(char c) {
    if (!IsNext(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<std::string> TakeString() {
    if (!IsNext('\'') && !IsNext('"')) return std::nullopt;
    const size_t end = rest_.find(rest_.front(), 1);
    if (end == absl::string_view::npos) return std::nullopt;
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  absl::Status TakeDescr(std::string* descr) {
    std::optional<std::string> text = TakeString();
    if (!text) return Malformed("has a 'descr' that is not a string, as for structured arrays");
    *descr = *std::move(text);
    return absl::OkStatus();
  }

  absl::Status TakeBool(bool* value) {
    SkipSpace();
    for (const bool candidate : {true, false}) {
      const absl::string_view word = candidate ? "True" : "False";
      if (!absl::StartsWith(rest_, word)) continue;
      rest_.remove_prefix(word.size());
      *value = candidate;
      return absl::OkStatus();
    }
    return Malformed("has a 'fortran_order' other than True and False");
  }

  absl::Status TakeShape(Shape* shape) {
    if (!Take('(')) return Malformed("has a 'shape' that is not a tuple");
    bool comma = true;
    while (!Take(')')) {
      if (!comma) return Malformed("has no ',' between two dimensions");
      SkipSpace();
      int64_t extent = 0;
      size_t digits = 0;
      for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
        if (__builtin_mul_overflow(extent, 10, &extent) ||
            __builtin_add_overflow(extent, rest_[digits] - '0', &extent)) {
          return Malformed("has a dimension beyond 63 bits");
        }
      }
      if (digits == 0) return Malformed("has a dimension that is not a whole number");
      rest_.remove_prefix(digits);
      if (shape->rank() == kMaxRank) return Malformed(absl::StrCat("has more than ", kMaxRank, " dimensions"));
      shape->Append(extent);
      comma = Take(',');
    }
    // (3) is a number in Python, not a tuple.
    if (shape->rank() == 1 && !comma) return Malformed("has a 'shape' that is not a tuple");
    return absl::OkStatus();
  }

  absl::string_view rest_;
};

std::optional<int64_t> CheckedBytes(const Shape& shape, int64_t element_bytes) {
  int64_t bytes = element_bytes;
  for (int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return std::nullopt;
  }
  return bytes;
}

struct Layout {
  Shape shape;
  int64_t element_bytes;
  int64_t data_begin, data_bytes;
};

absl::StatusOr<Layout> CheckHeader(absl::string_view text, int64_t data_begin, int64_t file_bytes) {
  absl::StatusOr<Header> header = HeaderParser(text).Parse();
  if (!header.ok()) return header.status();
  if (header->descr != "<f4" && header->descr != "<f8") {
    return absl::InvalidArgumentError(
        absl::StrCat("its elements are '", absl::CHexEscape(header->descr), "', but only '<f4' and '<f8' can be read"));
  }
  if (header->fortran_order) {
    return absl::InvalidArgumentError("it is in Fortran order, but only C order can be read (np.ascontiguousarray)");
  }
  const int64_t element_bytes = header->descr == "<f4" ? 4 : 8;
  const std::optional<int64_t> bytes = CheckedBytes(header->shape, element_bytes);
  const int64_t available = file_bytes - data_begin;
  if (!bytes || *bytes != available) {
    return absl::DataLossError(absl::StrCat("its shape ", ToString(header->shape), " takes ",
                                            bytes ? absl::StrCat(*bytes) : "too many", " bytes, but ", available,
                                            " follow the header"));
  }
  return Layout{header->shape, element_bytes, data_begin, available};
}

// Where the bytes of an .npy file are.
struct Source {
  int64_t size;
  std::function<absl::Status(int64_t offset, void* out, int64_t size)> read;
};

absl::StatusOr<Layout> ReadLayout(const Source& file) {
  unsigned char start[12] = {};
  const int64_t start_bytes = std::min<int64_t>(file.size, sizeof start);
  if (absl::Status status = file.read(0, start, start_bytes); !status.ok()) return status;
  const absl::string_view magic(reinterpret_cast<const char*>(start), kMagic.size());
  if (start_bytes < 10 || magic != kMagic) return absl::DataLossError("not an .npy file");
  const int major = start[6], minor = start[7];
  if ((major != 1 && major != 2) || minor != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("its format version is ", major, ".", minor, ", but only 1.0 and 2.0 can be read"));
  }
  const int64_t text_begin = major == 1 ? 10 : 12;
  int64_t text_bytes = start[8] | start[9] << 8;
  if (major == 2) text_bytes |= int64_t{start[10]} << 16 | int64_t{start[11]} << 24;
  if (text_bytes > kMaxHeaderBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("its header of ", text_bytes, " bytes exceeds the limit of ", kMaxHeaderBytes));
  }
  if (text_begin + text_bytes > file.size) return absl::DataLossError("truncated in its header");
  std::string text(static_cast<size_t>(text_bytes), '\0');
  if (absl::Status status = file.read(text_begin, &text[0], text_bytes); !status.ok()) return status;
  return CheckHeader(text, text_begin + text_bytes, file.size);
}

// What precedes the elements.
std::string HeaderOf(const Shape& shape, const char* descr) {
  // A tuple of one needs its comma.
  std::string text = absl::StrCat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (",
                                  absl::StrJoin(shape, ", "), shape.rank() == 1 ? ",), }" : "), }");
  const size_t unpadded = kMagic.size() + 4 + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  const char start[4] = {1, 0, static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return absl::StrCat(kMagic, absl::string_view(start, sizeof start), text);
}

// Opens a file and writes the header. The elements follow.
absl::StatusOr<AtomicFileWriter> OpenWithHeader(const std::string& path, const Shape& shape, const char* descr) {
  absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(path);
  if (!file.ok()) return file;
  const absl::Status status = file->Append(HeaderOf(shape, descr));
  if (!status.ok()) return status;
  return file;
}

template <typename T>
absl::string_view BytesOf(absl::Span<const T> values) {
  return absl::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

template <typename T>
absl::Status WriteNpyOf(const std::string& path, const Shape& shape, const char* descr, absl::Span<const T> values) {
  SG_CHECK(static_cast<int64_t>(values.size()) == shape.NumElements())
      << "[WriteNpy] " << values.size() << " values for the shape " << shape;
  absl::StatusOr<AtomicFileWriter> file = OpenWithHeader(path, shape, descr);
  if (!file.ok()) return file.status();
  const absl::Status status = file->Append(BytesOf(values));
  return status.ok() ? file->Commit() : status;
}

// Errors begin with `path`.
absl::StatusOr<NpyArray> ReadArray(const Source& source, const std::string& path, int64_t max_values) {
  absl::StatusOr<Layout> layout = ReadLayout(source);
  if (!layout.ok()) {
    const absl::Status& status = layout.status();
    if (absl::StartsWith(status.message(), absl::StrCat(path, ": "))) return status;
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  }
  const int64_t num_values = layout->data_bytes / layout->element_bytes;
  if (num_values > max_values) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": its shape ", ToString(layout->shape), " has ", num_values,
                                                     " values, more than ", max_values));
  }
  NpyArray array;
  array.shape = layout->shape;
  if (layout->element_bytes == 8) {
    array.values.resize(num_values);
    absl::Status status = source.read(layout->data_begin, array.values.data(), layout->data_bytes);
    if (!status.ok()) return status;
  } else {
    std::vector<float> floats(num_values);
    absl::Status status = source.read(layout->data_begin, floats.data(), layout->data_bytes);
    if (!status.ok()) return status;
    array.values.assign(floats.begin(), floats.end());
  }
  return array;
}

}  // namespace

absl::StatusOr<NpyArray> ReadNpy(const std::string& path, int64_t max_values) {
  const absl::StatusOr<InputFile> file = InputFile::Open(path);
  if (!file.ok()) return file.status();
  const auto read = [&file](int64_t offset, void* out, int64_t size) { return file->ReadAt(offset, out, size); };
  return ReadArray({file->size(), read}, path, max_values);
}

absl::StatusOr<NpyArray> ParseNpy(absl::string_view bytes, const std::string& name, int64_t max_values) {
  // ReadArray asks for no byte behind the end.
  const auto read = [bytes](int64_t offset, void* out, int64_t size) {
    if (size > 0) std::memcpy(out, bytes.data() + offset, static_cast<size_t>(size));
    return absl::OkStatus();
  };
  return ReadArray({static_cast<int64_t>(bytes.size()), read}, name, max_values);
}

std::string NpyBytes(const Shape& shape, absl::Span<const float> values) {
  SG_CHECK(static_cast<int64_t>(values.size()) == shape.NumElements())
      << "[NpyBytes] " << values.size() << " values for the shape " << shape;
  return absl::StrCat(HeaderOf(shape, "<f4"), BytesOf(values));
}

absl::StatusOr<NpyWriter> NpyWriter::Open(const std::string& path, const Shape& shape) {
  absl::StatusOr<AtomicFileWriter> file = OpenWithHeader(path, shape, "<f4");
  if (!file.ok()) return file.status();
  return NpyWriter(*std::move(file), shape.NumElements());
}

absl::Status NpyWriter::Append(absl::Span<const float> values) {
  SG_CHECK(static_cast<int64_t>(values.size()) <= missing_)
      << "[NpyWriter] " << values.size() << " values, the shape has room for " << missing_;
  missing_ -= static_cast<int64_t>(values.size());
  return file_.Append(BytesOf(values));
}

absl::Status NpyWriter::Commit() {
  SG_CHECK(missing_ == 0) << "[NpyWriter] Commit with " << missing_ << " values missing";
  return file_.Commit();
}

absl::Status WriteNpy(const std::string& path, const Shape& shape, absl::Span<const float> values) {
  return WriteNpyOf(path, shape, "<f4", values);
}

absl::Status WriteNpy(const std::string& path, const Shape& shape, absl::Span<const double> values) {
  return WriteNpyOf(path, shape, "<f8", values);
}

}  // namespace sg::io
