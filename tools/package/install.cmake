# The library of an installed prefix: every stage as spillway::<stage>, and the headers that the studies' headers include,
# from include/spillway; what none of them includes is internal and stays here.
include(CMakePackageConfigHelpers)

# spillway_headers(RESULT HEADER...): the headers and all that they include, in our own tree.
function(spillway_headers result)
  set(known "")
  set(open ${ARGN})
  while(open)
    list(POP_FRONT open header)
    if(header IN_LIST known)
      continue()
    endif()
    list(APPEND known ${header})
    file(STRINGS ${CMAKE_SOURCE_DIR}/${header} includes REGEX "^#include \"")
    list(TRANSFORM includes REPLACE "^#include \"([^\"]+)\".*" "\\1")
    list(APPEND open ${includes})
  endwhile()
  set(${result} ${known} PARENT_SCOPE)
endfunction()

file(GLOB public RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS tools/studies/*.hpp)
spillway_headers(headers ${public})
foreach(header ${headers})
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION include/spillway/${folder})
endforeach()

set(stages base config data synthetic weights estimate draw propagate outcome policy store scenarios run studies)
foreach(stage ${stages})
  set_target_properties(spillway_${stage} PROPERTIES EXPORT_NAME ${stage})
  install(TARGETS spillway_${stage} EXPORT spillway-targets ARCHIVE DESTINATION lib)
endforeach()
install(EXPORT spillway-targets NAMESPACE spillway:: DESTINATION lib/cmake/spillway)
configure_package_config_file(tools/package/spillway-config.cmake.in ${CMAKE_BINARY_DIR}/spillway-config.cmake
                              INSTALL_DESTINATION lib/cmake/spillway)
# Before 1.0 a minor version may change the library.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/spillway-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/spillway-config.cmake ${CMAKE_BINARY_DIR}/spillway-config-version.cmake
        DESTINATION lib/cmake/spillway)
