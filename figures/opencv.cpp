#include "hourglass/figures/opencv.h"

#include "hourglass/core/error.h"

#include <dlfcn.h>

namespace hourglass::figures {

#ifdef HOURGLASS_OPENCV_LIBRARY

namespace {

const OpenCv& load() {
  // Looked for where the program looks for its libraries. It stays loaded to the end. Most of
  // OpenCV is never called, so its functions are looked up as they are.
  void* library = ::dlopen(HOURGLASS_OPENCV_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  void* function = library == nullptr ? nullptr : ::dlsym(library, "hourglass_opencv");
  if (function == nullptr) {
    throw Error("pictures need the library that links OpenCV, which cannot be loaded: {}",
                ::dlerror());
  }
  return reinterpret_cast<const OpenCv& (*)()>(function)();
}

}  // namespace

bool figures_available() { return true; }

const OpenCv& opencv() {
  static const OpenCv& library = load();
  return library;
}

#else

bool figures_available() { return false; }

const OpenCv& opencv() {
  throw Error(
      "this build neither draws pictures nor reads images (HOURGLASS_FIGURES=OFF): build with "
      "OpenCV for them");
}

#endif

}  // namespace hourglass::figures
