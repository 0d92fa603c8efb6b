#include "engine/io/safetensors_header.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::io {
namespace {

using testing::HasSubstr;

// One entry of the header.
std::string Entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return absl::StrCat("\"", name, "\":{\"dtype\":\"", dtype, "\",\"shape\":", shape, ",\"data_offsets\":", offsets,
                      "}");
}
// A header of one F32 tensor "w" with these JSON values.
std::string One(const std::string& shape, const std::string& offsets) {
  return "{" + Entry("w", "F32", shape, offsets) + "}";
}
std::string Repeat(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

struct Case {
  const char* what;
  std::string text;
  int64_t data_bytes;
  const char* message;
};

void ExpectRejected(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const absl::Status status = ParseSafetensorsHeader(c.text, c.data_bytes).status();
    EXPECT_FALSE(status.ok()) << c.what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message)) << c.what;
  }
}

TEST(SafetensorsHeader, AcceptsWhatTheFormatAllows) {
  const std::string text = "{" + Entry("b", "F32", "[2,3]", "[8,32]") + "," + Entry("a", "F64", "[]", "[0,8]") +
                           R"(, "__metadata__" : {"format":"pt","empty":""},)" + Entry("zero", "U8", "[0,5]", "[8,8]") +
                           "," + Entry("", "I32", "[1]", "[32,36]") + "," + Entry("new", "F2_X", "[9]", "[36,37]") +
                           "," + Entry("six", "F4", "[1,1,1,1,1,2]", "[37,38]") + "}     ";
  const absl::StatusOr<SafetensorsHeader> header = ParseSafetensorsHeader(text, 38);
  ASSERT_TRUE(header.ok()) << header.status();
  ASSERT_EQ(header->tensors.size(), 6u);
  EXPECT_EQ(header->tensors[0].name, "a");
  EXPECT_EQ(header->tensors[0].shape, Shape());
  EXPECT_EQ(header->tensors[0].dtype, DType::kF64);
  EXPECT_EQ(header->tensors[1].name, "zero");
  EXPECT_EQ(header->tensors[2].name, "b");
  EXPECT_EQ(header->tensors[2].shape, Shape({2, 3}));
  EXPECT_EQ(header->tensors[2].offset, 8);
  EXPECT_EQ(header->tensors[2].bytes, 24);
  EXPECT_EQ(header->tensors[3].name, "");
  EXPECT_EQ(header->tensors[4].dtype_name, "F2_X");
  EXPECT_EQ(header->tensors[4].dtype, std::nullopt);
  EXPECT_EQ(header->metadata.at("format"), "pt");
  EXPECT_EQ(header->metadata.at("empty"), "");

  for (const char* empty : {"{}", "{}        ", R"({"__metadata__":{}})", "{ }"}) {
    EXPECT_TRUE(ParseSafetensorsHeader(empty, 0).ok()) << empty;
  }
}

TEST(SafetensorsHeader, RejectsWhatIsNotOneJsonObject) {
  ExpectRejected({
      {"empty", "", 0, "header is empty"},
      {"spaces only", "    ", 0, "does not start with '{'"},
      {"leading space", " {}", 0, "does not start with '{'"},
      {"byte order mark", "\xef\xbb\xbf{}", 0, "does not start with '{'"},
      {"array", "[]", 0, "does not start with '{'"},
      {"pickle", "\x80\x02}q.", 0, "does not start with '{'"},
      {"unclosed", "{", 0, "does not end with '}'"},
      {"closed too often", "{}}", 0, "not valid JSON"},
      {"two objects", "{}{}", 0, "not valid JSON"},
      {"trailing newline", "{}\n", 0, "does not end with '}' and spaces"},
      {"trailing tab", "{} \t ", 0, "does not end with '}' and spaces"},
      {"padded with zero bytes", std::string("{}\0\0", 4), 0, "zero byte at its byte 2"},
      {"hidden behind a zero byte", std::string("{}\0{}", 5), 0, "zero byte"},
      {"comment", "{/**/}", 0, "not valid JSON"},
      {"trailing comma", R"({"__metadata__":{},})", 0, "not valid JSON"},
      {"single quotes", "{'a':{}}", 0, "not valid JSON"},
      {"key without quotes", "{a:{}}", 0, "not valid JSON"},
      {"not UTF-8", "{\"\xff\":{}}", 0, "not valid JSON"},
      {"overlong UTF-8", "{\"\xc0\x80\":{}}", 0, "not valid JSON"},
      {"lone surrogate", R"({"\ud800":{}})", 0, "not valid JSON"},
      {"control character in a string", "{\"a\nb\":{}}", 0, "not valid JSON"},
      {"NaN", One("[NaN]", "[0,4]"), 4, "not valid JSON"},
      {"1e400", One("[1e400]", "[0,4]"), 4, "not valid JSON"},
      {"deep arrays at the top", "{\"a\":" + Repeat("[", 100000) + "}", 0, "an array instead of an object"},
      {"deep objects", Repeat("{\"a\":", 100000) + "}", 0, "unknown key"},
  });
}

