# gw_room(<folder> [USES <room>...] [NEEDS <library>...])
#
# One folder of code as one static library: every .c in <folder> (relative to this
# CMakeLists.txt). The library is named after the path, with underscores: lib/base is lib_base.
# USES names the rooms it may call; tests/lint/includes fails if an #include reaches past
# tests/lint/rooms. NEEDS names third-party libraries and stays private to the room.
function(gw_room folder)
    cmake_parse_arguments(PARSE_ARGV 1 room "" "" "USES;NEEDS")
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
    string(REPLACE "/" "_" name ${path})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.c)
    if(NOT sources)
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE gw_flags ${room_USES})
    else()
        add_library(${name} STATIC ${sources})
        target_link_libraries(${name} PUBLIC gw_flags ${room_USES} PRIVATE ${room_NEEDS})
    endif()
    set_property(GLOBAL APPEND PROPERTY GW_ROOMS ${path})
endfunction()

# gw_program(<name> SOURCES <file>... USES <room>...): an installed binary.
function(gw_program name)
    cmake_parse_arguments(PARSE_ARGV 1 program "" "" "SOURCES;USES")
    add_executable(${name} ${program_SOURCES})
    target_link_libraries(${name} PRIVATE gw_flags ${program_USES})
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# gw_unit_tests(<folder>): every <folder>/<path>/<module>_test.c becomes the test
# unit/<path>/<module>, linked with the room at <path>, what that room may use, and no more.
function(gw_unit_tests folder)
    file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.c)
    foreach(source ${tests})
        file(RELATIVE_PATH path ${CMAKE_CURRENT_SOURCE_DIR}/${folder} ${source})
        string(REGEX REPLACE "_test\\.c$" "" path ${path})
        get_filename_component(room ${path} DIRECTORY)
        string(REPLACE "/" "_" library ${room})
        string(REPLACE "/" "_" target test_${path})
        add_executable(${target} ${source})
        target_link_libraries(${target} PRIVATE gw_flags ${library} PkgConfig::cmocka)
        target_compile_definitions(${target} PRIVATE
            GW_SOURCE_DIR="${CMAKE_SOURCE_DIR}" GW_BINARY_DIR="${CMAKE_BINARY_DIR}")
        add_test(NAME unit/${path} COMMAND ${target})
        set_tests_properties(unit/${path} PROPERTIES LABELS unit TIMEOUT 60)
    endforeach()
endfunction()
