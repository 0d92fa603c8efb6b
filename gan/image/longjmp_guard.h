// The only place to which libpng and libjpeg may longjmp.
//
//   if (!RunGuarded(reader.jump, [&] { png_read_info(png, info); })) return error;
//
// `body` must neither create nor call anything with a non-trivial destructor, because a longjmp out of it runs no
// destructors. It must store its results in objects of the caller.
#ifndef GAN_IMAGE_LONGJMP_GUARD_H_
#define GAN_IMAGE_LONGJMP_GUARD_H_

#include <csetjmp>

namespace sg::gan {

// Returns false if a longjmp to `jump` ended `body`. Never inlined, which keeps the caller's locals out of setjmp's
// frame: the jump could otherwise restore old values of those that are in registers.
template <class Body>
__attribute__((noinline)) bool RunGuarded(std::jmp_buf& jump, Body&& body) {
  if (setjmp(jump) != 0) {
    // GCC's interprocedural passes do not see that `body` has run on this path. Without this barrier the caller could
    // keep old values of the objects that `body` refers to (seen with GCC 12).
    asm volatile("" : : "r"(&body) : "memory");
    return false;
  }
  body();
  return true;
}

}  // namespace sg::gan

#endif  // GAN_IMAGE_LONGJMP_GUARD_H_
