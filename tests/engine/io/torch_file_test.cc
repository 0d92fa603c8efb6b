#include "engine/io/torch_file.h"

#include <ctime>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_pickle.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class TorchFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<TorchFile>> Open(const std::string& bytes,
                                                  const std::vector<absl::string_view>& globals = {}) {
    return TorchFile::Open(dir_.Write("file", bytes), globals);
  }

  // The error of opening the file and reading the tensor "w" in it. Every refusal comes at once.
  std::string ErrorOf(const std::string& bytes) {
    const std::clock_t start = std::clock();
    const absl::Status status = Read(bytes).status();
    [[maybe_unused]] const double seconds =
        static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;  // of processor time
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(seconds, 0.1);
#endif
    if (status.ok()) return "it was accepted";
    EXPECT_THAT(std::string(status.message()), StartsWith(dir_.File("file")));
    return std::string(status.message());
  }

  absl::StatusOr<std::vector<float>> Read(const std::string& bytes) {
    const absl::StatusOr<std::unique_ptr<TorchFile>> file = Open(bytes);
    if (!file.ok()) return file.status();
    const PickleValue* const value = FindItem((*file)->root(), "w");
    if (value == nullptr) return (*file)->Error(absl::StatusCode::kNotFound, "there is no w");
    const absl::StatusOr<PickledArray> array = (*file)->Array(*value);
    if (!array.ok()) return array.status();
    return (*file)->ReadFloats(*array);
  }

  nn::ScratchDir dir_;
};

std::string DictOf(const std::string& tensor) { return RawDict({{"w", tensor}}); }

TEST_F(TorchFileTest, ReadsATensorFromEveryContainer) {
  const std::string matrix = DictOf(RawTensor("0", 1, {2, 2}, {1, 2}, 5));
  const RawStorages storages = {{"0", Floats({0, 1, 2, 3, 4})}};
  const std::string nested = RawCall(RawGlobal("torch._utils", "_rebuild_tensor_v2"),
                                     {RawNestedStorage(MakeLegacyTorch(RawStorageId("0", 5), storages)), RawInt(1),
                                      RawTuple({RawInt(2), RawInt(2)}), RawTuple({RawInt(1), RawInt(2)}), "\x89", "N"});
  struct Case {
    std::string bytes;
    WeightFileKind kind;
  };
  for (const Case& c : {Case{MakeTorchZip(matrix, storages), WeightFileKind::kZip},
                        {MakeLegacyTorch(matrix, storages), WeightFileKind::kLegacyTorch},
                        {MakePickle(DictOf(nested), 4), WeightFileKind::kPickle}}) {
    EXPECT_THAT(*Read(c.bytes), ElementsAre(1, 3, 2, 4));
    EXPECT_EQ((*Open(c.bytes))->kind(), c.kind);
  }
}

TEST_F(TorchFileTest, AParameterIsItsTensor) {
  const std::string parameter =
      RawCall(RawGlobal("torch._utils", "_rebuild_parameter"), {RawTensor("0", 0, {2}, {1}, 2), "\x88", "N"});
  EXPECT_THAT(*Read(MakeTorchZip(DictOf(parameter), {{"0", Floats({5, 6})}})), ElementsAre(5, 6));
}

TEST_F(TorchFileTest, TensorsMayShareAStorage) {
  const std::string object = RawDict({{"a", RawTensor("0", 0, {2}, {1}, 4)}, {"b", RawTensor("0", 2, {2}, {1}, 4)}});
  const absl::StatusOr<std::unique_ptr<TorchFile>> file = Open(MakeTorchZip(object, {{"0", Floats({1, 2, 3, 4})}}));
  ASSERT_TRUE(file.ok()) << file.status();
  for (int i = 0; i < 3; ++i) {  // the storage is unpacked once
    EXPECT_THAT(*(*file)->ReadFloats(*(*file)->Array(*FindItem((*file)->root(), "a"))), ElementsAre(1, 2));
    EXPECT_THAT(*(*file)->ReadFloats(*(*file)->Array(*FindItem((*file)->root(), "b"))), ElementsAre(3, 4));
  }
}

