# SPDX-License-Identifier: MIT
# Compiles kernel and binding into a MicroPython firmware of a port that is built by CMake; its twin is micropython.mk.
file(GLOB DEEPLOMATH_KERNEL ${CMAKE_CURRENT_LIST_DIR}/kernel/*.c)
add_library(usermod_deeplomath INTERFACE)
target_sources(usermod_deeplomath INTERFACE ${DEEPLOMATH_KERNEL} ${CMAKE_CURRENT_LIST_DIR}/binding/moddeeplomath.c)
target_include_directories(usermod_deeplomath INTERFACE ${CMAKE_CURRENT_LIST_DIR}/kernel)
target_link_libraries(usermod INTERFACE usermod_deeplomath)

# As kernel.mk has it: small, but for sums of products in C where a core has no DSP instructions.
set_source_files_properties(${DEEPLOMATH_KERNEL} PROPERTIES COMPILE_OPTIONS "-Os;-fno-tree-forwprop")
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/kernel/dlm_dot.c PROPERTIES COMPILE_OPTIONS -O2)
