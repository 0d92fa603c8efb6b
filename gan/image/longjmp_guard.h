// The one place where libpng and libjpeg may longjmp to.
//
//   if (!RunGuarded(reader.jump, [&] { png_read_info(png, info); })) return error;
//
// `body` must neither create nor call anything with a non-trivial destructor: a longjmp out of it runs none. Its
// results go into objects of the caller.
#ifndef GAN_IMAGE_LONGJMP_GUARD_H_
#define GAN_IMAGE_LONGJMP_GUARD_H_

#include <csetjmp>

namespace sg::gan {

// False when `body` was left by a longjmp to `jump`. Never inlined: the caller's locals stay out of setjmp's frame, so
// that none of them is in a register that the jump restores.
template <class Body>
__attribute__((noinline)) bool RunGuarded(std::jmp_buf& jump, Body&& body) {
  if (setjmp(jump) != 0) {
    // GCC's interprocedural passes do not see that `body` has run on this path, and would let the caller keep old
    // values of what it refers to (seen with GCC 12).
    asm volatile("" : : "r"(&body) : "memory");
    return false;
  }
  body();
  return true;
}

}  // namespace sg::gan

#endif  // GAN_IMAGE_LONGJMP_GUARD_H_
