#include "engine/io/safetensors_reader.h"

#include <sys/stat.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/io/safetensors_format.h"
#include "engine/io/safetensors_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using nn::ScratchDir;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

template <typename T>
std::string Bytes(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}
template <typename T>
std::string Bytes(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}
std::string Pack(const std::string& header, const std::string& data) {
  return Bytes(uint64_t{header.size()}) + header + data;
}

// A file as another program writes it, with every dtype that can be converted to floats.
std::string ForeignFile() {
  return Pack(R"({"__metadata__":{"format":"pt"},)"
              R"("d":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},)"
              R"("f":{"dtype":"F32","shape":[1,2],"data_offsets":[16,24]},)"
              R"("h":{"dtype":"F16","shape":[9],"data_offsets":[24,42]},)"
              R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[42,48]},)"
              R"("i":{"dtype":"I64","shape":[],"data_offsets":[48,56]},)"
              R"("mask":{"dtype":"BOOL","shape":[1],"data_offsets":[56,57]},)"
              R"("q":{"dtype":"Q2","shape":[5],"data_offsets":[57,59]}}  )",
              Bytes(std::vector<double>{0.5, -1e300}) + Bytes(std::vector<float>{1.25f, -3.0f}) +
                  Bytes(std::vector<uint16_t>{0x3c00, 0xc000, 0x7bff, 0x0001, 0x83ff, 0x7c00, 0xfc00, 0x7e00, 0x8000}) +
                  Bytes(std::vector<uint16_t>{0x3f80, 0xc040, 0x7f80}) + Bytes(int64_t{-7}) + "\1" + "??");
}

TEST(SafetensorsReader, ReadsForeignFiles) {
  ScratchDir dir;
  const absl::StatusOr<SafetensorsReader> reader = SafetensorsReader::Open(dir.Write("m", ForeignFile()));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_FALSE(reader->has_checksums());
  EXPECT_EQ(reader->tensors().size(), 7u);
  EXPECT_EQ(reader->metadata().at("format"), "pt");
  EXPECT_EQ(reader->Find("f")->shape, Shape({1, 2}));
  EXPECT_EQ(reader->Find("nothing"), nullptr);

  constexpr float kInf = std::numeric_limits<float>::infinity();
  EXPECT_THAT(*reader->ReadAsFloat("f"), ElementsAre(1.25f, -3.0f));
  EXPECT_THAT(*reader->ReadAsFloat("d"), ElementsAre(0.5f, -kInf));
  EXPECT_THAT(*reader->ReadAsFloat("b"), ElementsAre(1.0f, -3.0f, kInf));
  const std::vector<float> half = *reader->ReadAsFloat("h");
  EXPECT_THAT(std::vector<float>(half.begin(), half.begin() + 7),
              ElementsAre(1.0f, -2.0f, 65504.0f, std::ldexp(1.0f, -24), -std::ldexp(1023.0f, -24), kInf, -kInf));
  EXPECT_TRUE(std::isnan(half[7]));
  EXPECT_TRUE(half[8] == 0 && std::signbit(half[8]));

  int64_t i = 0;
  ASSERT_TRUE(reader->Read("i", &i, sizeof i).ok());
  EXPECT_EQ(i, -7);
  EXPECT_TRUE(reader->Verify().ok());
}

TEST(SafetensorsReader, SaysWhyATensorCannotBeRead) {
  ScratchDir dir;
  const std::string path = dir.Write("m", ForeignFile());
  const absl::StatusOr<SafetensorsReader> reader = SafetensorsReader::Open(path);
  ASSERT_TRUE(reader.ok());
  char out[16];
  EXPECT_EQ(reader->Read("nothing", out, 1).message(), path + ": has no tensor \"nothing\"");
  EXPECT_EQ(reader->Read("mask", out, 1).message(),
            path + ": tensor \"mask\" has the dtype BOOL, which cannot be read");
  EXPECT_EQ(reader->Read("q", out, 2).message(), path + ": tensor \"q\" has the dtype Q2, which cannot be read");
  EXPECT_EQ(reader->Read("f", out, 16).message(), path + ": tensor \"f\" F32[1,2] has 8 bytes, but 16 were expected");
  EXPECT_EQ(reader->ReadAsFloat("i").status().message(),
            path + ": tensor \"i\" has the dtype I64, but floats were expected");
  for (const char* name : {"nothing", "mask", "q", "i"}) {
    EXPECT_EQ(reader->VerifyFloats(name), reader->ReadAsFloat(name).status()) << name;
  }
  for (const char* name : {"f", "d", "b", "h"}) EXPECT_TRUE(reader->VerifyFloats(name).ok()) << name;
}

