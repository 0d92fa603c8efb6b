#include "engine/io/lmdb_reader.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/golden_lmdb.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr int64_t kMaxValue = 1 << 20;

class LmdbReaderTest : public ::testing::Test {
 protected:
  using Items = std::vector<std::pair<std::string, std::string>>;
  absl::StatusOr<Items> ReadItems() const {
    absl::StatusOr<LmdbReader> lmdb = LmdbReader::Open(dir_.File("data.mdb"));
    if (!lmdb.ok()) return lmdb.status();
    Items items;
    LmdbItem item;
    while (true) {
      const absl::StatusOr<bool> more = lmdb->Next(&item);
      if (!more.ok()) return more.status();
      if (!*more) return items;
      absl::StatusOr<std::string> value = lmdb->Read(item, kMaxValue);
      if (!value.ok()) return value.status();
      items.emplace_back(item.key, *std::move(value));
    }
  }

  nn::ScratchDir dir_;
};

TEST_F(LmdbReaderTest, ReadsWhatLmdbWrites) {
  dir_.Write("data.mdb", GoldenLmdb("deep"));
  EXPECT_EQ(LmdbReader::Open(dir_.File("data.mdb"))->entries(), 700);
  const absl::StatusOr<Items> items = ReadItems();
  ASSERT_TRUE(items.ok()) << items.status();
  ASSERT_EQ(items->size(), 700u);
  for (int i = 0; i < 700; ++i) {
    std::string want(37 * i % 6000, '\0');
    for (size_t j = 0; j < want.size(); ++j) want[j] = static_cast<char>((7 * i + j) % 251);
    EXPECT_EQ((*items)[i].first, absl::StrFormat("%07d", i));
    EXPECT_EQ((*items)[i].second, want) << i;
  }
}

TEST_F(LmdbReaderTest, BoundsValues) {
  dir_.Write("data.mdb", GoldenLmdb("pictures"));
  absl::StatusOr<LmdbReader> lmdb = LmdbReader::Open(dir_.File("data.mdb"));
  LmdbItem item;
  ASSERT_TRUE(*lmdb->Next(&item));
  EXPECT_TRUE(absl::IsResourceExhausted(lmdb->Read(item, item.bytes - 1).status()));
  EXPECT_TRUE(lmdb->Read(item, item.bytes).ok());
}

TEST_F(LmdbReaderTest, RefusesOtherFiles) {
  for (const std::string& bytes : {std::string(), std::string("text"), std::string(100000, '\0')}) {
    dir_.Write("data.mdb", bytes);
    EXPECT_TRUE(absl::IsInvalidArgument(ReadItems().status())) << bytes.size();
  }
  std::string later = GoldenLmdb("pictures");
  later[20] = 2;
  dir_.Write("data.mdb", later);
  EXPECT_THAT(std::string(ReadItems().status().message()), HasSubstr("of version 2, only version 1 is read"));
}

// A valid file that is cut at any length, or changed in any byte that is not of a value, gives an error or items, and
// always ends.
TEST_F(LmdbReaderTest, BearsDamage) {
  const std::string good = GoldenLmdb("pictures");
  for (size_t length = 0; length < good.size(); length += 509) {
    dir_.Write("data.mdb", good.substr(0, length));
    const absl::StatusOr<Items> items = ReadItems();
    EXPECT_THAT(items.status().code(), AnyOf(absl::StatusCode::kInvalidArgument, absl::StatusCode::kDataLoss))
        << length << ": " << items.status();
  }
  dir_.Write("data.mdb", good);
  const absl::StatusOr<Items> items = ReadItems();
  ASSERT_TRUE(items.ok()) << items.status();
  for (size_t at = 0; at < good.size(); ++at) {
    // Of each page the header, the list of nodes and the end with the nodes; LMDB leaves the middle empty.
    const size_t in_page = at % 4096;
    if (in_page > 160 && in_page < 3900) continue;
    for (const char change : {'\x01', '\x80', '\xff'}) {
      dir_.Patch("data.mdb", at, static_cast<char>(good[at] ^ change));
      ReadItems().status().IgnoreError();
    }
    dir_.Patch("data.mdb", at, good[at]);
  }
}

// A branch that leads to itself, and leaves that several branches share.
TEST_F(LmdbReaderTest, RefusesLoops) {
  std::string bytes = GoldenLmdb("deep");
  const auto number = [&bytes](size_t at, int width) {
    uint64_t value = 0;
    for (int i = width - 1; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
    return value;
  };
  // The meta page of the later transaction has the root.
  const size_t meta = number(4096 + 16 + 128, 8) > number(16 + 128, 8) ? 4096 : 0;
  const uint64_t root = number(meta + 16 + 72 + 40, 8);
  const size_t page = root * 4096;
  const size_t first = page + number(page + 16, 2), second = page + number(page + 18, 2);
  std::string shared = bytes, looped = bytes;
  for (int i = 0; i < 4; ++i) {
    shared[second + i] = bytes[first + i];
    looped[second + i] = static_cast<char>(root >> (8 * i));
  }
  dir_.Write("data.mdb", shared);
  EXPECT_THAT(std::string(ReadItems().status().message()), AnyOf(HasSubstr("of 700 items"), HasSubstr("more items")));
  dir_.Write("data.mdb", looped);
  EXPECT_THAT(std::string(ReadItems().status().message()), HasSubstr("of its tree"));
}

}  // namespace
}  // namespace sg::io
