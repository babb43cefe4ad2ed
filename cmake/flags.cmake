# gw_flags: how every file of ours is compiled. Warnings are errors, in all presets.
set(GW_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")
option(GW_LTO "Optimise lib/ and the data plane across files, at link time" OFF)
option(GW_FUZZ "Build the fuzzers (clang)" OFF)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Debug)
endif()
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(gw_flags INTERFACE)
target_include_directories(gw_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(gw_flags INTERFACE _GNU_SOURCE GW_VERSION="${PROJECT_VERSION}")
target_compile_options(gw_flags INTERFACE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
    -Wpointer-arith -Wwrite-strings -Werror
    -fno-strict-aliasing -fno-common -fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    target_compile_definitions(gw_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
target_link_options(gw_flags INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
if(GW_SANITIZE)
    # gcc warns about the null checks that the sanitizer itself puts in front of printf.
    target_compile_options(gw_flags INTERFACE -fsanitize=${GW_SANITIZE} -fno-omit-frame-pointer
        $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>)
    target_compile_definitions(gw_flags INTERFACE GW_SANITIZED=1)
    target_link_options(gw_flags INTERFACE -fsanitize=${GW_SANITIZE})
endif()