TEST(SafetensorsReader, RejectsFilesThatAreNotSafetensors) {
  ScratchDir dir;
  const auto open = [&](const std::string& bytes, SafetensorsReaderOptions options = {}) {
    const absl::Status status = SafetensorsReader::Open(dir.Write("m", bytes), options).status();
    EXPECT_THAT(std::string(status.message()), StartsWith(dir.File("m") + ": "));
    return std::string(status.message());
  };
  EXPECT_THAT(open(""), HasSubstr("has 0 bytes and needs at least 8"));
  EXPECT_THAT(open("1234567"), HasSubstr("has 7 bytes and needs at least 8"));
  EXPECT_THAT(open(Bytes(uint64_t{0})), HasSubstr("header is empty"));
  EXPECT_THAT(open(Bytes(uint64_t{3}) + "{}"), HasSubstr("a header of 3 bytes, but has only 2"));
  for (uint64_t header_bytes : {UINT64_MAX, UINT64_MAX - 7, uint64_t{1} << 63, (uint64_t{1} << 32) + 2}) {
    EXPECT_THAT(open(Bytes(header_bytes) + "{}"), HasSubstr(absl::StrCat("a header of ", header_bytes, " bytes, but")));
  }
  EXPECT_THAT(open("PK\3\4\0\0\0\0" + std::string(100, 'x')), HasSubstr("not a safetensors file"));
  EXPECT_THAT(open(Pack("[]", "")), HasSubstr("does not start with '{'"));
  EXPECT_THAT(open(Pack("{}", "GIF89a")), EndsWith("file has 6 bytes after the last tensor"));

  SafetensorsReaderOptions options;
  options.max_header_bytes = 15;
  EXPECT_THAT(open(Pack("{}" + std::string(14, ' '), ""), options),
              EndsWith("header of 16 bytes exceeds the limit of 15"));
  const std::string sparse = dir.Write("sparse", Bytes(uint64_t{(16 << 20) + 1}));
  dir.Truncate("sparse", 200'000'000);
  EXPECT_THAT(std::string(SafetensorsReader::Open(sparse).status().message()),
              EndsWith("exceeds the limit of 16777216"));
  dir.Write("sparse", Bytes(uint64_t{100'000'001}));
  dir.Truncate("sparse", 200'000'000);
  options.max_header_bytes = INT64_MAX;
  EXPECT_THAT(std::string(SafetensorsReader::Open(sparse, options).status().message()),
              EndsWith("exceeds the limit of 100000000"));
}

TEST(SafetensorsReader, RejectsWhatIsNoRegularFile) {
  ScratchDir dir;
  EXPECT_EQ(SafetensorsReader::Open(dir.File("none")).status().message(),
            dir.File("none") + ": cannot open: No such file or directory");
  EXPECT_EQ(SafetensorsReader::Open(dir.path()).status().message(), dir.path() + ": not a regular file");
  ASSERT_EQ(mkfifo(dir.File("fifo").c_str(), 0600), 0);
  EXPECT_EQ(SafetensorsReader::Open(dir.File("fifo")).status().message(), dir.File("fifo") + ": not a regular file");
}

TEST(SafetensorsReader, TruncationAtEveryByteIsRejected) {
  ScratchDir dir;
  const std::string path = dir.Write("m", ForeignFile());
  ASSERT_TRUE(SafetensorsReader::Open(path).ok());
  for (size_t size = ForeignFile().size(); size-- > 0;) {
    dir.Truncate("m", size);
    EXPECT_THAT(std::string(SafetensorsReader::Open(path).status().message()), StartsWith(path + ": ")) << size;
  }
}

TEST(SafetensorsReader, TruncationAfterOpenIsAnError) {
  ScratchDir dir;
  const std::string path = dir.Write("m", ForeignFile());
  const absl::StatusOr<SafetensorsReader> reader = SafetensorsReader::Open(path);
  ASSERT_TRUE(reader.ok());
  dir.Truncate("m", 100);
  EXPECT_THAT(std::string(reader->ReadAsFloat("f").status().message()), HasSubstr("bytes too early"));
  EXPECT_THAT(std::string(reader->Verify().message()), StartsWith(path + ": ends at byte"));
}

// The content of a file with checksums as text, for comparison.
absl::StatusOr<std::string> Content(const std::string& path) {
  const absl::StatusOr<SafetensorsReader> reader = SafetensorsReader::Open(path);
  if (!reader.ok()) return reader.status();
  std::string content;
  for (const TensorInfo& tensor : reader->tensors()) {
    std::string bytes(tensor.bytes, '\0');
    if (absl::Status status = reader->Read(tensor.name, &bytes[0], tensor.bytes); !status.ok()) return status;
    absl::StrAppend(&content, tensor.name, tensor.dtype_name, ToString(tensor.shape), bytes);
  }
  for (const auto& [key, value] : reader->metadata()) absl::StrAppend(&content, key, value);
  return content;
}

