#include "engine/io/pickle_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/io/pickle_operation.h"
#include "engine/io/safetensors_format.h"

namespace sg::io {
namespace {

constexpr int kMinProtocol = 2, kMaxProtocol = 5;
constexpr size_t kMaxIntBytes = 8;

// Text whose characters are all below U+0100, as bytes. Nullopt for other text.
std::optional<std::string> FromLatin1(absl::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<uint8_t>(text[i]);
    if (c < 0x80) {
      bytes.push_back(static_cast<char>(c));
      continue;
    }
    // Two bytes of UTF-8 that begin with 0xc2 or 0xc3.
    const uint8_t next = i + 1 < text.size() ? static_cast<uint8_t>(text[i + 1]) : 0;
    if ((c != 0xc2 && c != 0xc3) || (next & 0xc0) != 0x80) return std::nullopt;
    bytes.push_back(static_cast<char>((c & 3) << 6 | (next & 0x3f)));
    ++i;
  }
  return bytes;
}

}  // namespace

// The stack machine. The first error stops it: an operation that fails sets status_ and returns any value.
class PickleMachine {
 public:
  PickleMachine(absl::string_view bytes, const PickleOptions& options)
      : bytes_(bytes), options_(options), globals_(options.globals.begin(), options.globals.end()) {
    pickle_.values_ = std::make_unique<std::deque<PickleValue>>();
    pickle_.texts_ = std::make_unique<std::deque<std::string>>();
  }

  absl::StatusOr<Pickle> Run() {
    if (bytes_.size() < 2 || static_cast<uint8_t>(bytes_[0]) != static_cast<uint8_t>(PickleOp::kProto)) {
      return absl::InvalidArgumentError("not a pickle of protocol 2 to 5");
    }
    for (int64_t operations = 0; !stopped_; ++operations) {
      operation_at_ = at_;
      if (operations == kPickleMaxOperations) Limit("operations", kPickleMaxOperations);
      const uint8_t code = TakeByte();
      if (status_.ok()) Execute(code);
      if (!status_.ok()) return status_;
    }
    pickle_.size_ = static_cast<int64_t>(at_);
    return std::move(pickle_);
  }

 private:
  using Kind = PickleKind;

  // ---- Errors.

  void Fail(absl::string_view what) {
    if (status_.ok())
      status_ = absl::DataLossError(absl::StrCat("its pickle is damaged at byte ", operation_at_, ": ", what));
  }
  void Refuse(absl::string_view what) {
    if (status_.ok())
      status_ = absl::InvalidArgumentError(absl::StrCat("its pickle ", what, ", at byte ", operation_at_));
  }
  void Limit(absl::string_view what, int64_t limit) {
    if (!status_.ok()) return;
    status_ = absl::ResourceExhaustedError(absl::StrCat("its pickle has more than ", limit, " ", what));
  }

  // ---- The input.

  size_t Left() const { return bytes_.size() - at_; }

