#include "engine/io/npy.h"

#include <cmath>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using nn::ScratchDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int64_t kMaxValues = 1000;

// Version 1, the header as given.
std::string Npy(const std::string& header, const std::string& data) {
  return absl::StrCat("\x93NUMPY", absl::string_view("\1\0", 2),
                      std::string{static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)},
                      header, data);
}
std::string Dict(const std::string& descr, const std::string& order, const std::string& shape) {
  return absl::StrCat("{'descr': ", descr, ", 'fortran_order': ", order, ", 'shape': ", shape, ", }");
}

// np.save(f, np.array([[1.5, -2], [3, 4]], '<f4')), byte for byte.
std::string NumpysFile() {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
  header.resize(117, ' ');
  return Npy(header + "\n", std::string("\0\0\xc0\x3f\0\0\0\xc0\0\0\x40\x40\0\0\x80\x40", 16));
}

TEST(Npy, ReadsWhatNumpyWrites) {
  ScratchDir dir;
  const absl::StatusOr<NpyArray> array = ReadNpy(dir.Write("a.npy", NumpysFile()), kMaxValues);
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_EQ(array->shape, Shape({2, 2}));
  EXPECT_THAT(array->values, ElementsAre(1.5, -2.0, 3.0, 4.0));
}

TEST(Npy, WritesWhatNumpyWrites) {
  ScratchDir dir;
  const std::vector<float> values = {1.5f, -2.0f, 3.0f, 4.0f};
  ASSERT_TRUE(WriteNpy(dir.File("a.npy"), {2, 2}, values).ok());
  EXPECT_EQ(dir.Read("a.npy"), NumpysFile());
  EXPECT_THAT(dir.Names(), ElementsAre("a.npy"));
}

TEST(Npy, RoundTripOfEveryRank) {
  ScratchDir dir;
  const std::vector<double> values = {0.1, -1e300, NAN, INFINITY, 5.0, 6.0};
  for (const Shape& shape : {Shape({6}), Shape({2, 3}), Shape({1, 2, 1, 3, 1, 1})}) {
    ASSERT_TRUE(WriteNpy(dir.File("a"), shape, values).ok());
    const absl::StatusOr<NpyArray> array = ReadNpy(dir.File("a"), kMaxValues);
    ASSERT_TRUE(array.ok()) << array.status();
    EXPECT_EQ(array->shape, shape);
    EXPECT_EQ(std::memcmp(array->values.data(), values.data(), 48), 0);
    EXPECT_EQ((dir.Read("a").size() - 48) % 64, 0u);
  }
  ASSERT_TRUE(WriteNpy(dir.File("a"), {}, std::vector<float>{2.5f}).ok());
  EXPECT_THAT(ReadNpy(dir.File("a"), kMaxValues)->values, ElementsAre(2.5));
  ASSERT_TRUE(WriteNpy(dir.File("a"), {0, 512}, std::vector<float>{}).ok());
  EXPECT_EQ(ReadNpy(dir.File("a"), kMaxValues)->shape, Shape({0, 512}));
}

TEST(Npy, ReadsVersion2AndOtherSpellings) {
  ScratchDir dir;
  const std::string header = "{ \"shape\" :(\n1 ,),\"fortran_order\":False,'descr':\"<f8\"}";
  const double value = 0.1;
  const std::string data(reinterpret_cast<const char*>(&value), 8);
  EXPECT_THAT(ReadNpy(dir.Write("a", Npy(header, data)), kMaxValues)->values, ElementsAre(0.1));
  const std::string version2 = absl::StrCat("\x93NUMPY", absl::string_view("\2\0", 2),
                                            std::string{static_cast<char>(header.size()), 0, 0, 0}, header, data);
  EXPECT_THAT(ReadNpy(dir.Write("a", version2), kMaxValues)->values, ElementsAre(0.1));
}

TEST(Npy, TruncationAtEveryByteIsRejected) {
  ScratchDir dir;
  const std::string path = dir.Write("a", NumpysFile());
  for (size_t size = NumpysFile().size(); size-- > 0;) {
    dir.Truncate("a", size);
    EXPECT_THAT(std::string(ReadNpy(path, kMaxValues).status().message()), StartsWith(path + ": ")) << size;
  }
  EXPECT_THAT(std::string(ReadNpy(dir.Write("a", NumpysFile() + "x"), kMaxValues).status().message()),
              HasSubstr("shape [2,2] takes 16 bytes, but 17 follow the header"));
}