TEST(SafetensorsHeader, RejectsMalformedEntries) {
  ExpectRejected({
      {"null entry", R"({"w":null})", 0, "null instead of an object for \"w\""},
      {"true entry", R"({"w":true})", 0, "true or false instead of an object"},
      {"string entry", R"({"w":"F32"})", 0, "a string instead of an object"},
      {"number entry", R"({"w":7})", 0, "a number instead of an object"},
      {"empty entry", R"({"w":{}})", 0, "tensor \"w\" has no dtype"},
      {"no dtype", R"({"w":{"shape":[],"data_offsets":[0,4]}})", 4, "has no dtype"},
      {"no shape", R"({"w":{"dtype":"F32","data_offsets":[0,4]}})", 4, "has no shape"},
      {"no offsets", R"({"w":{"dtype":"F32","shape":[]}})", 4, "has no data_offsets"},
      {"unknown key", R"({"w":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}})", 4, "the unknown key \"x\""},
      {"dtype twice", R"({"w":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4,
       "the key \"dtype\" twice"},
      {"shape twice", R"({"w":{"dtype":"F32","shape":[],"shape":[],"data_offsets":[0,4]}})", 4, "\"shape\" twice"},
      {"offsets twice", R"({"w":{"dtype":"F32","shape":[],"data_offsets":[0,4],"data_offsets":[0,4]}})", 4, "twice"},
      {"escaped duplicate key", R"({"w":{"dtype":"F32","shape":[],"data_offsets":[0,4],"\u0064type":"F32"}})", 4,
       "the key \"dtype\" twice"},
      {"tensor twice", "{" + Entry("w", "F32", "[]", "[0,4]") + "," + Entry("w", "F32", "[]", "[4,8]") + "}", 8,
       "the tensor \"w\" twice"},
      {"tensor twice by escape",
       "{" + Entry("w", "F32", "[]", "[0,4]") + "," + Entry("\\u0077", "F32", "[]", "[4,8]") + "}", 8,
       "the tensor \"w\" twice"},
      {"name with a newline is escaped", "{\"a\\nb\":1}", 0, "\"a\\nb\""},
      {"dtype a number", R"({"w":{"dtype":32}})", 0, "a number as its dtype"},
      {"dtype an array", R"({"w":{"dtype":["F32"]}})", 0, "an array as its dtype"},
      {"dtype empty", "{" + Entry("w", "", "[]", "[0,4]") + "}", 4, "malformed dtype"},
      {"dtype lower case", "{" + Entry("w", "f32", "[]", "[0,4]") + "}", 4, "malformed dtype"},
      {"dtype with an escape code", "{" + Entry("w", "\\u001b[2J", "[]", "[0,4]") + "}", 4,
       "malformed dtype \"\\x1b[2J\""},
      {"dtype long", "{" + Entry("w", std::string(100000, 'F'), "[]", "[0,4]") + "}", 4, "malformed dtype"},
      {"shape a number", One("4", "[0,16]"), 16, "a number as its shape"},
      {"shape an object", One("{}", "[0,4]"), 4, "an object as its shape"},
      {"shape null", One("null", "[0,4]"), 4, "null as its shape"},
      {"shape nested", One("[[1]]", "[0,4]"), 4, "an array in its shape"},
      {"shape deeply nested", One(Repeat("[", 2000000), "[0,4]"), 4, "an array in its shape"},
      {"shape of strings", One("[\"1\"]", "[0,4]"), 4, "a string in its shape"},
      {"negative dimension", One("[-1]", "[0,4]"), 4, "a negative number in its shape"},
      {"minus zero", One("[-0]", "[0,0]"), 0, "a negative number in its shape"},
      {"fraction", One("[1.0]", "[0,4]"), 4, "a number that is not an integer"},
      {"exponent", One("[1e0]", "[0,4]"), 4, "a number that is not an integer"},
      {"dimension 2^48", One("[281474976710656]", "[0,4]"), 4, "numbers end at 2^48-1"},
      {"dimension 2^64", One("[18446744073709551616]", "[0,4]"), 4, "not an integer below 2^48"},
      {"rank 7", One("[1,1,1,1,1,1,1]", "[0,4]"), 4, "more than 6 dimensions"},
      {"endless shape", One("[" + Repeat("1,", 1000000) + "1]", "[0,4]"), 4, "more than 6 dimensions"},
      {"no offset", One("[]", "[]"), 4, "has 0 data_offsets instead of two"},
      {"one offset", One("[]", "[4]"), 4, "has 1 data_offsets instead of two"},
      {"three offsets", One("[]", "[0,4,8]"), 4, "more than two data_offsets"},
      {"offsets an object", One("[]", "{}"), 4, "an object as its data_offsets"},
      {"offsets of booleans", One("[]", "[false,true]"), 4, "true or false in its data_offsets"},
      {"negative offset", One("[]", "[-4,0]"), 4, "a negative number in its data_offsets"},
      {"offset 2^48", One("[]", "[281474976710652,281474976710656]"), 4, "numbers end at 2^48-1"},
      {"offset 2^64-1", One("[]", "[0,18446744073709551615]"), 4, "numbers end at 2^48-1"},
  });
}