TEST_F(TorchFileTest, CallersNamesBecomeRecords) {
  const std::string object = RawCall(RawGlobal("argparse", "Namespace"), {}) + RawDict({{"size", RawInt(64)}}) + "b";
  EXPECT_THAT(ErrorOf(MakeTorchZip(object, {})), HasSubstr("argparse.Namespace"));
  const absl::StatusOr<std::unique_ptr<TorchFile>> file = Open(MakeTorchZip(object, {}), {"argparse Namespace"});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(FindItem(*(*file)->root().state, "size")->integer, 64);
}

TEST_F(TorchFileTest, OfTorchScriptOnlyTheDataIsRead) {
  RawZipEntry constants, code;
  constants.name = "archive/constants.pkl";
  code.name = "archive/code/__torch__.py";
  code.data = "import os";
  const std::string module = RawGlobal("__torch__", "Net") + ")\x81" + DictOf(RawTensor("0", 0, {1}, {1}, 1)) + "b";
  EXPECT_THAT(ErrorOf(MakeTorchZip(module, {{"0", Floats({7})}})), HasSubstr("__torch__.Net"));
  for (const char* package : {"__torch__", "__torch__.torch.nn"}) {
    const std::string object = RawGlobal(package, "Net") + ")\x81" + DictOf(RawTensor("0", 0, {1}, {1}, 1)) + "b";
    const absl::StatusOr<std::unique_ptr<TorchFile>> file =
        Open(MakeTorchZip(object, {{"0", Floats({7})}}, {constants, code}));
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE((*file)->is_torch_script());
    EXPECT_THAT(*(*file)->ReadFloats(*(*file)->Array(*FindItem(*(*file)->root().state, "w"))), ElementsAre(7));
  }
}

TEST_F(TorchFileTest, HostileTensors) {
  const RawStorages storages = {{"0", Floats({1, 2, 3, 4})}};
  const auto zip = [&storages](const std::string& tensor) { return MakeTorchZip(DictOf(tensor), storages); };
  const std::string rebuild = RawGlobal("torch._utils", "_rebuild_tensor_v2");
  struct Case {
    std::string tensor, error;
  };
  for (const Case& c :
       {Case{RawTensor("0", 0, {5}, {1}, 4), "reaches beyond its storage"},
        {RawTensor("0", 1, {4}, {1}, 4), "reaches beyond its storage"},
        {RawTensor("0", -1, {2}, {1}, 4), "reaches beyond its storage"},
        {RawTensor("0", 0, {2}, {4}, 4), "reaches beyond its storage"},
        {RawTensor("0", 0, {2, 3}, {3, 1}, 4), "reaches beyond its storage"},
        {RawTensor("0", 0, {1 << 30, 1 << 30, 1 << 30}, {0, 0, 0}, 4), "reaches beyond its storage"},
        {RawTensor("0", 0, {1000}, {0}, 4), "reaches beyond its storage"},  // expand() of a bomb
        {RawTensor("0", 0, {INT64_MAX}, {INT64_MAX}, 4), "reaches beyond its storage"},
        {RawTensor("0", 0, {-2}, {1}, 4), "a dimension is no count"},
        {RawTensor("0", 0, {2}, {-1}, 4), "a dimension is no count"},
        {RawTensor("0", 0, {2, 2}, {1}, 4), "more dimensions than strides"},
        {RawTensor("0", 0, {1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1}, 4), "7 dimensions"},
        {RawTensor("0", 0, {5}, {1}, 5), "has 16 bytes"},  // the storage is shorter than it says
        {RawTensor("0", 0, {3}, {1}, 3), "has 16 bytes"},  // and longer
        {RawTensor("0", 0, {2}, {1}, 2, "DoubleStorage"), "it was accepted"},
        {RawTensor("0", 0, {4}, {1}, 4, "DoubleStorage"), "has 16 bytes"},
        {RawTensor("0", 0, {4}, {1}, 4, "IntStorage"), "floats were expected"},
        {RawTensor("0", 0, {4}, {1}, int64_t{1} << 62), "a storage of"},
        {RawTensor("1", 0, {4}, {1}, 4), "lacks the storage"},
        {RawTensor("../0", 0, {4}, {1}, 4), "lacks the storage"},
        {RawCall(rebuild, {}), "lacks its storage"},
        {RawCall(rebuild, {RawStorageId("0", 4), RawText("0"), RawTuple({}), RawTuple({})}), "lacks its storage"},
        {RawCall(rebuild, {RawInt(3), RawInt(0), RawTuple({}), RawTuple({})}), "no tuple of five"},
        {RawCall(rebuild, {RawStorageId("0", 4), RawInt(0), RawList({}), RawTuple({})}), "a shape is no tuple"},
        {RawCall(RawGlobal("torch._utils", "_rebuild_parameter"), {}), "a parameter has no tensor"},
        {RawCall(RawGlobal("torch._utils", "_rebuild_parameter"), {RawInt(1)}), "no NumPy array"},
        {RawInt(1), "no NumPy array"},
        {RawCall(RawGlobal("torch._utils", "_rebuild_tensor"), {}), "torch._utils._rebuild_tensor"},
        {RawCall(RawGlobal("torch._utils", "_rebuild_sparse_tensor"), {}), "_rebuild_sparse_tensor"},
        {RawCall(RawGlobal("torch", "UntypedStorage"), {}), "torch.UntypedStorage"}}) {
    EXPECT_THAT(ErrorOf(zip(c.tensor)), HasSubstr(c.error));
  }
}