TEST(Npy, RejectsHostileFiles) {
  ScratchDir dir;
  const std::string four(4, '\0');
  const struct {
    std::string bytes;
    const char* message;
  } cases[] = {
      {"", "not an .npy file"},
      {"\x93NUMPX\1\0\0\0", "not an .npy file"},
      {std::string("\x93NUMPY\3\0\0\0\0\0", 12), "version is 3.0, but only 1.0 and 2.0"},
      {std::string("\x93NUMPY\1\1\0\0\0\0", 12), "version is 1.1"},
      {std::string("\x93NUMPY\2\0\xff\xff\xff\xff{}", 14), "header of 4294967295 bytes exceeds the limit of 65535"},
      {std::string("\x93NUMPY\1\0\xff\xff{}", 12), "truncated in its header"},
      {Npy("", four), "does not start with '{'"},
      {Npy("{}", four), "lacks one of"},
      {Npy("{'descr': '<f4'}", four), "lacks one of"},
      {Npy("{'descr", four), "a key that is not a string"},
      {Npy("{'descr' '<f4'}", four), "no ':' after a key"},
      {Npy("{'descr': '<f4' 'shape': (1,)}", four), "no ',' between two entries"},
      {Npy("{'descr': '<f4', 'descr': '<f4'}", four), "the key 'descr' twice"},
      {Npy("{'\x1b[2J': '<f4'}", four), "the unknown key '\\x1b[2J'"},
      {Npy(Dict("'<f4'", "False", "(1,)") + "x", four), "goes on after its '}'"},
      {Npy(Dict("'<f4'", "False", "(1,)") + std::string(1, '\0'), four), "goes on after its '}'"},
      {Npy(Dict("'<f4'", "True", "(1,)"), four), "Fortran order"},
      {Npy(Dict("'<f4'", "0", "(1,)"), four), "'fortran_order' other than True and False"},
      {Npy(Dict("'>f4'", "False", "(1,)"), four), "elements are '>f4', but only '<f4' and '<f8'"},
      {Npy(Dict("'<i4'", "False", "(1,)"), four), "elements are '<i4'"},
      {Npy(Dict("'|O'", "False", "(1,)"), four), "elements are '|O'"},
      {Npy(Dict("'\\n\n'", "False", "(1,)"), four), "elements are '\\\\n\\n'"},
      {Npy(Dict("[('x', '<f4')]", "False", "(1,)"), four), "'descr' that is not a string"},
      {Npy(Dict("'<f4'", "False", "[1]"), four), "'shape' that is not a tuple"},
      {Npy(Dict("'<f4'", "False", "(1)"), four), "'shape' that is not a tuple"},
      {Npy(Dict("'<f4'", "False", "(1 1)"), four), "no ',' between two dimensions"},
      {Npy(Dict("'<f4'", "False", "(-1,)"), four), "not a whole number"},
      {Npy(Dict("'<f4'", "False", "(,)"), four), "not a whole number"},
      {Npy(Dict("'<f4'", "False", "(1.0,)"), four), "no ',' between two dimensions"},
      {Npy(Dict("'<f4'", "False", "(1L,)"), four), "no ',' between two dimensions"},
      {Npy(Dict("'<f4'", "False", "((1,),)"), four), "not a whole number"},
      {Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1", four), "no ',' between two dimensions"},
      {Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,", four), "not a whole number"},
      {Npy(Dict("'<f4'", "False", "(1,1,1,1,1,1,1)"), four), "more than 6 dimensions"},
      {Npy(Dict("'<f4'", "False", "(9223372036854775808,)"), four), "beyond 63 bits"},
      {Npy(Dict("'<f4'", "False", "(4611686018427387905,)"), four), "takes too many bytes"},
      {Npy(Dict("'<f4'", "False", "(4294967296, 4294967296)"), ""), "takes too many bytes"},
      {Npy(Dict("'<f4'", "False", "(4294967296, 4294967296, 0)"), ""), "takes too many bytes"},
      {Npy(Dict("'<f4'", "False", "(1000000000,)"), four), "takes 4000000000 bytes, but 4 follow"},
      {Npy(Dict("'<f8'", "False", "(1,)"), four), "takes 8 bytes, but 4 follow"},
      {Npy(Dict("'<f4'", "False", "(0,)"), four), "takes 0 bytes, but 4 follow"},
  };
  for (const auto& c : cases) {
    const absl::Status status = ReadNpy(dir.Write("a", c.bytes), kMaxValues).status();
    EXPECT_THAT(std::string(status.message()), StartsWith(dir.File("a") + ": "));
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
  }
  EXPECT_EQ(ReadNpy(dir.File("none"), kMaxValues).status().message(),
            dir.File("none") + ": cannot open: No such file or directory");
}

TEST(NpyWriter, PiecesMakeTheSameFile) {
  ScratchDir dir;
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(WriteNpy(dir.File("whole"), {3, 2}, absl::MakeConstSpan(values)).ok());
  absl::StatusOr<NpyWriter> file = NpyWriter::Open(dir.File("pieces"), {3, 2});
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Append(absl::MakeConstSpan(values).subspan(0, 4)).ok());
  EXPECT_FALSE(std::filesystem::exists(dir.File("pieces"))) << "all or nothing";
  ASSERT_TRUE(file->Append(absl::MakeConstSpan(values).subspan(4)).ok());
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(dir.Read("pieces"), dir.Read("whole"));
  EXPECT_FALSE(NpyWriter::Open(dir.File("missing/a"), {1}).ok());
}

TEST(NpyDeathTest, ValuesMustFitTheShape) {
  ScratchDir dir;
  absl::StatusOr<NpyWriter> file = NpyWriter::Open(dir.File("a"), {3});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_DEATH((void)file->Append(std::vector<float>(4)), "4 values, the shape has room for 3");
  EXPECT_DEATH((void)file->Commit(), "3 values missing");
  EXPECT_DEATH((void)WriteNpy("unused", {3}, std::vector<float>(2)), "2 values for the shape \\[3\\]");
}

// The file has the size that its header tells, and takes no room on the disk.
TEST(Npy, ASparseFileDoesNotExhaustTheMemory) {
  ScratchDir dir;
  for (const int64_t values : {kMaxValues + 1, int64_t{1} << 39}) {
    const std::string header = Npy(Dict("'<f8'", "False", absl::StrCat("(", values, ",)")), "");
    const std::string path = dir.Write("a", header);
    dir.Truncate("a", header.size() + values * 8);
    const absl::Status status = ReadNpy(path, kMaxValues).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(status.message(),
              absl::StrCat(path, ": its shape [", values, "] has ", values, " values, more than ", kMaxValues));
  }
}

}  // namespace
}  // namespace sg::io
