# Uses ccache and mold where they are installed: neither changes what is built.

find_program(HOURGLASS_CCACHE ccache DOC "Compiler cache; empty to compile without one")
if(HOURGLASS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${HOURGLASS_CCACHE}")
endif()

find_program(HOURGLASS_MOLD mold DOC "Fast linker; empty to use the default one")
if(HOURGLASS_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
