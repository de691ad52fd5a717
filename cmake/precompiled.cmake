# LibTorch's headers take most of a compile: 5 to 9 seconds a source, once a target with this. Sources still include what
# they use: the tidy preset builds without it.
set(LIBTORCH_HEADERS <ATen/core/Tensor.h> <ATen/core/ivalue.h> <torch/csrc/jit/api/module.h>)

function(precompile target)
  target_precompile_headers(${target} PRIVATE <algorithm> <filesystem> <functional> <map> <memory> <optional>
    <string> <variant> <vector> <nlohmann/json.hpp> ${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)  # what ccache needs
  endif()
endfunction()

# Those of a library that the target links; both are position independent.
function(reuse_precompiled target library)
  get_target_property(options ${library} COMPILE_OPTIONS)
  target_compile_options(${target} PRIVATE ${options})  # g++ wants the same ones
  target_precompile_headers(${target} REUSE_FROM ${library})
endfunction()
