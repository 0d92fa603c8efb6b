#include "engine/io/pickle_operation.h"

#include "gtest/gtest.h"

namespace sg::io {
namespace {

TEST(PickleOperation, EveryOperationHasItsName) {
  EXPECT_EQ(PickleOpName(static_cast<uint8_t>(PickleOp::kStackGlobal)), "STACK_GLOBAL");
  EXPECT_EQ(PickleOpName(static_cast<uint8_t>(PickleOp::kMark)), "MARK");
  EXPECT_EQ(PickleOpName(0x92), "NEWOBJ_EX");
  EXPECT_EQ(PickleOpName('i'), "INST");
  EXPECT_EQ(PickleOpName(7), "number 7");
}

}  // namespace
}  // namespace sg::io
