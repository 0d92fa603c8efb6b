#include "gan/data/zip_listing.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_zip.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

constexpr uint32_t kLink = 0120777;

class ZipListingTest : public testing::Test {
 protected:
  void Add(const std::string& name, const std::string& data, uint32_t mode = 0) {
    entries_.emplace_back();
    entries_.back().name = name;
    entries_.back().data = data;
    entries_.back().mode = mode;
  }

  ZipListing List() {
    TempFolder folder;
    auto archive = io::ZipArchive::Open(folder.Write("a.zip", io::MakeRawZip(entries_)));
    EXPECT_TRUE(archive.ok()) << archive.status();
    return ListZip(**archive);
  }

  // "path=index" of each file.
  static std::vector<std::string> Files(const ZipListing& listing) {
    std::vector<std::string> files;
    for (const ZipFile& file : listing.files) files.push_back(file.path + "=" + std::to_string(file.index));
    return files;
  }

  std::vector<io::RawZipEntry> entries_;
};

TEST_F(ZipListingTest, BothSeparators) {
  Add("photos\\b.png", "b");
  Add("photos\\", "");
  Add("photos/a.png", "a");
  Add("__MACOSX\\photos\\._b.png", "resource fork");
  Add("photos/.git\\c.png", "c");
  Add("./d.png", "d");
  Add("pipe.png", "", 0010644);
  const ZipListing listing = List();
  EXPECT_THAT(Files(listing), ElementsAre("./d.png=5", "photos/a.png=2", "photos\\b.png=0"));
  EXPECT_EQ(listing.repeated_names + listing.broken_links + listing.run_folders, 0);
}

TEST_F(ZipListingTest, LastFileOfANameCounts) {
  Add("a.png", "1");
  Add("a.png", "2");
  Add("a.png", "3");
  Add("._b.png", "hidden");
  Add("._b.png", "hidden");
  const ZipListing listing = List();
  EXPECT_THAT(Files(listing), ElementsAre("a.png=2"));
  EXPECT_EQ(listing.repeated_names, 1);
}

TEST_F(ZipListingTest, LinksAreFollowedInside) {
  Add("real/a.png", "a");
  Add("links/up.png", "../real/a.png", kLink);
  Add("links/twice.png", "./up.png", kLink);
  Add("top.png", "real//a.png", kLink);
  const ZipListing listing = List();
  EXPECT_THAT(Files(listing), ElementsAre("links/twice.png=0", "links/up.png=0", "real/a.png=0", "top.png=0"));
  EXPECT_EQ(listing.broken_links, 0);
}

TEST_F(ZipListingTest, OtherLinksAreLeftOut) {
  Add("a/a.png", "a");
  Add("outside.png", "../a/a.png", kLink);
  Add("absolute.png", "/a/a.png", kLink);
  Add("nowhere.png", "b.png", kLink);
  Add("folder.png", "a", kLink);
  Add("empty.png", "", kLink);
  Add("self.png", "self.png", kLink);
  Add("ping.png", "pong.png", kLink);
  Add("pong.png", "ping.png", kLink);
  Add("long.png", std::string(5000, 'x'), kLink);
  const ZipListing listing = List();
  EXPECT_THAT(Files(listing), ElementsAre("a/a.png=0"));
  EXPECT_EQ(listing.broken_links, 9);
}

TEST_F(ZipListingTest, RunsAreLeftOut) {
  Add("training_options.json", "{}");
  Add("a.png", "a");
  Add("runs/0/training_options.json", "{}");
  Add("runs/0/fakes.png", "fake");
  Add("runs/0/deep/x.png", "x");
  Add("runs/00/b.png", "b");
  Add("windows\\training_options.json", "{}");
  Add("windows\\reals.png", "real");
  const ZipListing listing = List();
  EXPECT_THAT(Files(listing), ElementsAre("a.png=1", "runs/00/b.png=5", "training_options.json=0"));
  EXPECT_EQ(listing.run_folders, 2);
}

}  // namespace
}  // namespace sg::gan