  absl::string_view Take(uint64_t size) {
    if (size > Left()) {
      Fail("it ends too early");
      return {};
    }
    const absl::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

  uint8_t TakeByte() {
    const absl::string_view byte = Take(1);
    return byte.empty() ? 0 : static_cast<uint8_t>(byte[0]);
  }

  uint64_t TakeNumber(int width) {
    const absl::string_view digits = Take(width);
    uint64_t number = 0;
    for (size_t i = digits.size(); i > 0; --i) number = number << 8 | static_cast<uint8_t>(digits[i - 1]);
    return number;
  }

  absl::string_view TakeText(int width) {
    const uint64_t size = TakeNumber(width);
    if (size > kPickleMaxTextBytes) {
      Limit("bytes in one text", kPickleMaxTextBytes);
      return {};
    }
    return Take(size);
  }

  absl::string_view TakeLine() {
    const size_t end = bytes_.substr(at_, kPickleMaxGlobalBytes + 1).find('\n');
    if (end == absl::string_view::npos) {
      Fail("a name has no end");
      return {};
    }
    const absl::string_view line = Take(end);
    Take(1);
    return line;
  }

  // ---- The stack.

  PickleValue* New(Kind kind) {
    if (static_cast<int64_t>(pickle_.values_->size()) == kPickleMaxValues) Limit("values", kPickleMaxValues);
    // After an error this may be one value more than the limit, and the machine stops.
    PickleValue& value = pickle_.values_->emplace_back();
    value.kind = kind;
    return &value;
  }

  void Push(PickleValue* value) { stack_.push_back(value); }
  void PushText(Kind kind, absl::string_view text) {
    PickleValue* const value = New(kind);
    value->text = text;
    Push(value);
  }
  void PushInt(int64_t integer) {
    PickleValue* const value = New(Kind::kInt);
    value->integer = integer;
    Push(value);
  }
  void PushBool(bool boolean) {
    PickleValue* const value = New(Kind::kBool);
    value->boolean = boolean;
    Push(value);
  }

  // The values above the last mark belong to that mark; an operation that takes none of them takes none at all.
  size_t Floor() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleValue* Pop() {
    if (stack_.size() <= Floor()) {
      Fail("the stack is empty");
      return New(Kind::kNone);
    }
    PickleValue* const value = stack_.back();
    stack_.pop_back();
    return value;
  }

  PickleValue* Top() {
    if (stack_.size() > Floor()) return stack_.back();
    Fail("the stack is empty");
    return New(Kind::kNone);
  }

  std::vector<const PickleValue*> PopToMark() {
    if (marks_.empty()) {
      Fail("there is no mark");
      return {};
    }
    std::vector<const PickleValue*> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  std::vector<const PickleValue*> PopSome(size_t count) {
    std::vector<const PickleValue*> items(count);
    for (size_t i = count; i > 0; --i) items[i - 1] = Pop();
    return items;
  }

  // ---- The memo.

  void Memoize(uint64_t index) {
    if (index >= static_cast<uint64_t>(kPickleMaxMemo)) {
      Limit("memo entries", kPickleMaxMemo);
      return;
    }
    PickleValue* const top = Top();
    if (!status_.ok()) return;
    if (index >= memo_.size()) memo_.resize(index + 1);
    if (memo_[index] == nullptr) ++memoized_;
    memo_[index] = top;
  }

  void Recall(uint64_t index) {
    if (index >= memo_.size() || memo_[index] == nullptr) {
      Fail("it recalls a value that it has not memoized");
      return;
    }
    Push(memo_[index]);
  }

  // ---- Operations with more than a line.

  void PushLong() {
    const absl::string_view digits = Take(TakeByte());
    if (digits.size() > kMaxIntBytes) return PushText(Kind::kLong, digits);
    uint64_t number = 0;
    for (size_t i = digits.size(); i > 0; --i) number = number << 8 | static_cast<uint8_t>(digits[i - 1]);
    const size_t bits = 8 * digits.size();
    if (bits > 0 && bits < 64 && (number >> (bits - 1) & 1) != 0) number |= ~uint64_t{0} << bits;
    PushInt(static_cast<int64_t>(number));
  }

  void PushReal() {
    const absl::string_view digits = Take(8);  // big-endian
    uint64_t bits = 0;
    for (const char c : digits) bits = bits << 8 | static_cast<uint8_t>(c);
    PickleValue* const value = New(Kind::kReal);
    std::memcpy(&value->real, &bits, sizeof bits);
    Push(value);
  }

  void PushItems(Kind kind, std::vector<const PickleValue*> items) {
    PickleValue* const value = New(kind);
    value->items = std::move(items);
    Push(value);
  }

  void PushGlobal(absl::string_view module, absl::string_view name) {
    if (!status_.ok()) return;
    if (static_cast<int64_t>(std::max(module.size(), name.size())) > kPickleMaxGlobalBytes) {
      Limit("bytes in the name of a global", kPickleMaxGlobalBytes);
      return;
    }
    std::string global = absl::StrCat(module, " ", name);
    const bool allowed = globals_.contains(global) ||
                         std::any_of(options_.global_prefixes.begin(), options_.global_prefixes.end(),
                                     [&global](absl::string_view prefix) { return absl::StartsWith(global, prefix); });
    if (!allowed) {
      return Refuse(absl::StrCat("wants ", QuotedName(absl::StrCat(module, ".", name)),
                                 ", which is not one of the names that files of weights need"));
    }
    PickleValue* const value = New(Kind::kGlobal);
    value->global = Interned(std::move(global));
    Push(value);
  }

  // One copy of each name, however often the pickle uses it.
  absl::string_view Interned(std::string name) {
    const auto found = interned_.find(name);
    if (found != interned_.end()) return *found;
    return *interned_.insert(pickle_.texts_->emplace_back(std::move(name))).first;
  }

  void PushStackGlobal() {
    const PickleValue* const name = Pop();
    const PickleValue* const module = Pop();
    if (name->kind != Kind::kText || module->kind != Kind::kText) return Fail("a global has a name that is no text");
    PushGlobal(module->text, name->text);
  }

  // Protocol 2 has no bytes: it writes them as _codecs.encode(text, "latin1").
  bool PushEncodedBytes(const PickleValue& args) {
    if (args.items.size() != 2 || args.items[0]->kind != Kind::kText || args.items[1]->kind != Kind::kText ||
        args.items[1]->text != "latin1") {
      return false;
    }
    // The same text could be decoded any number of times.
    decoded_bytes_ += args.items[0]->text.size();
    if (decoded_bytes_ > bytes_.size()) {
      Fail("it decodes a text twice");
      return true;
    }
    std::optional<std::string> bytes = FromLatin1(args.items[0]->text);
    if (!bytes) {
      Fail("a text with bytes has a character beyond 255");
      return true;
    }
    PushText(Kind::kBytes, pickle_.texts_->emplace_back(*std::move(bytes)));
    return true;
  }

  void Call() {
    const PickleValue* const args = Pop();
    const PickleValue* const callee = Pop();
    if (callee->kind != Kind::kGlobal)
      return Fail(absl::StrCat("it calls a value of the kind ", KindName(callee->kind)));
    if (args->kind != Kind::kTuple) return Fail("the arguments of a call are no tuple");
    if (callee->global == "_codecs encode" && PushEncodedBytes(*args)) return;
    PickleValue* const call = New(Kind::kCall);
    call->global = callee->global;
    call->args = args;
    Push(call);
  }

  void Build() {
    const PickleValue* const state = Pop();
    PickleValue* const target = Top();
    if (target->kind != Kind::kCall)
      return Fail(absl::StrCat("a value of the kind ", KindName(target->kind), " gets a state"));
    if (target->state != nullptr) return Fail("an object gets two states");
    target->state = state;
  }

  void Append(const std::vector<const PickleValue*>& items) {
    PickleValue* const list = Top();
    if (list->kind != Kind::kList) return Fail(absl::StrCat("items for a value of the kind ", KindName(list->kind)));
    list->items.insert(list->items.end(), items.begin(), items.end());
  }

  void AddToSet(const std::vector<const PickleValue*>& items) {
    PickleValue* const set = Top();
    if (set->kind != Kind::kSet) return Fail(absl::StrCat("items for a value of the kind ", KindName(set->kind)));
    set->items.insert(set->items.end(), items.begin(), items.end());
  }

  void SetItems(const std::vector<const PickleValue*>& items) {
    PickleValue* const map = Top();
    if (map->kind != Kind::kDict && map->kind != Kind::kCall) {
      return Fail(absl::StrCat("keys for a value of the kind ", KindName(map->kind)));
    }
    if (items.size() % 2 != 0) return Fail("a key has no value");
    map->items.insert(map->items.end(), items.begin(), items.end());
  }

  void Refer() {
    if (!options_.allow_persistent) return Refuse("refers to data outside of it");
    PickleValue* const value = New(Kind::kPersistent);
    value->args = Pop();
    pickle_.persistent_.push_back(value);
    Push(value);
  }

  void Start() {
    const uint8_t protocol = TakeByte();
    if (protocol < kMinProtocol || protocol > kMaxProtocol) {
      return Refuse(absl::StrCat("is of protocol ", protocol, ", not 2 to 5"));
    }
    if (operation_at_ != 0) Fail("a second beginning");
  }

  void Stop() {
    const PickleValue* const root = Pop();
    if (!stack_.empty() || !marks_.empty()) return Fail("values are left at its end");
    pickle_.root_ = root;
    stopped_ = true;
  }

  void Mark() {
    if (static_cast<int64_t>(marks_.size()) == kPickleMaxMarks) {
      Limit("marks inside each other", kPickleMaxMarks);
      return;
    }
    marks_.push_back(stack_.size());
  }

  void Execute(uint8_t code) {
    switch (static_cast<PickleOp>(code)) {
      case PickleOp::kProto: return Start();
      case PickleOp::kFrame:
        if (TakeNumber(8) > Left()) Fail("a frame reaches beyond its end");
        return;
      case PickleOp::kStop: return Stop();
      case PickleOp::kMark: return Mark();
      case PickleOp::kNone: return Push(New(Kind::kNone));
      case PickleOp::kNewTrue: return PushBool(true);
      case PickleOp::kNewFalse: return PushBool(false);
      case PickleOp::kBinInt1: return PushInt(TakeByte());
      case PickleOp::kBinInt2: return PushInt(static_cast<int64_t>(TakeNumber(2)));
      case PickleOp::kBinInt: return PushInt(static_cast<int32_t>(TakeNumber(4)));
      case PickleOp::kLong1: return PushLong();
      case PickleOp::kBinFloat: return PushReal();
      case PickleOp::kShortBinUnicode: return PushText(Kind::kText, TakeText(1));
      case PickleOp::kBinUnicode: return PushText(Kind::kText, TakeText(4));
      // Texts and bytes are the same in Python 2, in which these operations were written.
      case PickleOp::kShortBinString: return PushText(Kind::kText, Take(TakeByte()));
      case PickleOp::kBinString: return PushText(Kind::kText, Take(TakeNumber(4)));
      case PickleOp::kShortBinBytes: return PushText(Kind::kBytes, Take(TakeByte()));
      case PickleOp::kBinBytes: return PushText(Kind::kBytes, Take(TakeNumber(4)));
      case PickleOp::kByteArray8: return PushText(Kind::kBytes, Take(TakeNumber(8)));
      case PickleOp::kEmptyDict: return Push(New(Kind::kDict));
      case PickleOp::kEmptyList: return Push(New(Kind::kList));
      case PickleOp::kEmptyTuple: return Push(New(Kind::kTuple));
      case PickleOp::kEmptySet: return Push(New(Kind::kSet));
      case PickleOp::kTuple: return PushItems(Kind::kTuple, PopToMark());
      case PickleOp::kTuple1: return PushItems(Kind::kTuple, PopSome(1));
      case PickleOp::kTuple2: return PushItems(Kind::kTuple, PopSome(2));
      case PickleOp::kTuple3: return PushItems(Kind::kTuple, PopSome(3));
      case PickleOp::kAppend: return Append(PopSome(1));
      case PickleOp::kAppends: return Append(PopToMark());
      case PickleOp::kAddItems: return AddToSet(PopToMark());
      case PickleOp::kSetItem: return SetItems(PopSome(2));
      case PickleOp::kSetItems: return SetItems(PopToMark());
      case PickleOp::kBinPut: return Memoize(TakeByte());
      case PickleOp::kLongBinPut: return Memoize(TakeNumber(4));
      case PickleOp::kMemoize: return Memoize(memoized_);
      case PickleOp::kBinGet: return Recall(TakeByte());
      case PickleOp::kLongBinGet: return Recall(TakeNumber(4));
      case PickleOp::kGlobal: {
        const absl::string_view module = TakeLine();
        return PushGlobal(module, TakeLine());
      }
      case PickleOp::kStackGlobal: return PushStackGlobal();
      case PickleOp::kReduce:
      case PickleOp::kNewObj: return Call();
      case PickleOp::kBuild: return Build();
      case PickleOp::kBinPersId: return Refer();
      default:
        return Refuse(absl::StrCat("uses the operation ", PickleOpName(code), ", which no file of weights needs"));
    }
  }

  const absl::string_view bytes_;
  const PickleOptions& options_;
  const absl::flat_hash_set<absl::string_view> globals_;
  absl::flat_hash_set<absl::string_view> interned_;
  size_t at_ = 0, operation_at_ = 0;
  bool stopped_ = false;
  absl::Status status_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::vector<PickleValue*> memo_;
  uint64_t memoized_ = 0;
  uint64_t decoded_bytes_ = 0;
  Pickle pickle_;
};

absl::StatusOr<Pickle> Pickle::Parse(absl::string_view bytes, const PickleOptions& options) {
  return PickleMachine(bytes, options).Run();
}

}  // namespace sg::io
