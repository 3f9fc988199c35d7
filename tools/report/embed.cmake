# embed_report_page(TARGET): put tools/report/dist/report.html into TARGET. Needs neither node nor npm.
function(embed_report_page target)
  set(SPILLWAY_REPORT_PAGE ${CMAKE_SOURCE_DIR}/tools/report/dist/report.html)
  set(source ${CMAKE_BINARY_DIR}/report_page.cpp)
  configure_file(${CMAKE_SOURCE_DIR}/tools/report/report_page.cpp.in ${source} @ONLY)
  # An object of its own: within a file of several the page's dependency would be lost, and an old page stay in.
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${SPILLWAY_REPORT_PAGE}
                                                   SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${target} PRIVATE ${source})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
endfunction()
