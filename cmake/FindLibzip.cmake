# Finds libzip and defines the target Libzip::Libzip.
#
# Its own libzip-config.cmake is not used: Debian's demands the command-line tools, which are another package.

find_path(Libzip_INCLUDE_DIR zip.h DOC "Folder of libzip's zip.h")
find_library(Libzip_LIBRARY zip DOC "libzip")
mark_as_advanced(Libzip_INCLUDE_DIR Libzip_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libzip REQUIRED_VARS Libzip_LIBRARY Libzip_INCLUDE_DIR)

if(Libzip_FOUND AND NOT TARGET Libzip::Libzip)
  add_library(Libzip::Libzip UNKNOWN IMPORTED)
  set_target_properties(Libzip::Libzip PROPERTIES
    IMPORTED_LOCATION "${Libzip_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Libzip_INCLUDE_DIR}")
endif()