TEST(SafetensorsHeader, RejectsMalformedMetadata) {
  ExpectRejected({
      {"null", R"({"__metadata__":null})", 0, "null instead of an object for \"__metadata__\""},
      {"string", R"({"__metadata__":"pt"})", 0, "a string instead of an object"},
      {"number value", R"({"__metadata__":{"step":1}})", 0,
       "__metadata__ has a number instead of a string for \"step\""},
      {"null value", R"({"__metadata__":{"a":null}})", 0, "null instead of a string"},
      {"object value", R"({"__metadata__":{"a":{}}})", 0, "an object instead of a string"},
      {"array value", R"({"__metadata__":{"a":[]}})", 0, "an array instead of a string"},
      {"key twice", R"({"__metadata__":{"a":"1","a":"1"}})", 0, "__metadata__ has the key \"a\" twice"},
      {"metadata twice", R"({"__metadata__":{},"__metadata__":{}})", 0, "__metadata__ twice"},
      {"tensor in its place", "{" + Entry("__metadata__", "F32", "[]", "[0,4]") + "}", 4, "instead of a string"},
  });
}

TEST(SafetensorsHeader, RejectsSizesThatDoNotFit) {
  const std::string huge = "281474976710655";  // 2^48-1
  ExpectRejected({
      {"larger than its shape", One("[1]", "[0,8]"), 8, "F32[1] takes 4 bytes, but its data_offsets span 8"},
      {"smaller than its shape", One("[1000]", "[0,4]"), 4, "takes 4000 bytes, but its data_offsets span 4"},
      {"no bytes for a scalar", One("[]", "[0,0]"), 0, "takes 4 bytes, but its data_offsets span 0"},
      {"bytes for no element", One("[0]", "[0,4]"), 4, "takes 0 bytes, but its data_offsets span 4"},
      {"wrong dtype", "{" + Entry("w", "BF16", "[2]", "[0,8]") + "}", 8, "BF16[2] takes 4 bytes"},
      {"unreadable dtype of wrong size", "{" + Entry("w", "I16", "[2]", "[0,8]") + "}", 8, "I16[2] takes 4 bytes"},
      {"half a byte", "{" + Entry("w", "F4", "[3]", "[0,2]") + "}", 2, "not a whole number of bytes"},
      {"elements overflow", One("[" + huge + "," + huge + "]", "[0,4]"), 4, "too large"},
      {"elements wrap to 0", One("[4294967296,4294967296]", "[0,0]"), 0, "too large"},
      {"bytes wrap to 4", One("[4611686018427,1048576,1]", "[0,4]"), 4, "too large"},
      {"2^42+1 rows", One("[4398046511105,1048576]", "[0,4194304]"), 4194304, "too large"},
      {"overflow, then a zero", One("[" + huge + "," + huge + ",0]", "[0,0]"), 0, "too large"},
      {"ends before it begins", One("[1]", "[4,0]"), 4, "ends before it begins"},
      {"empty file", One("[]", "[0,4]"), 0, "truncated: its tensors take 4 bytes of data, 0 are there"},
      {"one byte short", One("[]", "[0,4]"), 3, "truncated"},
      {"petabytes", One("[" + huge + "]", "[0,281474976710655]"), 4, "span"},
      {"unknown dtype beyond the file", "{" + Entry("w", "X", "[1]", "[0,281474976710655]") + "}", 4, "truncated"},
      {"one byte more", One("[]", "[0,4]"), 5, "1 bytes after the last tensor"},
      {"data without tensors", "{}", 1000, "1000 bytes after the last tensor"},
      {"hole at the start", One("[]", "[4,8]"), 8, "begins at data byte 4, leaving a hole after byte 0"},
      {"hole", "{" + Entry("a", "F32", "[]", "[0,4]") + "," + Entry("b", "F32", "[]", "[8,12]") + "}", 12,
       "tensor \"b\" begins at data byte 8, leaving a hole after byte 4"},
      {"same bytes", "{" + Entry("a", "F32", "[]", "[0,4]") + "," + Entry("b", "F32", "[]", "[0,4]") + "}", 4,
       "overlapping"},
      {"overlap", "{" + Entry("a", "F32", "[2]", "[0,8]") + "," + Entry("b", "F32", "[2]", "[4,12]") + "}", 12,
       "overlapping the tensor that ends at byte 8"},
      {"inside another", "{" + Entry("a", "F32", "[4]", "[0,16]") + "," + Entry("b", "U8", "[1]", "[5,6]") + "}", 16,
       "overlapping"},
      {"empty one inside another",
       "{" + Entry("a", "F32", "[4]", "[0,16]") + "," + Entry("b", "U8", "[0]", "[4,4]") + "}", 16, "overlapping"},
      {"empty one beyond the end",
       "{" + Entry("a", "F32", "[]", "[0,4]") + "," + Entry("b", "U8", "[0]", "[9,9]") + "}", 4, "hole"},
  });
}