TEST_F(TorchFileTest, HostileNestedStorages) {
  const auto pickle = [](const std::string& storage) {
    return MakePickle(DictOf(RawCall(RawGlobal("torch._utils", "_rebuild_tensor_v2"),
                                     {storage, RawInt(0), RawTuple({RawInt(1)}), RawTuple({RawInt(1)}), "\x89", "N"})));
  };
  const std::string id = RawStorageId("0", 1);
  EXPECT_THAT(*Read(pickle(RawNestedStorage(MakeLegacyTorch(id, {{"0", Floats({3})}})))), ElementsAre(3));
  EXPECT_THAT(ErrorOf(pickle(RawNestedStorage("junk"))), HasSubstr("not a pickle"));
  EXPECT_THAT(ErrorOf(pickle(RawNestedStorage(MakeTorchZip(id, {})))), HasSubstr("not a pickle"));
  EXPECT_THAT(ErrorOf(pickle(RawNestedStorage(MakeLegacyTorch(RawTuple({id}), {{"0", Floats({3})}})))),
              HasSubstr("are not one storage"));
  EXPECT_THAT(ErrorOf(pickle(RawNestedStorage(
                  MakeLegacyTorch(RawTuple({id, RawStorageId("1", 1)}), {{"0", Floats({3})}, {"1", Floats({3})}})))),
              HasSubstr("are not one storage"));
  EXPECT_THAT(ErrorOf(pickle(RawCall(RawGlobal("torch.storage", "_load_from_bytes"), {RawText("x")}))),
              HasSubstr("not given as bytes"));
  EXPECT_THAT(ErrorOf(pickle(RawCall(RawGlobal("torch.storage", "_load_from_bytes"), {}))),
              HasSubstr("not given as bytes"));
  // A storage that is a file that has a storage that is a file ...
  const std::string again = RawNestedStorage(RawNestedStorage(MakeLegacyTorch(id, {{"0", Floats({3})}})));
  EXPECT_THAT(ErrorOf(pickle(again)), HasSubstr("not a pickle"));
  const std::string attack = MakeLegacyTorch(RawCall(RawGlobal("os", "system"), {RawText("id")}), {});
  EXPECT_THAT(ErrorOf(pickle(RawNestedStorage(attack))), HasSubstr("wants \"os.system\""));
}

