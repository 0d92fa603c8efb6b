#include "gan/data/streams/cifar_batch.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/data/streams/cifar_files.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

std::string Said(const std::string& bytes) { return std::string(CifarBatch::Parse(bytes).status().message()); }

TEST(CifarBatch, ReadsBatchesOfBothSets) {
  for (const char* key : {"labels", "fine_labels"}) {
    const std::string bytes = CifarPickle({3, 99}, 40, key);
    const absl::StatusOr<CifarBatch> batch = CifarBatch::Parse(bytes);
    ASSERT_TRUE(batch.ok()) << batch.status();
    ASSERT_EQ(batch->size(), 2);
    for (int i = 0; i < 2; ++i) {
      Picture picture;
      picture.image = CifarImage(batch->Pixels(i));
      picture.label.class_number = batch->ClassOf(i);
      ExpectCifarPicture(picture, 40 + i, i == 0 ? 3 : 99);
    }
  }
}

TEST(CifarBatch, RefusesOtherPickles) {
  EXPECT_THAT(Said("text"), HasSubstr("not a pickle"));
  EXPECT_THAT(Said(io::MakePickle("N")), HasSubstr("it has no \"data\""));
  EXPECT_THAT(Said(io::MakePickle("}")), HasSubstr("it has no \"data\""));
  EXPECT_THAT(Said(io::MakePickle(io::RawDict({{"data", io::RawInt(1)}}))), HasSubstr("no NumPy array"));
  EXPECT_THAT(Said(CifarPickle({1}, 0, "names")), HasSubstr("no list of 1 \"labels\""));
  EXPECT_THAT(Said(CifarPickle({-1}, 0, "labels")), HasSubstr("is no class"));
  EXPECT_THAT(Said(CifarPickle({70000}, 0, "labels")), HasSubstr("is no class"));
  EXPECT_THAT(Said(CifarPickle({1}, 0, "labels", "i1")), HasSubstr("the type I8 and the shape [1,3072], not U8"));
  EXPECT_THAT(Said(CifarPickle({1, 2}, 0, "labels", "u1", 1536)), HasSubstr("bytes"));
  EXPECT_THAT(Said(CifarPickle({1}, 0, "labels", "u1", 1 << 30)), HasSubstr("bytes"));
}

// What makes a pickle dangerous: a name outside of the few that an array needs.
TEST(CifarBatch, CallsNothing) {
  const std::string bytes =
      absl::StrReplaceAll(CifarPickle({1}, 0, "labels"), {{"cnumpy\nndarray\n", "cposix\nsystem\n"}});
  EXPECT_THAT(Said(bytes), HasSubstr("posix.system"));
}

TEST(CifarBatch, BearsEveryTruncationAndChange) {
  const std::string good = CifarPickle({1, 2}, 0, "labels");
  for (size_t length = 0; length < good.size(); length += length < 400 || length + 200 > good.size() ? 1 : 97) {
    EXPECT_FALSE(CifarBatch::Parse(good.substr(0, length)).ok()) << length;
  }
  for (size_t at = 0; at < good.size(); at += at < 400 || at + 200 > good.size() ? 1 : 97) {
    for (const char change : {'\x01', '\x20', '\xff'}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ change);
      const absl::StatusOr<CifarBatch> batch = CifarBatch::Parse(bad);
      if (batch.ok() && batch->size() > 0) CifarImage(batch->Pixels(batch->size() - 1));
    }
  }
}

}  // namespace
}  // namespace sg::gan
