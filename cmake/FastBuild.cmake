# Uses ccache where it is installed, and mold for what is not hardened: neither changes what programs do.

find_program(HOURGLASS_CCACHE ccache DOC "Compiler cache; empty to compile without one")
if(HOURGLASS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${HOURGLASS_CCACHE}")
endif()

# mold 1.10 lets the read-only part begin a page too early where thread-local data are a byte, which ATen's parallel_for
# brings: some programs, by chance of their size, then do not start ("cannot apply additional memory protection"). Without
# that part they do, but what is hardened has to have it.
find_program(HOURGLASS_MOLD mold DOC "Fast linker of what is not hardened; empty to use the default one")
if(HOURGLASS_MOLD AND NOT HOURGLASS_HARDENED)
  add_link_options(-fuse-ld=mold -Wl,-z,norelro)
endif()
