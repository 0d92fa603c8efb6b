#include "gan/data/convert/picture_chunks.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/data/convert/fake_stream.h"

namespace sg::gan {
namespace {

std::vector<Picture> Named(int count, size_t bytes) {
  std::vector<Picture> pictures(count);
  for (int i = 0; i < count; ++i) {
    pictures[i].name = absl::StrCat(i);
    pictures[i].bytes.resize(bytes);
  }
  return pictures;
}

TEST(ForEachChunk, GivesEachPictureOnceInOrder) {
  for (const size_t bytes : {size_t{1}, size_t{20} << 20}) {
    const int count = bytes == 1 ? 41 : 5;
    FakeStream stream(Named(count, bytes));
    int next = 0, chunks = 0;
    const absl::Status status = ForEachChunk(&stream, 2, {}, [&](std::vector<Picture>* chunk) -> absl::StatusOr<bool> {
      ++chunks;
      EXPECT_LE(chunk->size(), bytes == 1 ? 16u : 2u);
      for (const Picture& picture : *chunk) EXPECT_EQ(picture.name, absl::StrCat(next++));
      return true;
    });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(next, count);
    EXPECT_EQ(chunks, 3);
  }
}

TEST(ForEachChunk, Stops) {
  FakeStream stream(Named(41, 1));
  int chunks = 0;
  const auto once = [&](std::vector<Picture>*) -> absl::StatusOr<bool> { return ++chunks < 1; };
  EXPECT_TRUE(ForEachChunk(&stream, 1, {}, once).ok());
  EXPECT_EQ(chunks, 1);
  const auto fails = [](std::vector<Picture>*) -> absl::StatusOr<bool> { return absl::DataLossError("no"); };
  EXPECT_TRUE(absl::IsDataLoss(ForEachChunk(&stream, 1, {}, fails)));
  EXPECT_TRUE(absl::IsCancelled(ForEachChunk(
      &stream, 1, [] { return true; }, fails)));
}

}  // namespace
}  // namespace sg::gan
