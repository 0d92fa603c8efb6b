#include "engine/io/pickled_array.h"

#include "engine/io/pickle_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_pickle.h"

namespace sg::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PickledArray View(const Shape& shape, const std::vector<int64_t>& strides, int64_t offset, int64_t elements) {
  PickledArray view;
  view.dtype = FindSafetensorsDType("F32");
  view.shape = shape;
  for (size_t i = 0; i < strides.size(); ++i) view.strides[i] = strides[i];
  view.offset = offset;
  view.elements = elements;
  return view;
}

TEST(PickledArray, StridesAndOffsetsAreHonored) {
  const std::string storage = Floats({0, 1, 2, 3, 4, 5, 6});
  const auto read = [&storage](const PickledArray& view) {
    EXPECT_TRUE(CheckView(view).ok());
    return *ToFloats(view, storage);
  };
  EXPECT_THAT(read(View({2, 3}, {3, 1}, 1, 7)), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(read(View({3, 2}, {1, 3}, 1, 7)), ElementsAre(1, 4, 2, 5, 3, 6));  // transposed
  EXPECT_THAT(read(View({}, {}, 6, 7)), ElementsAre(6));
  EXPECT_THAT(read(View({2, 2}, {4, 2}, 0, 7)), ElementsAre(0, 2, 4, 6));
  EXPECT_THAT(read(View({2, 1, 2}, {1, 0, 2}, 3, 7)), ElementsAre(3, 5, 4, 6));
  EXPECT_THAT(read(View({0, 5}, {1, 1}, 0, 7)), ElementsAre());
  // Channels last, [O,I,kH,kW] = [1,2,1,2].
  EXPECT_THAT(read(View({1, 2, 1, 2}, {4, 1, 4, 2}, 0, 7)), ElementsAre(0, 2, 1, 3));
}

TEST(PickledArray, NoViewReachesBeyondItsStorage) {
  constexpr int64_t kHuge = int64_t{1} << 62;
  for (const PickledArray& view :
       {View({8}, {1}, 0, 7), View({7}, {1}, 1, 7), View({1}, {1}, 7, 7), View({2}, {7}, 0, 7), View({}, {}, 7, 7),
        View({1}, {1}, -1, 7), View({2}, {-1}, 1, 7), View({8}, {0}, 0, 7), View({kHuge, 4}, {0, 0}, 0, 7),
        View({kHuge}, {kHuge}, 0, 7), View({2, 2}, {kHuge, kHuge}, 0, 7), View({2}, {INT64_MAX}, 1, 7),
        View({1}, {1}, INT64_MAX, 7), View({1}, {1}, 0, 0), View({1}, {1}, 0, -1)}) {
    EXPECT_FALSE(CheckView(view).ok()) << view.shape << " " << view.strides[0] << " " << view.offset;
  }
}

TEST(PickledArray, EveryFloatTypeAndNoOther) {
  PickledArray view = View({2}, {1}, 0, 2);
  view.dtype = FindSafetensorsDType("F16");
  EXPECT_THAT(*ToFloats(view, std::string("\0\x3c\0\xc0", 4)), ElementsAre(1, -2));
  view.dtype = FindSafetensorsDType("BF16");
  EXPECT_THAT(*ToFloats(view, std::string("\x80\x3f\0\xc0", 4)), ElementsAre(1, -2));
  view.dtype = FindSafetensorsDType("F64");
  EXPECT_THAT(*ToFloats(view, std::string("\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0", 16)), ElementsAre(1, -2));
  EXPECT_FALSE(ToFloats(view, Floats({1, 2})).ok());  // 8 bytes in place of 16
  view.dtype = FindSafetensorsDType("I32");
  EXPECT_THAT(std::string(ToFloats(view, Floats({1, 2})).status().message()), HasSubstr("I32"));
  view.elements = INT64_MAX;
  EXPECT_FALSE(ToFloats(view, Floats({1, 2})).ok());
}

// ---- NumPy.

std::string RawDType(const std::string& code, const std::string& order) {
  return RawCall(RawGlobal("numpy", "dtype"), {RawText(code), "\x89", "\x88"}) +
         RawTuple({RawInt(3), RawText(order), "N", "N", "N", RawInt(-1), RawInt(-1), RawInt(0)}) + "b";
}

std::string RawArray(const std::vector<int64_t>& shape, const std::string& dtype, bool fortran,
                     const std::string& bytes, const std::string& package = "numpy.core.multiarray") {
  std::vector<std::string> extents;
  for (const int64_t extent : shape) extents.push_back(RawInt(extent));
  return RawCall(RawGlobal(package, "_reconstruct"),
                 {RawGlobal("numpy", "ndarray"), RawTuple({RawInt(0)}), RawBytes("b")}) +
         RawTuple({RawInt(1), RawTuple(extents), dtype, fortran ? "\x88" : "\x89", RawBytes(bytes)}) + "b";
}

std::string RawScalar(const std::string& dtype, const std::string& bytes) {
  return RawCall(RawGlobal("numpy.core.multiarray", "scalar"), {dtype, RawBytes(bytes)});
}

struct Parsed {
  explicit Parsed(const std::string& operations) : bytes(MakePickle(operations)) {
    PickleOptions options;
    options.globals = {"numpy dtype",
                       "numpy ndarray",
                       "numpy.core.multiarray _reconstruct",
                       "numpy._core.multiarray _reconstruct",
                       "numpy.core.multiarray scalar",
                       "numpy.core.numeric _frombuffer",
                       "numpy._core.numeric _frombuffer"};
    pickle = Pickle::Parse(bytes, options);
    EXPECT_TRUE(pickle.ok()) << pickle.status();
  }
  const PickleValue& root() const { return pickle->root(); }

  std::string bytes;
  absl::StatusOr<Pickle> pickle;
};

TEST(PickledArray, NumpyArraysInBothOrders) {
  const std::string six = Floats({0, 1, 2, 3, 4, 5});
  for (const char* package : {"numpy.core.multiarray", "numpy._core.multiarray"}) {
    const Parsed rows(RawArray({2, 3}, RawDType("f4", "<"), false, six, package));
    ASSERT_TRUE(IsNumpyArray(rows.root()));
    const absl::StatusOr<PickledArray> array = NumpyArray(rows.root());
    ASSERT_TRUE(array.ok()) << array.status();
    EXPECT_EQ(array->shape, Shape({2, 3}));
    EXPECT_THAT(*ToFloats(*array, array->storage), ElementsAre(0, 1, 2, 3, 4, 5));
  }
  const Parsed columns(RawArray({2, 3}, RawDType("f4", "<"), true, six));
  const absl::StatusOr<PickledArray> array = NumpyArray(columns.root());
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_THAT(*ToFloats(*array, array->storage), ElementsAre(0, 2, 4, 1, 3, 5));
}

TEST(PickledArray, NumpyArraysOfProtocol5) {
  const std::string bytes = "\x96" + RawNumber(24, 8) + Floats({0, 1, 2, 3, 4, 5});
  const std::string dtype = RawDType("f4", "<"), shape = RawTuple({RawInt(2), RawInt(3)});
  for (const char* package : {"numpy.core.numeric", "numpy._core.numeric"}) {
    const std::string function = RawGlobal(package, "_frombuffer");
    const Parsed rows(RawCall(function, {bytes, dtype, shape, RawText("C")}));
    const absl::StatusOr<PickledArray> array = NumpyArray(rows.root());
    ASSERT_TRUE(array.ok()) << array.status();
    EXPECT_THAT(*ToFloats(*array, array->storage), ElementsAre(0, 1, 2, 3, 4, 5));
    const Parsed columns(RawCall(function, {bytes, dtype, shape, RawText("F")}));
    const absl::StatusOr<PickledArray> turned = NumpyArray(columns.root());
    ASSERT_TRUE(turned.ok()) << turned.status();
    EXPECT_THAT(*ToFloats(*turned, turned->storage), ElementsAre(0, 2, 4, 1, 3, 5));
    for (const std::string& operations :
         {RawCall(function, {bytes, dtype, shape}), RawCall(function, {bytes, dtype, shape, RawText("A")}),
          RawCall(function, {bytes, dtype, RawTuple({RawInt(7)}), RawText("C")}),
          RawCall(function, {RawText("x"), dtype, shape, RawText("C")})}) {
      EXPECT_FALSE(NumpyArray(Parsed(operations).root()).ok()) << testing::PrintToString(operations);
    }
  }
}

TEST(PickledArray, NumpysHostileArrays) {
  const std::string dtype = RawDType("f4", "<");
  for (const std::string& operations :
       {RawArray({2, 3}, dtype, false, Floats({1, 2, 3, 4, 5})),
        RawArray({2}, RawDType("f4", ">"), false, Floats({1, 2})),
        RawArray({1}, RawDType("O8", "|"), false, "12345678"), RawArray({1}, RawDType("f4", "|"), false, Floats({1})),
        RawArray({-1}, dtype, false, ""), RawArray({int64_t{1} << 62, 16}, dtype, false, ""),
        RawArray({1, 1, 1, 1, 1, 1, 1}, dtype, false, Floats({1})), RawArray({1}, "N", false, Floats({1})),
        RawArray({1}, RawGlobal("numpy", "dtype"), false, Floats({1})),
        RawCall(RawGlobal("numpy.core.multiarray", "_reconstruct"), {}), RawInt(3), RawScalar(dtype, "12345"),
        RawScalar("N", "1234")}) {
    const Parsed parsed(operations);
    EXPECT_FALSE(NumpyArray(parsed.root()).ok()) << testing::PrintToString(operations);
  }
}

TEST(PickledArray, NumbersOfEveryKind) {
  const auto number = [](const std::string& operations) { return ToNumber(Parsed(operations).root()); };
  EXPECT_EQ(*number(RawInt(-3)), -3);
  EXPECT_EQ(*number(std::string("G\x3f\xf8\0\0\0\0\0\0", 9)), 1.5);
  EXPECT_EQ(*number("\x88"), 1);
  EXPECT_EQ(*number(RawScalar(RawDType("f8", "<"), std::string("\0\0\0\0\0\0\xf8\x3f", 8))), 1.5);
  EXPECT_EQ(*number(RawScalar(RawDType("f4", "<"), Floats({0.25f}))), 0.25);
  EXPECT_FALSE(number(RawText("3")).ok());
  EXPECT_FALSE(number("N").ok());
  EXPECT_FALSE(number(RawArray({2}, RawDType("f4", "<"), false, Floats({1, 2}))).ok());
}

}  // namespace
}  // namespace sg::io
