// The descriptors 0, 1 and 2.
#ifndef ENGINE_IO_STANDARD_STREAMS_H_
#define ENGINE_IO_STANDARD_STREAMS_H_

namespace sg::io {

// Opens /dev/null on each standard descriptor that is closed. Otherwise the next file that the process opens would take
// its number, and messages would be written into that file. Call it first in main.
void OpenStandardStreams();

}  // namespace sg::io

#endif  // ENGINE_IO_STANDARD_STREAMS_H_
