// Detects data races inside one launch: two threads use the same bytes, one of them writes, and no __syncthreads of
// their block lies between. Threads run one after another here, so the results would often not show a race.
#ifndef TESTS_FAKE_CUDA_STAND_IN_RACE_H_
#define TESTS_FAKE_CUDA_STAND_IN_RACE_H_

#include <cstdint>

namespace fake_cuda {

// The running thread. Threads of a launch are numbered from 1, block after block.
struct RaceThread {
  uint32_t id = 0;
  uint32_t block_begin = 0, block_end = 0;  // the ids of its block
  uint16_t barriers = 0;                    // that the block has passed

  bool InBlock(uint32_t other) const { return block_begin <= other && other < block_end; }
};

// The threads that used two neighboring bytes in this launch.
struct RaceWord {
  enum Readers : uint8_t { kOne, kOneBlock, kManyBlocks };

  uint32_t writer = 0, reader = 0;  // 0: none
  uint16_t write_barriers = 0, read_barriers = 0;
  Readers readers = kOne;

  // Both return the thread that `thread` races with, or 0.
  uint32_t Read(const RaceThread& thread) {
    if (Unordered(thread, writer, write_barriers)) return writer;
    if (reader == 0 || (readers != kManyBlocks && thread.InBlock(reader) && read_barriers < thread.barriers)) {
      reader = thread.id;
      readers = kOne;
    } else if (!thread.InBlock(reader)) {
      readers = kManyBlocks;
    } else if (reader != thread.id && readers == kOne) {
      readers = kOneBlock;
    }
    read_barriers = thread.barriers;
    return 0;
  }

  uint32_t Write(const RaceThread& thread) {
    if (Unordered(thread, writer, write_barriers)) return writer;
    if (reader != 0) {
      const bool alone = readers == kOne && reader == thread.id;
      const bool ordered = readers != kManyBlocks && thread.InBlock(reader) && read_barriers < thread.barriers;
      if (!alone && !ordered) return reader;
    }
    writer = thread.id;
    write_barriers = thread.barriers;
    reader = 0;
    readers = kOne;
    return 0;
  }

 private:
  static bool Unordered(const RaceThread& thread, uint32_t other, uint16_t other_barriers) {
    return other != 0 && other != thread.id && !(thread.InBlock(other) && other_barriers < thread.barriers);
  }
};

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_RACE_H_
