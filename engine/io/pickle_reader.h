// Reads Python pickles, also hostile ones, without running anything in them. A pickle is a program for a stack machine
// that may call any Python function. This machine calls none: it notes a call as a record of the function's name and
// its arguments, and only for names on the caller's list.
//
//   PickleOptions options;
//   options.globals = {"collections OrderedDict"};
//   absl::StatusOr<Pickle> pickle = Pickle::Parse(bytes, options);
//   const PickleValue* size = FindItem(pickle->root(), "size");
//   if (size != nullptr && size->kind == PickleKind::kInt) Use(size->integer);
//
// Protocols 2 to 5 with the operations that PyTorch, NumPy, the StyleGAN2 programs and the CIFAR sets use. Refused with
// the operation, the name or the limit in the error: any other operation, any global that is not listed, and whatever
// exceeds the limits below. Values point into the input, so memory is bounded by the input's size and 64 MiB.
#ifndef ENGINE_IO_PICKLE_READER_H_
#define ENGINE_IO_PICKLE_READER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/pickle_value.h"

namespace sg::io {

// Limits of one pickle. The largest official StyleGAN2 has 38 thousand operations, 8 thousand memo entries, marks 16
// deep and texts of 17 MB. The texts are binary data, which protocol 2 has no other way to write.
constexpr int64_t kPickleMaxOperations = int64_t{1} << 20;
constexpr int64_t kPickleMaxValues = int64_t{1} << 18;
constexpr int64_t kPickleMaxMemo = int64_t{1} << 18;
constexpr int64_t kPickleMaxMarks = 128;
constexpr int64_t kPickleMaxTextBytes = int64_t{64} << 20;
constexpr int64_t kPickleMaxGlobalBytes = 256;  // of a module's and of a global's name

struct PickleOptions {
  // "module name" of every global that may occur.
  std::vector<absl::string_view> globals;
  // Globals that begin so may occur, too: "__torch__.".
  std::vector<absl::string_view> global_prefixes;
  bool allow_persistent = false;
};

class Pickle {
 public:
  // Parses the pickle at the beginning of `bytes`, which must outlive it. Bytes may follow its end. Errors do not name
  // the file; the caller adds it.
  static absl::StatusOr<Pickle> Parse(absl::string_view bytes, const PickleOptions& options);

  const PickleValue& root() const { return *root_; }
  int64_t size() const { return size_; }  // bytes of the pickle
  // All references, in the order of the pickle.
  const std::vector<const PickleValue*>& persistent() const { return persistent_; }

 private:
  friend class PickleMachine;
  Pickle() = default;

  std::unique_ptr<std::deque<PickleValue>> values_;
  std::unique_ptr<std::deque<std::string>> texts_;  // names of globals, and bytes that the pickle holds as text
  std::vector<const PickleValue*> persistent_;
  const PickleValue* root_ = nullptr;
  int64_t size_ = 0;
};

}  // namespace sg::io

#endif  // ENGINE_IO_PICKLE_READER_H_
