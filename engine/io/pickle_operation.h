// The operations of Python's pickles that pickle_reader.h executes, and the names of all. Source: Python's pickletools.
//
//   PickleOpName(0x92);  // "NEWOBJ_EX"
#ifndef ENGINE_IO_PICKLE_OPERATION_H_
#define ENGINE_IO_PICKLE_OPERATION_H_

#include <cstdint>
#include <string>

namespace sg::io {

enum class PickleOp : uint8_t {
  kProto = 0x80,
  kFrame = 0x95,
  kStop = '.',
  kMark = '(',
  kNone = 'N',
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kBinInt = 'J',
  kLong1 = 0x8a,
  kBinFloat = 'G',
  kShortBinUnicode = 0x8c,
  kBinUnicode = 'X',
  kShortBinString = 'U',
  kBinString = 'T',
  kShortBinBytes = 'C',
  kBinBytes = 'B',
  kEmptyDict = '}',
  kEmptyList = ']',
  kEmptyTuple = ')',
  kEmptySet = 0x8f,
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kAppend = 'a',
  kAppends = 'e',
  kAddItems = 0x90,
  kSetItem = 's',
  kSetItems = 'u',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kMemoize = 0x94,
  kBinGet = 'h',
  kLongBinGet = 'j',
  kGlobal = 'c',
  kStackGlobal = 0x93,
  kReduce = 'R',
  kNewObj = 0x81,
  kBuild = 'b',
  kByteArray8 = 0x96,
  kBinPersId = 'Q',
};

// The name of any operation, also of those that are refused. "number 7" for a byte that is none.
std::string PickleOpName(uint8_t code);

}  // namespace sg::io

#endif  // ENGINE_IO_PICKLE_OPERATION_H_
