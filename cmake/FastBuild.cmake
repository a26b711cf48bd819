# Uses ccache where it is installed, mold for what is not hardened, and precompiled headers: none changes what programs do.

find_program(HOURGLASS_CCACHE ccache DOC "Compiler cache; empty to compile without one")
if(HOURGLASS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # It keeps what reads a precompiled header only where it need not look into that.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND}" -E env "CCACHE_SLOPPINESS=pch_defines,time_macros" "${HOURGLASS_CCACHE}")
endif()

# mold 1.10 lets the read-only part begin a page too early where thread-local data are a byte, which ATen's parallel_for
# brings: some programs, by chance of their size, then do not start ("cannot apply additional memory protection"). Without
# that part they do, but what is hardened has to have it.
find_program(HOURGLASS_MOLD mold DOC "Fast linker of what is not hardened; empty to use the default one")
if(HOURGLASS_MOLD AND NOT HOURGLASS_HARDENED)
  add_link_options(-fuse-ld=mold -Wl,-z,norelro)
endif()

# How what reads precompiled headers is compiled. GCC 12 takes them for headers of ours, and warns of "text" + std::string (its bug
# 105651) under more names than where it reads them; the preset `debug` has these warnings.
add_library(hourglass_precompiled INTERFACE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(hourglass_precompiled INTERFACE -fpch-preprocess)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(hourglass_precompiled INTERFACE -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
endif()

# hourglass_precompiled_headers(<name> <header>… [LINK <target>…])
# What hourglass_precompile() may give targets: headers that are read once. LibTorch's tensors alone take 12 seconds of a core
# in every file that includes them, and 2 where they are precompiled. Files include what they use all the same: with
# HOURGLASS_PRECOMPILE=OFF, as in the preset `debug`, none is read that a file did not ask for.
function(hourglass_precompiled_headers name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK")
  if(NOT HOURGLASS_PRECOMPILE)
    return()
  endif()
  set(empty "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp")
  file(CONFIGURE OUTPUT "${empty}" CONTENT "")
  add_library(${name} OBJECT "${empty}")
  target_link_libraries(${name} PRIVATE ${arg_LINK} hourglass_warnings hourglass_precompiled)
  target_precompile_headers(${name} PRIVATE ${arg_UNPARSED_ARGUMENTS})
endfunction()

# hourglass_precompile(<name> <target>…)
# Lets targets, compiled with the same options, begin with those headers.
function(hourglass_precompile name)
  if(NOT HOURGLASS_PRECOMPILE)
    return()
  endif()
  foreach(target IN LISTS ARGN)
    target_precompile_headers(${target} REUSE_FROM ${name})
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:hourglass_precompiled>)
  endforeach()
endfunction()
