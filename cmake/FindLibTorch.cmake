# Finds LibTorch in an installed Python wheel or an unpacked LibTorch archive, and defines the target LibTorch::LibTorch.
#
# PyTorch's own TorchConfig.cmake is not used: in a CUDA wheel it demands a CUDA toolkit, which running a model does not
# need. We link the libraries it would, and the CUDA ones by name so that the linker keeps them.
#
# Looked at in this order; the first folder with a LibTorch of a version that will do wins and is remembered in the
# cache:
#   LibTorch_ROOT, Torch_DIR, CMAKE_PREFIX_PATH, the torch that `python3` imports, the project's .venv, LibTorch_HINT
# An installed Hourglass sets LibTorch_HINT to the LibTorch that it was built with.
#
# Sets LibTorch_ROOT, LibTorch_VERSION and LibTorch_HAS_CUDA.

# The version of the LibTorch in <root>, or an empty text where there is none.
function(_libtorch_version root result)
  set(${result} "" PARENT_SCOPE)
  if(NOT EXISTS "${root}/include/ATen/ATen.h" OR NOT EXISTS "${root}/lib/libtorch_cpu.so")
    return()
  endif()
  foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(EXISTS "${root}/include/${header}")
      file(READ "${root}/include/${header}" text)
      if(text MATCHES "TORCH_VERSION_MAJOR ([0-9]+).*TORCH_VERSION_MINOR ([0-9]+).*TORCH_VERSION_PATCH ([0-9]+)")
        set(${result} "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}.${CMAKE_MATCH_3}" PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
endfunction()

include(FindPackageHandleStandardArgs)

set(_candidates "${LibTorch_ROOT}")
set(_prefixes "$ENV{Torch_DIR}" "$ENV{CMAKE_PREFIX_PATH}")
string(REPLACE ":" ";" _prefixes "${_prefixes}")
foreach(_prefix IN LISTS Torch_DIR CMAKE_PREFIX_PATH _prefixes)
  # `torch.utils.cmake_prefix_path` is <root>/share/cmake, Torch_DIR is <root>/share/cmake/Torch.
  list(APPEND _candidates "${_prefix}" "${_prefix}/../.." "${_prefix}/../../..")
endforeach()
foreach(_python python3 "${CMAKE_CURRENT_LIST_DIR}/../.venv/bin/python")
  execute_process(
    COMMAND "${_python}" -c
      "import importlib.util, os; print(os.path.dirname(importlib.util.find_spec('torch').origin))"
    OUTPUT_VARIABLE _found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE _failed)
  if(NOT _failed)
    list(APPEND _candidates "${_found}")
  endif()
endforeach()

list(APPEND _candidates "${LibTorch_HINT}")

foreach(_candidate IN LISTS _candidates)
  _libtorch_version("${_candidate}" LibTorch_VERSION)
  if(NOT LibTorch_VERSION)
    continue()
  endif()
  find_package_check_version("${LibTorch_VERSION}" _will_do)
  if(_will_do)
    get_filename_component(_candidate "${_candidate}" REALPATH)
    set(LibTorch_ROOT "${_candidate}" CACHE PATH "Folder with LibTorch's include/ and lib/" FORCE)
    break()
  endif()
  if(NOT LibTorch_FIND_QUIETLY)
    message(STATUS "Passed over LibTorch ${LibTorch_VERSION} in ${_candidate}: expected ${LibTorch_FIND_VERSION}")
  endif()
endforeach()

if(LibTorch_ROOT)
  set(_config "${LibTorch_ROOT}/share/cmake/Torch/TorchConfig.cmake")
  if(EXISTS "${_config}")
    file(STRINGS "${_config}" _old_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
    if(_old_abi)
      message(FATAL_ERROR "LibTorch ${LibTorch_VERSION} in ${LibTorch_ROOT} has the pre-C++11 string ABI and does not "
                          "link with OpenCV or GoogleTest: install torch 2.7 or newer.")
    endif()
  endif()
endif()

find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_ROOT
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE
    "Run scripts/setup.sh, or point CMAKE_PREFIX_PATH at torch.utils.cmake_prefix_path of an installed torch.")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  set(LibTorch_HAS_CUDA OFF)
  set(_libraries "${LibTorch_ROOT}/lib/libtorch.so" "${LibTorch_ROOT}/lib/libtorch_cpu.so")
  if(EXISTS "${LibTorch_ROOT}/lib/libtorch_cuda.so")
    set(LibTorch_HAS_CUDA ON)
    # Nothing of ours refers to a symbol in these two; they register their kernels when they are loaded.
    list(APPEND _libraries -Wl,--push-state,--no-as-needed "${LibTorch_ROOT}/lib/libtorch_cuda.so"
         "${LibTorch_ROOT}/lib/libc10_cuda.so" -Wl,--pop-state)
  endif()
  list(APPEND _libraries "${LibTorch_ROOT}/lib/libc10.so")

  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  set_target_properties(LibTorch::LibTorch PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES
      "${LibTorch_ROOT}/include;${LibTorch_ROOT}/include/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES "${_libraries}")

  # For files with loops in at::parallel_for: its header starts threads only where OpenMP is on. They have to be those of
  # the OpenMP library that LibTorch brings along, for two of them in a process take each other's cores. That library
  # is GCC's; code of other compilers does not link with it, so there such loops stay on one thread. Rooms that GCC
  # compiled need it whoever links them.
  add_library(LibTorch::OpenMP INTERFACE IMPORTED)
  file(GLOB _openmp "${LibTorch_ROOT}/lib/libgomp*.so*")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set_target_properties(LibTorch::OpenMP PROPERTIES INTERFACE_COMPILE_OPTIONS -fopenmp)
    if(NOT _openmp)
      set(_openmp gomp)
    endif()
  endif()
  set_target_properties(LibTorch::OpenMP PROPERTIES INTERFACE_LINK_LIBRARIES "${_openmp}")
endif()
