# Functions that define the project's targets, so that every room, program and test is built alike.

# Warnings for our own code; the libraries' headers are system headers. Options are aggregates with defaults, of which
# designated initialisers name only some fields: that is no oversight to warn of.
add_library(hourglass_warnings INTERFACE)
target_compile_options(hourglass_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers
  # GCC 12 warns of "text" + std::string (its bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${HOURGLASS_WARNINGS_AS_ERRORS}>:-Werror>)

# fmt comes with newer LibTorch wheels, else from the system; header-only, so that either may be found.
add_library(fmt INTERFACE)
target_compile_definitions(fmt INTERFACE FMT_HEADER_ONLY)

# hourglass_library(<room> [PUBLIC <target>…] [PRIVATE <target>…] [WITHOUT <file>… | ONLY <file>…])
# A room: the static library hourglass::<room> of all files in its folder, or without some, or of some alone. It links
# only what the room may use.
function(hourglass_library room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PUBLIC;PRIVATE;WITHOUT;ONLY")
  set(target hourglass_${room})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" *.cpp)
  list(REMOVE_ITEM sources ${arg_WITHOUT} "")
  if(arg_ONLY)
    set(sources ${arg_ONLY})
  endif()
  add_library(${target} STATIC ${sources})
  add_library(hourglass::${room} ALIAS ${target})
  target_include_directories(${target} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>" "$<INSTALL_INTERFACE:include>")
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:hourglass_warnings>)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${HOURGLASS_UNITY})
endfunction()

# hourglass_variants(<result>)
# The names of the variants, as recipes/variant.cpp lists them.
function(hourglass_variants result)
  set(registry "${PROJECT_SOURCE_DIR}/recipes/variant.cpp")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${registry}")
  file(STRINGS "${registry}" lines REGEX "^Variant [a-z_]+_variant\\(\\);$")
  list(TRANSFORM lines REPLACE "^Variant ([a-z_]+)_variant.*" "\\1")
  set(${result} ${lines} PARENT_SCOPE)
endfunction()

# hourglass_program(<name> SOURCES <file>… LINK <target>…)
# An executable in build/bin; installed behind the `hourglass` command, which lists the programs in the order of these
# calls.
function(hourglass_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  # Targets and files are named apart: a program may be called like a room ("show", say, is short).
  add_executable(app_${name} ${arg_SOURCES})
  set_target_properties(app_${name} PROPERTIES OUTPUT_NAME ${name})
  target_link_libraries(app_${name} PRIVATE ${arg_LINK} hourglass_warnings)
  install(TARGETS app_${name} RUNTIME DESTINATION libexec/hourglass)
  set_property(GLOBAL APPEND PROPERTY HOURGLASS_PROGRAMS ${name})
endfunction()

# hourglass_program_pages(<folder>)
# What all programs say of themselves, asked of them once they are built: manual pages, completion for bash and zsh, and
# programs.h, the list that `hourglass` shows. In build/share as they are installed; programs.h in <folder>.
function(hourglass_program_pages folder)
  get_property(programs GLOBAL PROPERTY HOURGLASS_PROGRAMS)
  set(summaries "")
  foreach(program IN LISTS programs)
    add_custom_command(OUTPUT "${folder}/${program}.summary"
      BYPRODUCTS "${folder}/${program}.options" "${folder}/hourglass-${program}.1"
      COMMAND "${CMAKE_COMMAND}" -E env ASAN_OPTIONS=detect_leaks=0 $<TARGET_FILE:app_${program}>
        --write-pages "${folder}"
      DEPENDS app_${program} COMMENT "Asking ${program} what it does" VERBATIM)
    list(APPEND summaries "${folder}/${program}.summary")
  endforeach()
  set(templates "${CMAKE_CURRENT_SOURCE_DIR}/completion")
  set(share "${PROJECT_BINARY_DIR}/share")
  add_custom_command(OUTPUT "${folder}/pages.stamp"
    BYPRODUCTS "${folder}/programs.h" "${share}/bash-completion/completions/hourglass"
      "${share}/zsh/site-functions/_hourglass"
    COMMAND "${CMAKE_COMMAND}" "-DPROGRAMS=${programs}" "-DFOLDER=${folder}" "-DTEMPLATES=${templates}"
      "-DSHARE=${share}" -P "${PROJECT_SOURCE_DIR}/cmake/ProgramPages.cmake"
    COMMAND "${CMAKE_COMMAND}" -E touch "${folder}/pages.stamp"
    DEPENDS ${summaries} "${PROJECT_SOURCE_DIR}/cmake/ProgramPages.cmake" "${templates}/hourglass.bash.in"
      "${templates}/_hourglass.in"
    COMMENT "Putting together completion and manual pages" VERBATIM)
  add_custom_target(program_pages ALL DEPENDS "${folder}/pages.stamp")
  install(DIRECTORY "${share}/" DESTINATION share)
endfunction()

# hourglass_test(<room> LINK <target>…)
# The GoogleTest cases in the room's folder, each a CTest of its own; a skipped case is reported as skipped.
function(hourglass_test room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK")
  set(name ${room}_test)
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" ${room}/*_test.cpp)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${arg_LINK} hourglass_test_support hourglass_warnings)
  # As libraries are compiled, or their precompiled headers could not be had.
  target_compile_options(${name} PRIVATE $<$<BOOL:${CMAKE_POSITION_INDEPENDENT_CODE}>:-fPIC>)
  hourglass_precompile(hourglass_test_headers ${name})
  set_target_properties(${name} PROPERTIES
    UNITY_BUILD ${HOURGLASS_UNITY} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  gtest_discover_tests(${name}
    DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT 600 SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
endfunction()

# hourglass_embed(<target> <file> <symbol>)
# Makes the bytes of <file> a `std::string_view hourglass::<room>::embedded::<symbol>()` of <target>, the room's library.
function(hourglass_embed target file symbol)
  string(REPLACE "hourglass_" "" room "${target}")
  set(generated "${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cpp")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  # Every byte as an escape: a raw string literal would lose carriage returns and end at its own delimiter.
  file(READ "${CMAKE_CURRENT_SOURCE_DIR}/${file}" bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
  file(CONFIGURE OUTPUT "${generated}" @ONLY CONTENT
"#include <string_view>
namespace hourglass::@room@::embedded {
std::string_view @symbol@() { return {\"@bytes@\", @size@}; }
}  // namespace hourglass::@room@::embedded
")
  target_sources(${target} PRIVATE "${generated}")
endfunction()
