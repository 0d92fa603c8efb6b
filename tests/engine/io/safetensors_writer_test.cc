#include "engine/io/safetensors_writer.h"

#include <cstring>
#include <map>

#include "absl/strings/str_cat.h"
#include "engine/io/safetensors_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using nn::ScratchDir;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

SafetensorsSource Zeros(int64_t bytes) {
  return [bytes](const SafetensorsSink& sink) { return sink(std::string(bytes, '\0')); };
}

TEST(SafetensorsWriter, RoundTrip) {
  ScratchDir dir;
  const std::vector<float> w = {1.0f, -2.5f, 3e-30f, 4.0f, 5.0f, 6.0f};
  const double scale = 0.1;
  const std::string name = "odd \"name\"\\\n\t\x01 \xc3\xa9";
  const std::string path = dir.File("m.safetensors");
  ASSERT_TRUE(WriteSafetensors(path,
                               {{name, "F32", {2, 3}, FromMemory(w.data(), 24)},
                                {"scale", "F64", {}, FromMemory(&scale, 8)},
                                {"empty", "F32", {0, 4}, FromMemory(nullptr, 0)}},
                               {{"format", "pt"}, {"note", "a \"quoted\"\nline"}})
                  .ok());
  const absl::StatusOr<SafetensorsReader> reader = SafetensorsReader::Open(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE(reader->has_checksums());
  EXPECT_THAT(reader->metadata(), ElementsAre(Pair("format", "pt"), Pair("note", "a \"quoted\"\nline")));
  EXPECT_EQ(reader->Find(name)->shape, Shape({2, 3}));
  EXPECT_THAT(*reader->ReadAsFloat(name), ElementsAreArray(w));
  EXPECT_THAT(*reader->ReadAsFloat("scale"), ElementsAre(0.1f));
  EXPECT_THAT(*reader->ReadAsFloat("empty"), IsEmpty());
  EXPECT_TRUE(reader->Verify().ok());
  EXPECT_THAT(dir.Names(), ElementsAre("m.safetensors"));
}

TEST(SafetensorsWriter, LayoutIsTheFormats) {
  ScratchDir dir;
  ASSERT_TRUE(WriteSafetensors(dir.File("m"),
                               {{"b", "U8", {3}, FromMemory("abc", 3)},
                                {"z", "F32", {1}, FromMemory("FFFF", 4)},
                                {"a", "F32", {1}, FromMemory("ffff", 4)}},
                               {{"k", "v"}})
                  .ok());
  const std::string bytes = dir.Read("m");
  uint64_t header_bytes;
  std::memcpy(&header_bytes, bytes.data(), 8);
  EXPECT_EQ(header_bytes % 8, 0u);
  std::string header = bytes.substr(8, header_bytes);
  EXPECT_EQ(bytes.substr(8 + header_bytes), "ffffFFFFabc");
  header.erase(header.find_last_not_of(' ') + 1);
  // Checksums apart (they are checked by reading).
  for (size_t at = 0; (at = header.find("sg.crc32c.", at)) != std::string::npos; ++at) {
    const size_t value = header.find("\":\"", at) + 3;
    if (header[value + 1] != '"') header.replace(value, 8, "########");
  }
  EXPECT_EQ(header,
            R"({"__metadata__":{"sg.crc32c.header":"########","sg.crc32c.tensors":"3","sg.crc32c.data.a":"########",)"
            R"("sg.crc32c.data.z":"########","sg.crc32c.data.b":"########","k":"v"},)"
            R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
            R"("z":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
            R"("b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})");
}