void ExpectEveryBitFlipDetected(const ScratchDir& dir, const std::string& path) {
  ASSERT_TRUE(Content(path).ok());
  const std::string bytes = dir.Read("m");
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    dir.Patch("m", bit / 8, static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8)));
    const absl::Status status = Content(path).status();
    EXPECT_THAT(std::string(status.message()), StartsWith(path + ": ")) << "byte " << bit / 8 << " bit " << bit % 8;
    dir.Patch("m", bit / 8, bytes[bit / 8]);
  }
  EXPECT_TRUE(Content(path).ok());
}

TEST(SafetensorsReader, EveryBitFlipIsDetected) {
  ScratchDir dir;
  const std::vector<float> w = {1.0f, 2.0f, 3.0f};
  const std::string path = dir.File("m");
  ASSERT_TRUE(WriteSafetensors(path,
                               {{"net.w", "F32", {3}, FromMemory(w.data(), 12)},
                                {"none", "U8", {0}, FromMemory(nullptr, 0)},
                                {"u", "U8", {3}, FromMemory("abc", 3)}},
                               {{"config", "{\"z\":512}"}})
                  .ok());
  ExpectEveryBitFlipDetected(dir, path);
  ASSERT_TRUE(WriteSafetensors(path, {}, {}).ok());
  ExpectEveryBitFlipDetected(dir, path);
}

TEST(SafetensorsReader, DamageIsReportedWithFileAndTensor) {
  ScratchDir dir;
  const std::vector<float> w(600'000, 0.5f);
  const std::string path = dir.File("m");
  ASSERT_TRUE(
      WriteSafetensors(
          path,
          {{"a", "F32", {4}, FromMemory(w.data(), 16)}, {"b.w", "F32", {600'000}, FromMemory(w.data(), 2'400'000)}}, {})
          .ok());
  std::string bytes = dir.Read("m");
  bytes[bytes.size() - 1] ^= 1;
  dir.Write("m", bytes);
  const absl::StatusOr<SafetensorsReader> reader = SafetensorsReader::Open(path);
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(reader->ReadAsFloat("a").ok());
  const std::string expected = absl::StrCat(path, ": tensor \"b.w\" (file bytes ", bytes.size() - 2'400'000, " to ",
                                            bytes.size(), ") is damaged: its checksum is ");
  EXPECT_THAT(std::string(reader->ReadAsFloat("b.w").status().message()), StartsWith(expected));
  EXPECT_THAT(std::string(reader->Verify().message()), StartsWith(expected));
  EXPECT_TRUE(reader->VerifyFloats("a").ok());
  EXPECT_THAT(std::string(reader->VerifyFloats("b.w").message()), StartsWith(expected));

  SafetensorsReaderOptions options;
  options.verify_checksums = false;
  const absl::StatusOr<SafetensorsReader> unverified = SafetensorsReader::Open(path, options);
  EXPECT_TRUE(unverified->ReadAsFloat("b.w").ok());
  EXPECT_TRUE(unverified->metadata().empty());
}

TEST(SafetensorsReader, RejectsChecksumsThatDoNotAddUp) {
  ScratchDir dir;
  const std::string tensor = R"("w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  for (const char* metadata :
       {R"({"sg.crc32c.header":"00000000"})", R"({"sg.crc32c.header":"zzzzzzzz"})", R"({"sg.crc32c.header":""})",
        R"({"sg.crc32c.data.w":"00000000"})", R"({"sg.crc32c.tensors":"1"})", R"({"sg.crc32c.":"1"})"}) {
    const absl::Status status =
        SafetensorsReader::Open(dir.Write("m", Pack(absl::StrCat("{\"__metadata__\":", metadata, ",", tensor), "x")))
            .status();
    EXPECT_THAT(std::string(status.message()), HasSubstr("header does not match its checksum")) << metadata;
  }
  // The header's checksum is right, the tensor's is missing.
  std::string header = R"({"__metadata__":{"sg.crc32c.header":"00000000"},)" + tensor;
  const size_t position = FindHeaderChecksum(header);
  header.replace(position, 8, ChecksumText(HeaderChecksum(header, position)));
  EXPECT_THAT(std::string(SafetensorsReader::Open(dir.Write("m", Pack(header, "x"))).status().message()),
              HasSubstr("tensor \"w\" has no checksum"));
}

}  // namespace
}  // namespace sg::io
