# Finds HDF5's C library and defines the target Hdf5::Hdf5.
#
# CMake's own module runs HDF5's compiler wrapper and knows nothing of where Debian keeps the serial library.

find_path(Hdf5_INCLUDE_DIR hdf5.h PATH_SUFFIXES hdf5/serial DOC "Folder of HDF5's hdf5.h")
find_library(Hdf5_LIBRARY NAMES hdf5_serial hdf5 PATH_SUFFIXES hdf5/serial DOC "HDF5's C library")
mark_as_advanced(Hdf5_INCLUDE_DIR Hdf5_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Hdf5 REQUIRED_VARS Hdf5_LIBRARY Hdf5_INCLUDE_DIR)

if(Hdf5_FOUND AND NOT TARGET Hdf5::Hdf5)
  add_library(Hdf5::Hdf5 UNKNOWN IMPORTED)
  set_target_properties(Hdf5::Hdf5 PROPERTIES
    IMPORTED_LOCATION "${Hdf5_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Hdf5_INCLUDE_DIR}")
endif()