TEST(SafetensorsWriter, OrdersByElementTypeThenName) {
  ScratchDir dir;
  std::vector<SafetensorsEntry> entries;
  for (const char* dtype : {"U8", "F16", "F32", "I64", "BF16", "U64", "F64", "I32"}) {
    for (const char* suffix : {"2", "1"}) entries.push_back({absl::StrCat(dtype, suffix), dtype, {0}, Zeros(0)});
  }
  for (SafetensorsEntry& entry : entries) {
    entry.shape = {1};
    entry.write = Zeros(entry.dtype == "U8" ? 1 : entry.dtype.back() == '6' ? 2 : entry.dtype.back() == '2' ? 4 : 8);
  }
  ASSERT_TRUE(WriteSafetensors(dir.File("m"), std::move(entries), {}).ok());
  const absl::StatusOr<SafetensorsReader> reader = SafetensorsReader::Open(dir.File("m"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::vector<std::string> names;
  for (const TensorInfo& tensor : reader->tensors()) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("U641", "U642", "I641", "I642", "F641", "F642", "F321", "F322", "I321", "I322",
                                 "BF161", "BF162", "F161", "F162", "U81", "U82"));
}

TEST(SafetensorsWriter, StreamsInPieces) {
  ScratchDir dir;
  const auto count_up = [](const SafetensorsSink& sink) {
    for (int i = 0; i < 1000; ++i) {
      const float value = static_cast<float>(i);
      if (absl::Status s = sink({reinterpret_cast<const char*>(&value), sizeof value}); !s.ok()) return s;
    }
    return absl::OkStatus();
  };
  ASSERT_TRUE(WriteSafetensors(dir.File("m"), {{"w", "F32", {10, 100}, count_up}}, {}).ok());
  const absl::StatusOr<std::vector<float>> w = SafetensorsReader::Open(dir.File("m"))->ReadAsFloat("w");
  ASSERT_TRUE(w.ok()) << w.status();
  EXPECT_EQ((*w)[999], 999.0f);
}

TEST(SafetensorsWriter, EveryErrorLeavesTheOldFile) {
  ScratchDir dir;
  const std::string path = dir.Write("m", "old");
  const auto write = [&](std::vector<SafetensorsEntry> entries,
                         const std::map<std::string, std::string>& metadata = {}) {
    const absl::Status status = WriteSafetensors(path, std::move(entries), metadata);
    EXPECT_THAT(std::string(status.message()), testing::StartsWith(path + ": "));
    EXPECT_EQ(dir.Read("m"), "old");
    EXPECT_THAT(dir.Names(), ElementsAre("m"));
    return std::string(status.message());
  };
  const int64_t huge = int64_t{1} << 40;
  EXPECT_THAT(write({{"w", "F32", {}, Zeros(4)}, {"w", "F64", {}, Zeros(8)}}), EndsWith("two tensors are named \"w\""));
  EXPECT_THAT(write({{"w", "BOOL", {}, Zeros(1)}}), EndsWith("the dtype \"BOOL\", which cannot be written"));
  EXPECT_THAT(write({{"w", "float", {}, Zeros(1)}}), EndsWith("the dtype \"float\", which cannot be written"));
  EXPECT_THAT(write({{"__metadata__", "F32", {}, Zeros(4)}}), HasSubstr("no tensor can be named"));
  EXPECT_THAT(write({{"\xff", "F32", {}, Zeros(4)}}), HasSubstr("not valid JSON"));
  EXPECT_THAT(write({}, {{"k", "\xc3"}}), HasSubstr("not valid JSON"));
  EXPECT_THAT(write({}, {{"sg.crc32c.header", "x"}}), EndsWith("metadata key \"sg.crc32c.header\" is reserved"));
  EXPECT_THAT(write({{"w", "F32", {huge, huge}, Zeros(4)}}), HasSubstr("is too large"));
  EXPECT_THAT(write({{"w", "F32", {huge, 128}, Zeros(4)}}), HasSubstr("numbers end at 2^48-1"));
  EXPECT_THAT(write({{"w", "F32", {huge, 1 << 20}, Zeros(4)}, {"v", "F32", {huge, 1 << 20}, Zeros(4)}}),
              HasSubstr("too large"));
  EXPECT_THAT(write({{"w", "F32", {2}, Zeros(4)}}), EndsWith("tensor \"w\" was given 4 instead of its 8 bytes"));
  EXPECT_THAT(write({{"w", "F32", {2}, Zeros(9)}}), EndsWith("tensor \"w\" was given more than its 8 bytes"));
  const auto ignores_errors = [](const SafetensorsSink& sink) {
    (void)sink(std::string(9, '\0'));
    (void)sink(std::string(8, '\0'));
    return absl::OkStatus();
  };
  EXPECT_THAT(write({{"w", "F32", {2}, ignores_errors}}), EndsWith("was given more than its 8 bytes"));
  const auto fails = [](const SafetensorsSink&) { return absl::InternalError("device lost"); };
  EXPECT_THAT(write({{"a", "F32", {2}, Zeros(8)}, {"w", "F32", {2}, fails}}),
              EndsWith("cannot write: tensor \"w\" is not available: device lost"));
}

TEST(SafetensorsWriter, SerializesTheBytesOfTheFile) {
  ScratchDir dir;
  const std::vector<float> w = {1.0f, -2.5f, 3e-30f, 4.0f, 5.0f, 6.0f};
  const std::vector<SafetensorsEntry> entries = {{"w", "F32", {2, 3}, FromMemory(w.data(), 24)},
                                                 {"b", "U8", {3}, FromMemory("abc", 3)}};
  const std::map<std::string, std::string> metadata = {{"k", "v"}};
  ASSERT_TRUE(WriteSafetensors(dir.File("m"), entries, metadata).ok());
  const absl::StatusOr<std::string> bytes = SerializeSafetensors(entries, metadata);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(*bytes == dir.Read("m"));
  EXPECT_EQ(SerializeSafetensors({{"w", "F32", {2}, Zeros(4)}}, {}).status().message(),
            "tensor \"w\" was given 4 instead of its 8 bytes");
  EXPECT_EQ(SerializeSafetensors({{"w", "BOOL", {}, Zeros(1)}}, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(SafetensorsWriter, DiskErrorsComeThrough) {
  ScratchDir dir;
  const std::string path = dir.File("missing/m");
  EXPECT_EQ(WriteSafetensors(path, {}, {}).message(), path + ": cannot create: No such file or directory");
}

}  // namespace
}  // namespace sg::io