RawZipEntry Entry(const std::string& name, const std::string& data) {
  RawZipEntry entry;
  entry.name = name;
  entry.data = data;
  return entry;
}

TEST_F(TorchFileTest, HostileArchives) {
  const std::string object = DictOf(RawTensor("0", 0, {1}, {1}, 1));
  const RawZipEntry data = Entry("a/data.pkl", MakePickle(object)), storage = Entry("a/data/0", Floats({1}));
  EXPECT_THAT(*Read(MakeRawZip({data, storage})), ElementsAre(1));
  EXPECT_THAT(ErrorOf(MakeRawZip({storage})), HasSubstr("no data.pkl"));
  EXPECT_THAT(ErrorOf(MakeRawZip({Entry("data.pkl", MakePickle(object)), storage})), HasSubstr("no data.pkl"));
  EXPECT_THAT(ErrorOf(MakeRawZip({data, Entry("b/data.pkl", MakePickle(object)), storage})), HasSubstr("two files"));
  EXPECT_THAT(ErrorOf(MakeRawZip({data, storage, storage})), HasSubstr("twice"));
  EXPECT_THAT(ErrorOf(MakeRawZip({data, Entry("b/data/0", Floats({1}))})), HasSubstr("lacks the storage"));
  EXPECT_THAT(ErrorOf(MakeRawZip({Entry("a/data.pkl", MakePickle(object) + "x"), storage})), HasSubstr("bytes follow"));
  EXPECT_THAT(ErrorOf(MakeRawZip({data, storage, Entry("a/byteorder", "big")})), HasSubstr("big-endian"));
  EXPECT_THAT(*Read(MakeRawZip({data, storage, Entry("a/byteorder", "little")})), ElementsAre(1));
  RawZipEntry link = storage;
  link.mode = 0120777;
  EXPECT_THAT(ErrorOf(MakeRawZip({data, link})), HasSubstr("lacks the storage"));
  RawZipEntry claimed = storage;
  claimed.size = int64_t{3} << 30;
  EXPECT_THAT(ErrorOf(MakeRawZip({data, claimed})), HasSubstr("bytes, more than"));
  RawZipSpec spec;
  spec.prefix = "MZ this program ...";
  EXPECT_THAT(ErrorOf(MakeRawZip({data, storage}, spec)), HasSubstr("no file of weights"));
  const std::string whole = MakeRawZip({data, storage});
  for (size_t length = 0; length < whole.size(); ++length) EXPECT_FALSE(Read(whole.substr(0, length)).ok()) << length;
}

TEST_F(TorchFileTest, AllEntriesTogetherAreNoLargerThanTheFile) {
  // Deflated zeros, a thousand to one: 0x78-less raw deflate of 64 KiB of zeros would do; a claim of the size is enough
  // to be refused before anything is unpacked.
  const std::string object = DictOf(RawTensor("0", 0, {1 << 20}, {1}, 1 << 20));
  RawZipEntry packed = Entry("a/data/0", std::string(5000, '\0'));
  packed.method = 8;
  packed.size = 4 << 20;
  EXPECT_THAT(ErrorOf(MakeRawZip({Entry("a/data.pkl", MakePickle(object)), packed})), HasSubstr("bytes, more than"));
}

TEST_F(TorchFileTest, BytesBehindAPickleAreRefused) {
  EXPECT_THAT(ErrorOf(MakePickle(RawDict({})) + MakePickle("N")), HasSubstr("bytes follow its pickle"));
}

TEST_F(TorchFileTest, SafetensorsAreAnothersAffair) {
  EXPECT_THAT(ErrorOf(RawNumber(2, 8) + "{}"), HasSubstr("safetensors"));
}

}  // namespace
}  // namespace sg::io
