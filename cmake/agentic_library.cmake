# agentic_library(NAME [LINKS lib...] [PRIVATE lib...]): the library of src/NAME, all sources below it. LINKS names our own libraries (core, db, ...)
# and others; a directory can include only what it links, so the layering is a build error when it is broken.
function(agentic_library name)
  cmake_parse_arguments(ARG "" "" "LINKS;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  add_library(agentic_${name} STATIC ${sources})
  if(NOT sources)
    file(WRITE ${CMAKE_BINARY_DIR}/empty.cpp "")
    target_sources(agentic_${name} PRIVATE ${CMAKE_BINARY_DIR}/empty.cpp)
  endif()
  target_include_directories(agentic_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_compile_definitions(agentic_${name} PUBLIC
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_DISABLE_BOOST_COROUTINE)
  foreach(kind LINKS PRIVATE)
    foreach(lib ${ARG_${kind}})
      if(EXISTS ${CMAKE_SOURCE_DIR}/src/${lib})
        set(lib agentic_${lib})
      endif()
      if(kind STREQUAL "PRIVATE")
        target_link_libraries(agentic_${name} PRIVATE ${lib})
      else()
        target_link_libraries(agentic_${name} PUBLIC ${lib})
      endif()
    endforeach()
  endforeach()
endfunction()

# agentic_embed_sql(LIB): turns db/sql/*.sql into agentic::db::sql constants (db/sql.hpp) and db/migrations into a table.
function(agentic_embed_sql name)
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/db/sql/*.sql ${CMAKE_SOURCE_DIR}/src/db/migrations/*.sql)
  set(out ${CMAKE_BINARY_DIR}/generated)
  add_custom_command(
    OUTPUT ${out}/db/sql.hpp ${out}/db/sql.cpp ${out}/db/migrations.cpp
    COMMAND python3 ${CMAKE_SOURCE_DIR}/scripts/embed_sql.py ${CMAKE_SOURCE_DIR}/src/db ${out}/db
    DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/scripts/embed_sql.py
    COMMENT "Embedding SQL")
  add_custom_target(agentic_sql DEPENDS ${out}/db/sql.hpp)
  target_sources(agentic_${name} PRIVATE ${out}/db/sql.cpp ${out}/db/migrations.cpp)
  target_include_directories(agentic_${name} PUBLIC ${out})
  add_dependencies(agentic_${name} agentic_sql)
endfunction()

# agentic_embed_assets(LIB): src/api/web and the fetched parts of Swagger UI, gzipped, as a table (api/assets.hpp).
function(agentic_embed_assets name)
  file(GLOB inputs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/api/web/*)
  set(out ${CMAKE_BINARY_DIR}/generated/api/assets_data.cpp)
  add_custom_command(
    OUTPUT ${out}
    COMMAND bash -c "set -e; fetched=$(\"$1/scripts/fetch_assets.sh\"); exec python3 \"$1/scripts/embed_assets.py\" \"$2\" \"$1/src/api/web\" \"$fetched\""
            embed ${CMAKE_SOURCE_DIR} ${out}
    DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/scripts/embed_assets.py ${CMAKE_SOURCE_DIR}/scripts/fetch_assets.sh
    COMMENT "Embedding the pages and Swagger UI" VERBATIM)
  set_source_files_properties(${out} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  target_sources(agentic_${name} PRIVATE ${out})
endfunction()
