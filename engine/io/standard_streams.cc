#include "engine/io/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace sg::io {

void OpenStandardStreams() {
  constexpr int kLast = 2;
  int fd;
  do {
    fd = open("/dev/null", O_RDWR);  // takes the lowest number that is free
  } while (fd >= 0 && fd <= kLast);
  if (fd >= 0) close(fd);
}

}  // namespace sg::io
