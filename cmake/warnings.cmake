# Flags for our own code only: never exported, never applied to what we include. Our presets turn warnings into errors;
# a user's build does not, since another compiler warns of other things.
add_library(actsparse_flags INTERFACE)
target_compile_options(actsparse_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  # g++ 12 sees overflows in LibTorch's inlined headers that are not there.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>)
if(ACTSPARSE_COVERAGE)
  target_compile_options(actsparse_flags INTERFACE --coverage)
  target_link_options(actsparse_flags INTERFACE --coverage)
endif()
if(ACTSPARSE_SANITIZE)
  target_compile_options(actsparse_flags INTERFACE -fsanitize=${ACTSPARSE_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all -fno-sanitize=vptr
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(actsparse_flags INTERFACE -fsanitize=${ACTSPARSE_SANITIZE})
endif()
