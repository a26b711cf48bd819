# `cpack` in a build folder makes hourglass_VERSION_ARCHITECTURE.deb: the programs behind the `hourglass` command, their
# manual pages and completion, and the LibTorch they were linked with. The libraries of OpenCV and others come as
# dependencies, which dpkg-shlibdeps finds.

set(HOURGLASS_PACKAGE_MAINTAINER "The Hourglass authors <authors@hourglass.invalid>" CACHE STRING
  "Who answers for the Debian package.")

# The component "libtorch": LibTorch's libraries as far as a program needs them, in lib/hourglass. No plain
# `cmake --install` has it, for there the programs find LibTorch where they were linked with it.
function(hourglass_package_libtorch program)
  install(CODE "
    file(GET_RUNTIME_DEPENDENCIES EXECUTABLES \"$<TARGET_FILE:${program}>\" RESOLVED_DEPENDENCIES_VAR libraries
         POST_EXCLUDE_REGEXES \"^/lib\" \"^/usr/lib\")
    foreach(library IN LISTS libraries)
      file(INSTALL \"\${library}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/hourglass\" FOLLOW_SYMLINK_CHAIN
           PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    endforeach()"
    COMPONENT libtorch EXCLUDE_FROM_ALL)
  # A wheel has the licences beside the folder torch/, a LibTorch archive within it or not at all.
  file(GLOB licences LIST_DIRECTORIES ON "${LibTorch_ROOT}/../torch-*.dist-info/licenses" "${LibTorch_ROOT}/LICENSE*")
  foreach(licence IN LISTS licences)
    set(kind FILES)
    if(IS_DIRECTORY "${licence}")
      set(kind DIRECTORY)
    endif()
    install(${kind} "${licence}" DESTINATION share/doc/hourglass/libtorch COMPONENT libtorch EXCLUDE_FROM_ALL)
  endforeach()
endfunction()
hourglass_package_libtorch(app_show)

set(folder "${PROJECT_BINARY_DIR}/package")
file(READ LICENSE licence)
file(READ figures/font/LICENSE font_licence)
# In a copyright file, text goes on in lines that begin with a space, empty ones with a dot.
foreach(text licence font_licence)
  string(STRIP "${${text}}" ${text})
  string(REPLACE "\n\n" "\n.\n" ${text} "${${text}}")
  string(REPLACE "\n" "\n " ${text} " ${${text}}")
endforeach()
string(TIMESTAMP HOURGLASS_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(file copyright changelog prepare.cmake)
  configure_file(cmake/package/${file}.in "${folder}/${file}" @ONLY)
endforeach()
install(FILES "${folder}/copyright" "${folder}/changelog" DESTINATION share/doc/hourglass
  COMPONENT libtorch EXCLUDE_FROM_ALL)
install(FILES cmake/package/lintian-overrides DESTINATION share/lintian/overrides RENAME hourglass
  COMPONENT libtorch EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS
  "${PROJECT_BINARY_DIR};Hourglass;programs;/" "${PROJECT_BINARY_DIR};Hourglass;libtorch;/")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS "${folder}/prepare.cmake")
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_NAME hourglass)
set(CPACK_PACKAGE_VENDOR "The Hourglass authors")
set(CPACK_PACKAGE_CONTACT "${HOURGLASS_PACKAGE_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "autoencoders in C++: train, inspect and run them without Python")
set(CPACK_PACKAGE_DESCRIPTION
"Trains autoencoders of a dozen variants on tables and images, and puts them
to use: reconstruction, codes, samples, anomalies, retrieval, pictures of every
layer. A trained model is a TorchScript file that Python and C++ load.
.
LibTorch ${LibTorch_VERSION} is part of the package.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Read by every dpkg, and by lintian; zstd is a tenth smaller.
set(CPACK_DEBIAN_COMPRESSION_TYPE gzip)
include(CPack)
