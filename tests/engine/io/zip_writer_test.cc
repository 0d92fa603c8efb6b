#include "engine/io/zip_writer.h"

#include "engine/io/zip_archive.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

TEST(ZipWriter, WritesWhatLibzipReads) {
  const nn::ScratchDir dir;
  const std::vector<std::pair<std::string, std::string>> items = {
      {"first", "hello"}, {"folder/second", std::string(100000, 'x')}, {"empty", ""}};
  {
    absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(dir.File("a.zip"));
    ASSERT_TRUE(file.ok()) << file.status();
    ZipWriter zip(&*file);
    for (const auto& [name, data] : items) ASSERT_TRUE(zip.Add(name, data).ok());
    ASSERT_TRUE(zip.Finish().ok());
    ASSERT_TRUE(file->Commit().ok());
  }
  const absl::StatusOr<std::unique_ptr<ZipArchive>> archive = ZipArchive::Open(dir.File("a.zip"));
  ASSERT_TRUE(archive.ok()) << archive.status();
  ASSERT_EQ((*archive)->entries().size(), items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ((*archive)->entries()[i].name, items[i].first);
    const absl::StatusOr<std::string> data = (*archive)->Read(static_cast<int64_t>(i), 1 << 20);
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(*data, items[i].second);
  }
  const std::string bytes = dir.Read("a.zip");
  EXPECT_EQ(bytes.find("hello") % 64, 0u) << "aligned";
  EXPECT_EQ(bytes.find("xxxx") % 64, 0u) << "aligned";
}

}  // namespace
}  // namespace sg::io
