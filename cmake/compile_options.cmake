# Warnings are errors; release builds are hardened and linked as one unit.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wcast-align -Wunused -Woverloaded-virtual -Wnull-dereference -Werror
                    -Wno-missing-field-initializers)
add_compile_options(-fPIE)   # everything is linked into programs
add_link_options(-fuse-ld=mold -pie)
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 14 reports these inside coroutine frames and inlined standard-library code where nothing is wrong (GCC bugs 107571, 109224).
  add_compile_options(-Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-null-dereference -Wno-dangling-reference -Wno-array-bounds -Wno-stringop-overflow -Wno-restrict)
endif()

if(AGENTIC_SANITIZE)
  add_compile_options(-fsanitize=${AGENTIC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AGENTIC_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND AGENTIC_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize=null,alignment)   # an eighth of the compile time; Clang's legs have them, and a null dereference does not get past ASan
  endif()
endif()

if(AGENTIC_FUZZ)  # coverage feedback for libFuzzer, in the libraries too
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  include(CheckIPOSupported)
  check_ipo_supported(LANGUAGES CXX)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(CMAKE_CXX_COMPILE_OPTIONS_IPO -flto=auto -fno-fat-lto-objects)   # on every core, through make; CMake's default links on one
  endif()
  set(control_flow "")                       # jumps go where the compiler meant them to: each processor has its own words for it
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    set(control_flow -fcf-protection)
  elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    set(control_flow -mbranch-protection=standard)
  endif()
  add_compile_options(-fstack-protector-strong -fstack-clash-protection ${control_flow} -ftrivial-auto-var-init=zero)
  add_compile_definitions(_FORTIFY_SOURCE=3 _GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