TEST(SafetensorsHeader, LimitsTensorsAndMetadata) {
  std::string tensors = "{", metadata = R"({"__metadata__":{)";
  for (int i = 0; i < kSafetensorsMaxTensors; ++i)
    absl::StrAppend(&tensors, Entry(absl::StrCat(i), "U8", "[0]", "[0,0]"), ",");
  for (int i = 0; i < kSafetensorsMaxMetadataEntries; ++i) absl::StrAppend(&metadata, "\"", i, "\":\"\",");
  const std::string full = tensors.substr(0, tensors.size() - 1) + "}";
  EXPECT_TRUE(ParseSafetensorsHeader(full, 0).ok());
  ExpectRejected({
      {"tensors", tensors + Entry("w", "U8", "[0]", "[0,0]") + "}", 0, "limit of 65536 tensors"},
      {"metadata", metadata + "\"w\":\"\"}}", 0, "limit of 131072 entries"},
  });
}

TEST(SafetensorsHeader, TruncatedTextIsNeverAccepted) {
  const std::string text = "{" + Entry("a", "F32", "[2,3]", "[0,24]") + R"(,"__metadata__":{"k":"v"},)" +
                           Entry("b", "U8", "[0]", "[24,24]") + "}";
  ASSERT_TRUE(ParseSafetensorsHeader(text, 24).ok());
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ParseSafetensorsHeader(text.substr(0, size), 24).ok()) << size;
  }
}

}  // namespace
}  // namespace sg::io
