#include "engine/io/pickled_array.h"

#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/bfloat16.h"
#include "engine/base/float16.h"

namespace sg::io {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are copied from the file as they are");

absl::Status Invalid(absl::string_view what) { return absl::InvalidArgumentError(what); }

// `name` is "multiarray scalar". NumPy 2 has renamed the package around it.
bool IsNumpyFunction(absl::string_view global, absl::string_view name) {
  return global == absl::StrCat("numpy.core.", name) || global == absl::StrCat("numpy._core.", name);
}

bool IsScalar(absl::string_view global) { return IsNumpyFunction(global, "multiarray scalar"); }
bool IsReconstructed(absl::string_view global) { return IsNumpyFunction(global, "multiarray _reconstruct"); }
bool IsFromBuffer(absl::string_view global) { return IsNumpyFunction(global, "numeric _frombuffer"); }

struct NumpyType {
  const char* code;
  const char* dtype;
};
constexpr NumpyType kNumpyTypes[] = {
    {"f4", "F32"}, {"f8", "F64"}, {"f2", "F16"}, {"i4", "I32"},
    {"i8", "I64"}, {"u1", "U8"},  {"i1", "I8"},  {"b1", "BOOL"},
};

// numpy.dtype("f4", ...) with the state (3, "<", ...).
absl::StatusOr<const SafetensorsDType*> NumpyDType(const PickleValue& value) {
  if (value.kind != PickleKind::kCall || value.global != "numpy dtype" || value.args->items.empty() ||
      value.args->items[0]->kind != PickleKind::kText) {
    return Invalid("an array has no NumPy type");
  }
  const absl::string_view code = value.args->items[0]->text;
  const PickleValue* const state = value.state;
  const bool has_order = state != nullptr && state->kind == PickleKind::kTuple && state->items.size() >= 2 &&
                         state->items[1]->kind == PickleKind::kText;
  const absl::string_view order = has_order ? state->items[1]->text : "?";
  for (const NumpyType& type : kNumpyTypes) {
    if (code != type.code) continue;
    if (order != "<" && !(order == "|" && code[1] == '1')) {
      return Invalid(absl::StrCat("an array has the byte order ", QuotedName(order), ", not little-endian"));
    }
    return FindSafetensorsDType(type.dtype);
  }
  return Invalid(absl::StrCat("an array has elements of the type ", QuotedName(code)));
}

// Strides of an array whose first index runs fastest.
Strides ColumnMajorStrides(const Shape& shape) {
  Strides strides{};
  int64_t stride = 1;
  for (int i = 0; i < shape.rank(); ++i) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

// The buffer holds the array and nothing else.
absl::Status SetWhole(absl::string_view bytes, PickledArray* array) {
  const int64_t element_bytes = array->dtype->bits / 8;
  array->storage = bytes;
  array->elements = static_cast<int64_t>(bytes.size()) / element_bytes;
  const std::optional<int64_t> want = SafetensorsBytes(*array->dtype, array->shape);
  if (!want || *want != static_cast<int64_t>(bytes.size())) {
    return absl::DataLossError(
        absl::StrCat("an array of the shape ", ToString(array->shape), " has ", bytes.size(), " bytes"));
  }
  return absl::OkStatus();
}

// An array that has its buffer for itself.
absl::StatusOr<PickledArray> WholeArray(const PickleValue& shape, const PickleValue& dtype, const PickleValue& bytes,
                                        bool fortran) {
  // Python 2 has one kind for both.
  if (bytes.kind != PickleKind::kBytes && bytes.kind != PickleKind::kText) {
    return Invalid("a NumPy array has no bytes");
  }
  const absl::StatusOr<Shape> extents = ToShape(shape);
  if (!extents.ok()) return extents.status();
  const absl::StatusOr<const SafetensorsDType*> type = NumpyDType(dtype);
  if (!type.ok()) return type.status();
  PickledArray array;
  array.dtype = *type;
  array.shape = *extents;
  const absl::Status fits = SetWhole(bytes.text, &array);
  if (!fits.ok()) return fits;
  if (array.elements > 0) {  // the strides of an empty array could overflow
    array.strides = fortran ? ColumnMajorStrides(*extents) : RowMajorStrides(*extents);
  }
  return array;
}

// Protocol 5 writes arrays as numpy.core.numeric._frombuffer(bytes, dtype, shape, order).
absl::StatusOr<PickledArray> NumpyBuffer(const PickleValue& value) {
  const std::vector<const PickleValue*>& args = value.args->items;
  if (args.size() != 4 || args[3]->kind != PickleKind::kText || (args[3]->text != "C" && args[3]->text != "F")) {
    return Invalid("a NumPy array lacks its bytes, type, shape or order");
  }
  return WholeArray(*args[2], *args[1], *args[0], args[3]->text == "F");
}

// numpy.core.multiarray.scalar(dtype, bytes).
absl::StatusOr<PickledArray> NumpyScalar(const PickleValue& value) {
  const std::vector<const PickleValue*>& args = value.args->items;
  if (args.size() != 2 || args[1]->kind != PickleKind::kBytes) return Invalid("a NumPy scalar has no bytes");
  const absl::StatusOr<const SafetensorsDType*> dtype = NumpyDType(*args[0]);
  if (!dtype.ok()) return dtype.status();
  PickledArray scalar;
  scalar.dtype = *dtype;
  const absl::Status fits = SetWhole(args[1]->text, &scalar);
  if (!fits.ok()) return fits;
  return scalar;
}

template <typename T>
float ElementAt(const char* bytes) {
  T element;
  std::memcpy(&element, bytes, sizeof element);
  return static_cast<float>(element);
}

// Walks the view in row-major order.
template <typename T>
std::vector<float> Gather(const PickledArray& array, const char* bytes) {
  std::vector<float> floats(static_cast<size_t>(array.shape.NumElements()));
  Strides index{};
  int64_t at = array.offset;
  for (float& out : floats) {
    out = ElementAt<T>(bytes + at * static_cast<int64_t>(sizeof(T)));
    for (int d = array.shape.rank() - 1; d >= 0; --d) {
      at += array.strides[d];
      if (++index[d] < array.shape[d]) break;
      at -= index[d] * array.strides[d];
      index[d] = 0;
    }
  }
  return floats;
}

}  // namespace

absl::Status CheckView(const PickledArray& array) {
  const auto outside = [&array] {
    return absl::DataLossError(absl::StrCat("a tensor of the shape ", ToString(array.shape),
                                            " reaches beyond its storage of ", array.elements, " elements"));
  };
  int64_t count = 1, last = array.offset;
  if (array.offset < 0 || array.elements < 0) return outside();
  bool overflow = false;
  for (int i = 0; i < array.shape.rank(); ++i) {
    int64_t reach = 0;
    overflow |= array.shape[i] < 0 || array.strides[i] < 0;
    overflow |= __builtin_mul_overflow(count, array.shape[i], &count);
    if (array.shape[i] == 0) continue;
    overflow |= __builtin_mul_overflow(array.shape[i] - 1, array.strides[i], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
  }
  if (overflow) return outside();
  if (count == 0) return absl::OkStatus();
  if (last >= array.elements || count > array.elements) return outside();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<float>> ToFloats(const PickledArray& array, absl::string_view storage) {
  int64_t bytes = 0;
  if (__builtin_mul_overflow(array.elements, int64_t{array.dtype->bits / 8}, &bytes) ||
      bytes != static_cast<int64_t>(storage.size())) {
    return absl::DataLossError(absl::StrCat("a storage of ", array.elements, " elements of the type ",
                                            array.dtype->name, " has ", storage.size(), " bytes"));
  }
  const absl::string_view dtype = array.dtype->name;
  if (dtype == "F32") return Gather<float>(array, storage.data());
  if (dtype == "F16") return Gather<Float16>(array, storage.data());
  if (dtype == "BF16") return Gather<BFloat16>(array, storage.data());
  if (dtype == "F64") return Gather<double>(array, storage.data());
  return Invalid(absl::StrCat("a tensor has the type ", dtype, ", but floats were expected"));
}

absl::StatusOr<Shape> ToShape(const PickleValue& tuple) {
  if (tuple.kind != PickleKind::kTuple) return Invalid("a shape is no tuple");
  if (tuple.items.size() > static_cast<size_t>(kMaxRank)) {
    return Invalid(absl::StrCat("a tensor has ", tuple.items.size(), " dimensions, more than ", kMaxRank));
  }
  Shape shape;
  for (const PickleValue* extent : tuple.items) {
    if (extent->kind != PickleKind::kInt || extent->integer < 0) return Invalid("a dimension is no count");
    shape.Append(extent->integer);
  }
  return shape;
}

bool IsNumpyArray(const PickleValue& value) {
  return value.kind == PickleKind::kCall &&
         (IsReconstructed(value.global) || IsScalar(value.global) || IsFromBuffer(value.global));
}

absl::StatusOr<PickledArray> NumpyArray(const PickleValue& value) {
  if (!IsNumpyArray(value)) return Invalid("a value is no NumPy array");
  if (IsScalar(value.global)) return NumpyScalar(value);
  if (IsFromBuffer(value.global)) return NumpyBuffer(value);
  // The state: (version, shape, dtype, whether in Fortran order, bytes).
  const PickleValue* const state = value.state;
  if (state == nullptr || state->kind != PickleKind::kTuple || state->items.size() != 5 ||
      state->items[3]->kind != PickleKind::kBool) {
    return Invalid("a NumPy array has no state");
  }
  return WholeArray(*state->items[1], *state->items[2], *state->items[4], state->items[3]->boolean);
}

absl::StatusOr<double> ToNumber(const PickleValue& value) {
  switch (value.kind) {
    case PickleKind::kInt: return static_cast<double>(value.integer);
    case PickleKind::kReal: return value.real;
    case PickleKind::kBool: return value.boolean ? 1.0 : 0.0;
    default: break;
  }
  if (!IsNumpyArray(value)) return Invalid(absl::StrCat("a value of the kind ", KindName(value.kind), " is no number"));
  const absl::StatusOr<PickledArray> scalar = NumpyArray(value);
  if (!scalar.ok()) return scalar.status();
  if (scalar->shape.rank() == 0 && absl::string_view(scalar->dtype->name) == "F64") {
    double number;
    std::memcpy(&number, scalar->storage.data(), sizeof number);
    return number;
  }
  if (scalar->elements != 1) return Invalid("an array was found in place of a number");
  const absl::StatusOr<std::vector<float>> floats = ToFloats(*scalar, scalar->storage);
  if (!floats.ok()) return floats.status();
  return static_cast<double>(floats->front());
}

}  // namespace sg::io
