# Third-party libraries, one imported target each. Only the room that wraps a library names its
# target (tests/lint/rooms says which); what they really do is in each wrapper's essay.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(openssl REQUIRED IMPORTED_TARGET openssl>=3)
pkg_check_modules(h2o REQUIRED IMPORTED_TARGET libh2o-evloop>=0.13)
pkg_check_modules(grpc REQUIRED IMPORTED_TARGET grpc gpr)
pkg_check_modules(protobufc REQUIRED IMPORTED_TARGET libprotobuf-c>=1.4)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq>=15)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(brotli REQUIRED IMPORTED_TARGET libbrotlidec libbrotlienc)
pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
find_program(PROTOC_C protoc-c REQUIRED)

# libh2o-evloop.pc leaves out the define that selects its layout of the loop: without it the
# headers silently describe the libuv build.
add_library(gw_h2o INTERFACE)
target_link_libraries(gw_h2o INTERFACE PkgConfig::h2o PkgConfig::openssl Threads::Threads)
target_compile_definitions(gw_h2o INTERFACE H2O_USE_LIBUV=0)
