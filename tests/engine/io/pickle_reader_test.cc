#include "engine/io/pickle_reader.h"

#include <sys/resource.h>

#include <ctime>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_pickle.h"

namespace sg::io {
namespace {

using testing::HasSubstr;

PickleOptions Allowing(std::vector<absl::string_view> globals) {
  PickleOptions options;
  options.globals = std::move(globals);
  return options;
}

absl::StatusOr<Pickle> Parse(const std::string& bytes, const PickleOptions& options) {
  return Pickle::Parse(bytes, options);
}

std::string ErrorOf(const std::string& bytes, const PickleOptions& options = {}) {
  const absl::StatusOr<Pickle> pickle = Parse(bytes, options);
  return pickle.ok() ? "it was accepted" : std::string(pickle.status().message());
}

std::string Repeated(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

// pickle.dumps({"a": [1, -2, 70000, True, None, 1.5], "b": (b"xy", "z"), "c": 2**40}, protocol), by Python 3.11.
const std::string& ByPython(int protocol) {
  static constexpr char kTwo[] =
      "\200\002}q\000(X\001\000\000\000aq\001]q\002(K\001J\376\377\377\377Jp\021\001\000\210NG\077\370"
      "\000\000\000\000\000\000eX\001\000\000\000bq\003c_codecs\nencode\nq\004X\002\000\000\000xyq\005X"
      "\006\000\000\000latin1q\006\206q\007Rq\010X\001\000\000\000zq\011\206q\nX\001\000\000\000cq\013"
      "\212\006\000\000\000\000\000\001u.";
  static constexpr char kFour[] =
      "\200\004\225\077\000\000\000\000\000\000\000}\224(\214\001a\224]\224(K\001J\376\377\377\377Jp"
      "\021\001\000\210NG\077\370\000\000\000\000\000\000e\214\001b\224C\002xy\224\214\001z\224\206\224"
      "\214\001c\224\212\006\000\000\000\000\000\001u.";
  static const std::string two(kTwo, sizeof kTwo - 1), four(kFour, sizeof kFour - 1);
  return protocol == 2 ? two : four;
}

TEST(PickleReader, ReadsWhatPythonWrites) {
  for (const int protocol : {2, 4}) {
    const std::string bytes = ByPython(protocol) + "more";
    const absl::StatusOr<Pickle> pickle = Parse(bytes, Allowing({"_codecs encode"}));
    ASSERT_TRUE(pickle.ok()) << protocol << ": " << pickle.status();
    EXPECT_EQ(pickle->size(), static_cast<int64_t>(bytes.size() - 4));
    const PickleValue& root = pickle->root();
    ASSERT_EQ(root.kind, PickleKind::kDict);
    const std::vector<const PickleValue*>& a = FindItem(root, "a")->items;
    ASSERT_EQ(a.size(), 6u);
    EXPECT_EQ(a[0]->integer, 1);
    EXPECT_EQ(a[1]->integer, -2);
    EXPECT_EQ(a[2]->integer, 70000);
    EXPECT_TRUE(a[3]->boolean);
    EXPECT_EQ(a[4]->kind, PickleKind::kNone);
    EXPECT_EQ(a[5]->real, 1.5);
    const PickleValue* const b = FindItem(root, "b");
    ASSERT_EQ(b->kind, PickleKind::kTuple);
    EXPECT_EQ(b->items[0]->kind, PickleKind::kBytes);
    EXPECT_EQ(b->items[0]->text, "xy");
    EXPECT_EQ(b->items[1]->text, "z");
    EXPECT_EQ(FindItem(root, "c")->integer, int64_t{1} << 40);
  }
}

// In Python 2, texts and bytes are the same: any bytes, as texts here.
TEST(PickleReader, ReadsTextsOfPython2) {
  const std::string bytes = MakePickle(absl::StrCat("(U", RawNumber(3, 1), "a\xff", std::string(1, '\0'), "T",
                                                    RawNumber(2, 4), "bc", "U", RawNumber(0, 1), "t"));
  const absl::StatusOr<Pickle> pickle = Parse(bytes, {});
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  const std::vector<const PickleValue*>& items = pickle->root().items;
  ASSERT_EQ(items.size(), 3u);
  for (const PickleValue* item : items) EXPECT_EQ(item->kind, PickleKind::kText);
  EXPECT_EQ(items[0]->text, std::string("a\xff\0", 3));
  EXPECT_EQ(items[1]->text, "bc");
  EXPECT_EQ(items[2]->text, "");
  EXPECT_THAT(ErrorOf(MakePickle("U\x05"
                                 "abc")),
              HasSubstr("it ends too early"));
  EXPECT_THAT(ErrorOf(MakePickle("T\xff\xff\xff\xff"
                                 "abc")),
              HasSubstr("it ends too early"));
}

TEST(PickleReader, ACallIsARecordOfItsNameAndArguments) {
  // The item and the state come after the call, as for an OrderedDict with metadata.
  const std::string call = RawCall(RawGlobal("collections", "OrderedDict"), {}) + RawText("k") + RawInt(5) + "s" +
                           RawDict({{"x", RawInt(1)}}) + "b";
  const std::string bytes = MakePickle(call);
  const absl::StatusOr<Pickle> pickle = Parse(bytes, Allowing({"collections OrderedDict"}));
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  EXPECT_EQ(pickle->root().kind, PickleKind::kCall);
  EXPECT_EQ(pickle->root().global, "collections OrderedDict");
  EXPECT_TRUE(pickle->root().args->items.empty());
  EXPECT_EQ(FindItem(pickle->root(), "k")->integer, 5);
  EXPECT_EQ(FindItem(*pickle->root().state, "x")->integer, 1);
}

TEST(PickleReader, IntegersKeepTheirSign) {
  struct Case {
    std::string operation;
    int64_t want;
  };
  for (const Case& c : {Case{std::string("\x8a\0", 2), 0},
                        {"\x8a\1\x80", -128},
                        {"\x8a\1\x7f", 127},
                        {"K\xff", 255},
                        {"M\xff\xff", 65535},
                        {"J\xff\xff\xff\xff", -1},
                        {"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", INT64_MAX},
                        {std::string("\x8a\x08\0\0\0\0\0\0\0\x80", 10), INT64_MIN},
                        {"\x8a\2\xff\xff", -1}}) {
    const std::string bytes = MakePickle(c.operation);
    const absl::StatusOr<Pickle> pickle = Parse(bytes, {});
    ASSERT_TRUE(pickle.ok()) << pickle.status();
    EXPECT_EQ(pickle->root().integer, c.want);
  }
  const std::string nine = MakePickle(
      "\x8a\x09"
      "123456789");
  const absl::StatusOr<Pickle> pickle = Parse(nine, {});
  ASSERT_TRUE(pickle.ok());
  EXPECT_EQ(pickle->root().kind, PickleKind::kLong);
  EXPECT_EQ(pickle->root().text, "123456789");
}

TEST(PickleReader, BytesWrittenAsTextAreDecoded) {
  const auto encode = [](const std::string& text) {
    return MakePickle(RawCall(RawGlobal("_codecs", "encode"), {RawText(text), RawText("latin1")}));
  };
  const std::string bytes = encode("a\xc2\x80\xc3\xbf");
  const absl::StatusOr<Pickle> pickle = Parse(bytes, Allowing({"_codecs encode"}));
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  EXPECT_EQ(pickle->root().kind, PickleKind::kBytes);
  EXPECT_EQ(pickle->root().text, "a\x80\xff");
  for (const char* wrong : {"\xc4\x80", "\xc2", "\x80", "\xe2\x82\xac",
                            "\xc2"
                            "a"}) {
    EXPECT_THAT(ErrorOf(encode(wrong), Allowing({"_codecs encode"})), HasSubstr("beyond 255")) << wrong;
  }
}

TEST(PickleReader, PrefixesAndReferencesAreTheCallersChoice) {
  const std::string script = MakePickle(RawGlobal("__torch__.torch.nn", "Linear"));
  PickleOptions options;
  EXPECT_THAT(ErrorOf(script), HasSubstr("__torch__.torch.nn.Linear"));
  options.global_prefixes = {"__torch__."};
  EXPECT_TRUE(Parse(script, options).ok());
  const std::string reference = MakePickle(RawInt(1) + "Q");
  EXPECT_THAT(ErrorOf(reference), HasSubstr("refers to data outside of it"));
  options.allow_persistent = true;
  const absl::StatusOr<Pickle> pickle = Parse(reference, options);
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  ASSERT_EQ(pickle->persistent().size(), 1u);
  EXPECT_EQ(pickle->persistent()[0]->args->integer, 1);
}

// Each names a function that runs a program, opens a file, or hides one that does. The classes of attacks are those
// against torch.load and against scanners of pickles.
TEST(PickleReader, NoNameOutsideTheListIsTaken) {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"os", "system"},
      {"posix", "system"},
      {"nt", "system"},
      {"subprocess", "Popen"},
      {"subprocess", "check_output"},
      {"builtins", "eval"},
      {"builtins", "exec"},
      {"builtins", "getattr"},
      {"builtins", "open"},
      {"builtins", "__import__"},
      {"__builtin__", "eval"},
      {"importlib", "import_module"},
      {"runpy", "_run_code"},
      {"pickle", "loads"},
      {"_pickle", "loads"},
      {"marshal", "loads"},
      {"types", "FunctionType"},
      {"functools", "partial"},
      {"operator", "attrgetter"},
      {"operator", "methodcaller"},
      {"codecs", "decode"},
      {"socket", "create_connection"},
      {"webbrowser", "open"},
      {"shutil", "rmtree"},
      {"pip", "main"},
      {"pip._internal.cli.main", "main"},
      {"timeit", "timeit"},
      {"asyncio.unix_events", "_UnixSubprocessTransport._start"},
      {"torch", "load"},
      {"torch.jit", "load"},
      {"torch.hub", "load"},
      {"torch.serialization", "load"},
      {"torch._dynamo.guards", "GuardBuilder.get"},
      {"torch.utils._config_module", "load_config"},
      {"torch.utils.collect_env", "run"},
      {"numpy", "load"},
      {"numpy.testing._private.utils", "runstring"},
      {"collections", "OrderedDict.__reduce__"},  // a dotted name reaches attributes
      {"collections.", "OrderedDict"},
      {"Collections", "OrderedDict"},
      {"collections", "OrderedDict "},
      {"", "OrderedDict"},
      {"dnnlib.tflib.network", "Network"},  // of weights, but not on this list
  };
  const PickleOptions options = Allowing({"collections OrderedDict", "_codecs encode"});
  for (const auto& [module, name] : names) {
    const std::string joined = module + "." + name;
    const std::string by_line = MakePickle(RawCall(RawGlobal(module, name), {RawText("touch hacked")}));
    EXPECT_THAT(ErrorOf(by_line, options), HasSubstr(absl::StrCat("wants \"", joined, "\""))) << joined;
    const std::string by_stack =
        MakePickle(RawText(module) + RawText(name) + "\x93" + RawTuple({RawText("touch hacked")}) + "\x81", 4);
    EXPECT_THAT(ErrorOf(by_stack, options), HasSubstr(absl::StrCat("wants \"", joined, "\""))) << joined;
  }
}

struct Hostile {
  std::string bytes, error;
};

// Every rule once. The bytes behind the protocol, without the final STOP where a case is about the end.
std::vector<Hostile> BrokenRules() {
  const auto in = [](const std::string& operations) { return MakePickle(operations, 4); };
  const std::string dict = RawGlobal("collections", "OrderedDict");
  std::vector<Hostile> cases = {
      {"", "not a pickle of protocol 2 to 5"},
      {"\x80", "not a pickle of protocol 2 to 5"},
      {"I1\n.", "not a pickle of protocol 2 to 5"},
      {"(lp0\n.", "not a pickle of protocol 2 to 5"},
      {"\x80\1N.", "protocol 1, not 2 to 5"},
      {"\x80\6N.", "protocol 6, not 2 to 5"},
      {"\x80\xffN.", "protocol 255"},
      {"\x80\4N\x80\4.", "a second beginning"},
      {"\x80\4", "ends too early"},
      {"\x80\4N", "ends too early"},
      {"\x80\4.", "the stack is empty"},
      {in("NN"), "values are left"},
      {in("(N"), "values are left"},
      {in("N("), "the stack is empty"},
      {in("t"), "there is no mark"},
      {in("]e"), "there is no mark"},
      {in("u"), "there is no mark"},
      {in("\x90"), "there is no mark"},
      {in("(e"), "the stack is empty"},
      {in("(Nu"), "the stack is empty"},
      {in("N\x86"), "the stack is empty"},
      {in("(N\x87t"), "the stack is empty"},
      {in("](Na"), "the stack is empty"},  // not below the mark
      {in("NNa"), "items for a value of the kind None"},
      {in("}Na"), "items for a value of the kind dict"},
      {in("](N\x90"), "items for a value of the kind list"},
      {in("]NNs"), "keys for a value of the kind list"},
      {in(")NNs"), "keys for a value of the kind tuple"},
      {in("}(Nu"), "a key has no value"},
      {in("NNb"), "a value of the kind None gets a state"},
      {in("}Nb"), "a value of the kind dict gets a state"},
      {in(dict + "Nb"), "a value of the kind global gets a state"},
      {in(dict + ")RNbNb"), "an object gets two states"},
      {in("N)R"), "it calls a value of the kind None"},
      {in(RawText("os.system") + ")R"), "it calls a value of the kind text"},
      {in(dict + ")R)R"), "it calls a value of the kind object"},
      {in(dict + "NR"), "the arguments of a call are no tuple"},
      {in(dict + "]\x81"), "the arguments of a call are no tuple"},
      {in("h\5"), "it has not memoized"},
      {in(std::string("Nq\1h\0", 5)), "it has not memoized"},
      {in("Nj\xff\xff\xff\xff"), "it has not memoized"},
      {in("Nr\xff\xff\xff\x7f"), "more than 262144 memo entries"},
      {in("\x94"), "the stack is empty"},
      {in(std::string("q\0", 2)), "the stack is empty"},
      {in("X\xff\xff\xff\xff"), "more than 67108864 bytes in one text"},
      {in("X\xff\xff\0"), "ends too early"},
      {in("\x8c\5ab"), "ends too early"},
      {in("B\xff\xff\xff\xff"), "ends too early"},
      {in("C\xff"), "ends too early"},
      {in("\x96\xff\xff\xff\xff\xff\xff\xff\xff"), "ends too early"},
      {in("J\1\2"), "ends too early"},
      {in("G\1\2"), "ends too early"},
      {in("\x8a\xff"), "ends too early"},
      {in("\x95\xff\xff\xff\xff\xff\xff\xff\xff"), "a frame reaches beyond its end"},
      {in("\x95\3"), "ends too early"},
      {in("ccollections"), "a name has no end"},
      {in("c" + std::string(1000, 'a') + "\nb\n"), "a name has no end"},
      {in(RawText(std::string(300, 'a')) + RawText("b") + "\x93"), "more than 256 bytes in the name of a global"},
      {in("NN\x93"), "a name that is no text"},
      {in(RawText("collections") + RawBytes("OrderedDict") + "\x93"), "a name that is no text"},
      {in("cos\nsystem\n"), "wants \"os.system\""},
      {in("c\x1b[2J\nx\n"), "wants \"\\x1b[2J.x\""},  // nothing that a terminal would obey
      {in(Repeated("(", 200)), "more than 128 marks"},
      {in("NQ"), "refers to data outside of it"},
  };
  const std::vector<std::pair<std::string, std::string>> operations = {
      {"0", "POP"},
      {"1", "POP_MARK"},
      {"2", "DUP"},
      {"F1\n", "FLOAT"},
      {"I1\n", "INT"},
      {"L1\n", "LONG"},
      {"Pa\n", "PERSID"},
      {"S'a'\n", "STRING"},
      {"Va\n", "UNICODE"},
      {"d", "DICT"},
      {"g0\n", "GET"},
      {"ios\nsystem\n", "INST"},
      {"l", "LIST"},
      {"o", "OBJ"},
      {"p0\n", "PUT"},
      {"\x82\1", "EXT1"},
      {"\x83\1\1", "EXT2"},
      {"\x84\1\1\1\1", "EXT4"},
      {"\x8b", "LONG4"},
      {"\x8d", "BINUNICODE8"},
      {"\x8e", "BINBYTES8"},
      {"(\x91", "FROZENSET"},
      {"\x92", "NEWOBJ_EX"},
      {"\x97", "NEXT_BUFFER"},
      {"\x98", "READONLY_BUFFER"},
      {"\xff", "number 255"},
      {std::string("\0", 1), "number 0"},
  };
  for (const auto& [operation, name] : operations) {
    cases.push_back({in(operation), absl::StrCat("uses the operation ", name, ", which no file of weights needs")});
  }
  return cases;
}

TEST(PickleReader, RefusesEveryBrokenRule) {
  const std::vector<Hostile> cases = BrokenRules();
  EXPECT_GE(cases.size(), 90u);
  for (const Hostile& c : cases) {
    const std::string error = ErrorOf(c.bytes, Allowing({"collections OrderedDict"}));
    EXPECT_THAT(error, HasSubstr(c.error)) << testing::PrintToString(c.bytes.substr(0, 60));
  }
}

// A few bytes for each that would take unbounded work or memory.
TEST(PickleReader, LimitsHoldBeforeMemoryIsTaken) {
  const std::string many = "\x80\4" + Repeated("]", 1 << 20);
  EXPECT_THAT(ErrorOf(many), HasSubstr("more than 262144 values"));
  const std::string recalls = std::string("\x80\4]q\0(", 6) + Repeated(std::string("h\0", 2), 1 << 20);
  EXPECT_THAT(ErrorOf(recalls), HasSubstr("more than 1048576 operations"));
  const std::string long_text = std::string(1000, 'a');
  const std::string bomb = "\x80\2(" + RawGlobal("_codecs", "encode") + std::string("q\0", 2) + RawText(long_text) +
                           "q\1" + RawText("latin1") + "q\2" + Repeated(std::string("h\0h\1h\2\x86R", 8), 1000) + "t.";
  EXPECT_THAT(ErrorOf(bomb, Allowing({"_codecs encode"})), HasSubstr("decodes a text twice"));
}

TEST(PickleReader, AMillionOperationsTakeFewBytesAndLittleTime) {
  // The most values, each in a list, that one pickle may have.
  const std::string bytes = "\x80\4](" + Repeated("N\x85", kPickleMaxValues / 2 - 2) + "e.";
  rusage before = {}, after = {};
  getrusage(RUSAGE_SELF, &before);
  const std::clock_t start = std::clock();
  const absl::StatusOr<Pickle> pickle = Parse(bytes, {});
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;  // of processor time
  getrusage(RUSAGE_SELF, &after);
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  EXPECT_LT(seconds, 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which multiply the memory
  EXPECT_LE((after.ru_maxrss - before.ru_maxrss) >> 10, 64) << "MiB";
#endif
}

TEST(PickleReader, ValuesMayContainThemselves) {
  const std::string bytes = MakePickle(std::string("]q\0h\0a", 6));
  const absl::StatusOr<Pickle> pickle = Parse(bytes, {});
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  EXPECT_EQ(pickle->root().items[0], &pickle->root());
}

TEST(PickleReader, EveryTruncationAndEveryChangedByteIsBorne) {
  const std::string whole = ByPython(4);
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(Parse(whole.substr(0, length), {}).ok()) << length;
  }
  for (size_t i = 0; i < whole.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = whole;
      changed[i] = static_cast<char>(value);
      (void)Parse(changed, Allowing({"_codecs encode"}));
    }
  }
}

}  // namespace
}  // namespace sg::io
