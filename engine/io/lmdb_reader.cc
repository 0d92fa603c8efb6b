#include "engine/io/lmdb_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/io/printable.h"

namespace sg::io {
namespace {

// Offsets in a page: its number, flags and the end of its list of nodes, or the number of pages of a large value.
constexpr size_t kPageHeader = 16, kFlagsAt = 10, kLowerAt = 12, kPagesAt = 12;
constexpr uint64_t kBranch = 1, kLeaf = 2, kOverflow = 4, kMeta = 8;
// In the meta page, after its header: magic, version, address, size of the map, two trees, last page, transaction.
constexpr size_t kMetaBytes = 136, kFreeTreeAt = 24, kMainTreeAt = 72, kLastPageAt = 120, kTransactionAt = 128;
constexpr uint64_t kMagic = 0xbeefc0de, kVersion = 1;
// In a tree: the size of a page (in the first tree), flags, depth, numbers of pages, entries, root.
constexpr size_t kTreeFlagsAt = 4, kDepthAt = 6, kEntriesAt = 32, kRootAt = 40;
constexpr uint64_t kSeveralValues = 4;
// In a node: two halves of a size, flags, the size of the key.
constexpr size_t kNodeHeader = 8, kNodeFlagsAt = 4, kKeyBytesAt = 6;
constexpr uint64_t kLargeValue = 1, kNamedDatabase = 2, kValues = 4;

constexpr uint64_t kMinPageBytes = 256, kMaxPageBytes = 65536;
constexpr uint64_t kMaxDepth = 32;  // LMDB's own limit

uint64_t Number(absl::string_view bytes, size_t offset, int width) {
  uint64_t value = 0;
  for (int i = width - 1; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[offset + i]);
  return value;
}

}  // namespace

bool IsLmdb(absl::string_view start) {
  return start.size() >= kPageHeader + 8 && Number(start, kPageHeader, 4) == kMagic;
}

absl::Status LmdbReader::Damaged(const std::string& how) const {
  return absl::DataLossError(absl::StrCat(file_.path(), " is damaged: ", how));
}

absl::StatusOr<LmdbReader::Tree> LmdbReader::ReadMeta(int64_t offset) const {
  std::string page(kPageHeader + kMetaBytes, '\0');
  const absl::Status read = file_.ReadAt(offset, page.data(), static_cast<int64_t>(page.size()));
  if (!read.ok()) return read;
  if (!IsLmdb(page) || (Number(page, kFlagsAt, 2) & kMeta) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(file_.path(), " is no LMDB database of a 64-bit little-endian machine"));
  }
  const absl::string_view meta = absl::string_view(page).substr(kPageHeader);
  if (Number(meta, 4, 4) != kVersion) {
    return absl::InvalidArgumentError(absl::StrCat(file_.path(), " is an LMDB database of version ", Number(meta, 4, 4),
                                                   ", only version ", kVersion, " is read"));
  }
  Tree tree;
  const absl::string_view main = meta.substr(kMainTreeAt);
  tree.page_bytes = Number(meta, kFreeTreeAt, 4);
  tree.flags = Number(main, kTreeFlagsAt, 2);
  tree.depth = Number(main, kDepthAt, 2);
  tree.entries = Number(main, kEntriesAt, 8);
  tree.root = Number(main, kRootAt, 8);
  tree.last_page = Number(meta, kLastPageAt, 8);
  tree.transaction = Number(meta, kTransactionAt, 8);
  return tree;
}

absl::StatusOr<LmdbReader> LmdbReader::Open(const std::string& path) {
  absl::StatusOr<InputFile> file = InputFile::Open(path);
  if (!file.ok()) return file.status();
  LmdbReader reader(*std::move(file));
  if (reader.file_.size() < static_cast<int64_t>(kPageHeader + kMetaBytes)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is no LMDB database"));
  }
  absl::StatusOr<Tree> tree = reader.ReadMeta(0);
  if (!tree.ok()) return tree.status();
  const uint64_t page_bytes = tree->page_bytes;
  if (page_bytes < kMinPageBytes || page_bytes > kMaxPageBytes || (page_bytes & (page_bytes - 1)) != 0) {
    return reader.Damaged(absl::StrCat("its pages have ", page_bytes, " bytes"));
  }
  reader.page_bytes_ = static_cast<int64_t>(page_bytes);
  reader.pages_ = reader.file_.size() / reader.page_bytes_;
  if (reader.pages_ < 2) return reader.Damaged("it ends too early");
  // Two meta pages take turns; the one of the later transaction holds.
  const absl::StatusOr<Tree> other = reader.ReadMeta(static_cast<int64_t>(page_bytes));
  if (other.ok() && other->page_bytes == page_bytes && other->transaction > tree->transaction) tree = *other;
  if ((tree->flags & kSeveralValues) != 0) {
    return absl::UnimplementedError(
        absl::StrCat(path, " is an LMDB database with several values for a key, which is not read"));
  }
  if (tree->entries == 0) return reader;
  if (tree->last_page >= static_cast<uint64_t>(reader.pages_)) {
    return reader.Damaged(absl::StrCat("it has ", reader.pages_, " of ", tree->last_page, " + 1 pages"));
  }
  // An entry takes a node's header and two bytes for its place.
  const uint64_t most = static_cast<uint64_t>(reader.file_.size()) / (kNodeHeader + 2);
  if (tree->depth < 1 || tree->depth > kMaxDepth || tree->entries > most) {
    return reader.Damaged(absl::StrCat("it claims ", tree->entries, " entries at a depth of ", tree->depth));
  }
  reader.entries_ = static_cast<int64_t>(tree->entries);
  reader.depth_ = static_cast<int64_t>(tree->depth);
  const absl::Status root = reader.Descend(tree->root);
  if (!root.ok()) return root;
  return reader;
}

