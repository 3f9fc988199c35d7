# embed_report_page(TARGET): put tools/report/dist/report.html into TARGET. Needs neither node nor npm.
function(embed_report_page target)
  set(SPILLWAY_REPORT_PAGE ${CMAKE_SOURCE_DIR}/tools/report/dist/report.html)
  set(source ${CMAKE_BINARY_DIR}/report_page.cpp)
  configure_file(${CMAKE_SOURCE_DIR}/tools/report/report_page.cpp.in ${source} @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${SPILLWAY_REPORT_PAGE})
  target_sources(${target} PRIVATE ${source})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
endfunction()
