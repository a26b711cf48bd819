# Installs the rooms as a library: `find_package(Hourglass)` and headers under include/hourglass/. It is the component
# "library"; the programs are the component "programs".

include(CMakePackageConfigHelpers)

# hourglass_install_library(<room>…)
function(hourglass_install_library)
  set(rooms ${ARGN})
  set(package lib/cmake/Hourglass)
  foreach(room IN LISTS rooms)
    set_target_properties(hourglass_${room} PROPERTIES EXPORT_NAME ${room})
    install(TARGETS hourglass_${room} EXPORT HourglassTargets ARCHIVE DESTINATION lib COMPONENT library)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/${room}/*.h")
    foreach(header IN LISTS headers)
      get_filename_component(folder "${header}" DIRECTORY)
      install(FILES "${header}" DESTINATION include/hourglass/${folder} COMPONENT library)
    endforeach()
  endforeach()
  install(TARGETS fmt EXPORT HourglassTargets)
  install(EXPORT HourglassTargets NAMESPACE hourglass:: DESTINATION ${package} COMPONENT library)

  # Code that was compiled with one LibTorch does not run with the next: 2.13.0 and 2.13.1 are alike, 2.13 and 2.14 not.
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" libtorch_series "${LibTorch_VERSION}")
  string(JOIN ", " room_names ${rooms})
  configure_package_config_file(cmake/HourglassConfig.cmake.in "${PROJECT_BINARY_DIR}/HourglassConfig.cmake"
    INSTALL_DESTINATION ${package} NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/HourglassConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES
    "${PROJECT_BINARY_DIR}/HourglassConfig.cmake" "${PROJECT_BINARY_DIR}/HourglassConfigVersion.cmake"
    cmake/FindHdf5.cmake cmake/FindLibTorch.cmake cmake/FindLibzip.cmake
    DESTINATION ${package} COMPONENT library)

  install(DIRECTORY examples DESTINATION share/hourglass COMPONENT library)
  install(FILES LICENSE DESTINATION share/hourglass COMPONENT library)
endfunction()