absl::Status LmdbReader::Descend(uint64_t number) {
  if (number >= static_cast<uint64_t>(pages_)) return Damaged(absl::StrCat("it refers to a page ", number));
  if (visited_++ == pages_) return Damaged("it refers to pages twice");
  Page page;
  page.number = static_cast<int64_t>(number);
  page.bytes.resize(static_cast<size_t>(page_bytes_));
  const absl::Status read = file_.ReadAt(page.number * page_bytes_, page.bytes.data(), page_bytes_);
  if (!read.ok()) return read;
  const bool is_leaf = static_cast<int64_t>(path_.size()) + 1 == depth_;
  const uint64_t lower = Number(page.bytes, kLowerAt, 2);
  if (Number(page.bytes, 0, 8) != number ||
      (Number(page.bytes, kFlagsAt, 2) & (kBranch | kLeaf | kOverflow | kMeta)) != (is_leaf ? kLeaf : kBranch)) {
    return Damaged(absl::StrCat("page ", number, " is no ", is_leaf ? "leaf" : "branch", " of its tree"));
  }
  if (lower < kPageHeader || lower > page.bytes.size()) {
    return Damaged(absl::StrCat("page ", number, " has a list of nodes that does not fit into it"));
  }
  page.nodes = static_cast<int64_t>(lower - kPageHeader) / 2;
  path_.push_back(std::move(page));
  return absl::OkStatus();
}

absl::string_view LmdbReader::Node(const Page& page, int64_t index) {
  const size_t offset = Number(page.bytes, kPageHeader + 2 * static_cast<size_t>(index), 2);
  if (offset < kPageHeader || offset + kNodeHeader > page.bytes.size()) return {};
  const absl::string_view node = absl::string_view(page.bytes).substr(offset);
  return kNodeHeader + Number(node, kKeyBytesAt, 2) > node.size() ? absl::string_view() : node;
}

absl::Status LmdbReader::ReadLeaf(const Page& page, int64_t index, LmdbItem* item) const {
  const auto damaged = [&](absl::string_view how) {
    return Damaged(absl::StrCat("node ", index, " of page ", page.number, " ", how));
  };
  const absl::string_view node = Node(page, index);
  if (node.empty()) return damaged("does not lie inside the page");
  const uint64_t bytes = Number(node, 0, 4), flags = Number(node, kNodeFlagsAt, 2);
  const size_t data_at = kNodeHeader + Number(node, kKeyBytesAt, 2);
  item->key = std::string(node.substr(kNodeHeader, data_at - kNodeHeader));
  item->bytes = static_cast<int64_t>(bytes);
  if ((flags & (kNamedDatabase | kValues)) != 0) {
    return absl::UnimplementedError(absl::StrCat(file_.path(), " has a database with the name ", Printable(item->key),
                                                 " inside, which is not read"));
  }
  if ((flags & kLargeValue) == 0) {
    if (bytes > node.size() - data_at) return damaged("has a value that does not lie inside the page");
    item->offset = page.number * page_bytes_ + (node.data() - page.bytes.data()) + static_cast<int64_t>(data_at);
    return absl::OkStatus();
  }
  if (node.size() - data_at < 8) return damaged("has no place of its value");
  const uint64_t first = Number(node, data_at, 8);
  if (first >= static_cast<uint64_t>(pages_)) return damaged("has its value outside of the file");
  std::string header(kPageHeader, '\0');
  const int64_t start = static_cast<int64_t>(first) * page_bytes_;
  const absl::Status read = file_.ReadAt(start, header.data(), kPageHeader);
  if (!read.ok()) return read;
  const auto count = static_cast<int64_t>(Number(header, kPagesAt, 4));
  if (Number(header, 0, 8) != first || (Number(header, kFlagsAt, 2) & kOverflow) == 0 ||
      count > pages_ - static_cast<int64_t>(first) ||
      static_cast<int64_t>(kPageHeader) + item->bytes > count * page_bytes_) {
    return damaged(absl::StrCat("has a value of ", bytes, " bytes that are not at page ", first));
  }
  item->offset = start + static_cast<int64_t>(kPageHeader);
  return absl::OkStatus();
}

absl::StatusOr<bool> LmdbReader::Next(LmdbItem* item) {
  while (!path_.empty()) {
    Page& page = path_.back();
    if (page.next == page.nodes) {
      path_.pop_back();
      continue;
    }
    const int64_t index = page.next++;
    if (static_cast<int64_t>(path_.size()) == depth_) {
      if (given_++ == entries_) return Damaged(absl::StrCat("it has more items than the ", entries_, " it claims"));
      const absl::Status read = ReadLeaf(page, index, item);
      if (!read.ok()) return read;
      return true;
    }
    const absl::string_view node = Node(page, index);
    if (node.empty()) return Damaged(absl::StrCat("node ", index, " of page ", page.number, " lies outside of it"));
    // The page's number has 48 bits: the two halves of the size, and the flags.
    const absl::Status descended = Descend(Number(node, 0, 6));
    if (!descended.ok()) return descended;
  }
  if (given_ != entries_) return Damaged(absl::StrCat("it has ", given_, " of ", entries_, " items"));
  return false;
}

absl::StatusOr<std::string> LmdbReader::Read(const LmdbItem& item, int64_t max_bytes) const {
  if (item.bytes > max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(file_.path(), ": a value is ", item.bytes, " bytes, more than ", max_bytes));
  }
  std::string value(static_cast<size_t>(item.bytes), '\0');
  const absl::Status read = file_.ReadAt(item.offset, value.data(), item.bytes);
  if (!read.ok()) return read;
  return value;
}

}  // namespace sg::io
