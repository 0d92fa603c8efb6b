#include "engine/tensor/storage.h"

#include <memory>

#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::internal {
namespace {

class StorageTest : public ::testing::TestWithParam<Device> {
 protected:
  Backend& backend() const { return BackendFor(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, StorageTest, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(StorageTest, HoldsOneBufferOfItsBackendForItsLife) {
  const MemoryStats before = backend().Stats();
  {
    const Storage storage(backend(), 1000);
    EXPECT_NE(storage.data(), nullptr);
    EXPECT_EQ(&storage.backend(), &backend());
    EXPECT_EQ(backend().Stats().live_buffers, before.live_buffers + 1);
    EXPECT_GE(backend().Stats().live_bytes, before.live_bytes + 1000);
  }
  EXPECT_EQ(backend().Stats().live_buffers, before.live_buffers);
  EXPECT_EQ(backend().Stats().live_bytes, before.live_bytes);
}

TEST_P(StorageTest, ReturnsTheBufferWithTheLastOwner) {
  const int64_t before = backend().Stats().live_buffers;
  auto first = std::make_shared<Storage>(backend(), 64);
  auto second = first;
  first.reset();
  EXPECT_EQ(backend().Stats().live_buffers, before + 1);
  second.reset();
  EXPECT_EQ(backend().Stats().live_buffers, before);
}

TEST_P(StorageTest, IdentifiesItsContents) {
  auto first = std::make_unique<Storage>(backend(), 64);
  const ContentId before = first->content();
  EXPECT_TRUE(before.known());
  first->RaiseVersion();
  EXPECT_EQ(first->version(), 1u);
  EXPECT_EQ(first->content().buffer, before.buffer);
  EXPECT_NE(first->content(), before);
  const ContentId last = first->content();
  first.reset();
  const Storage second(backend(), 64);  // may have the same address
  EXPECT_NE(second.content().buffer, last.buffer);
  EXPECT_FALSE(ContentId().known());
}

TEST_P(StorageTest, KeepsItsBytes) {
  const Storage storage(backend(), 5);
  backend().CopyFromHost(storage.data(), "abcd", 5);
  char read[5] = {};
  backend().CopyToHost(read, storage.data(), 5);
  EXPECT_STREQ(read, "abcd");
}

}  // namespace
}  // namespace sg::internal
