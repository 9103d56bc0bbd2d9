# SPDX-License-Identifier: MIT
# Compiles libraries and binding into a MicroPython firmware of a port that is built by CMake; its twin is
# micropython.mk.
set(DEEPLOMATH ${CMAKE_CURRENT_LIST_DIR})
file(GLOB DEEPLOMATH_BINDING ${DEEPLOMATH}/binding/*.c)
file(GLOB DEEPLOMATH_KERNEL ${DEEPLOMATH}/common/*.c ${DEEPLOMATH}/kernel/*.c)
file(GLOB DEEPLOMATH_SIGNAL ${DEEPLOMATH}/signal/*.c)
add_library(usermod_deeplomath INTERFACE)
target_sources(usermod_deeplomath INTERFACE ${DEEPLOMATH_BINDING} ${DEEPLOMATH_KERNEL} ${DEEPLOMATH_SIGNAL})
target_include_directories(usermod_deeplomath INTERFACE ${DEEPLOMATH}/common ${DEEPLOMATH}/kernel ${DEEPLOMATH}/signal)
target_link_libraries(usermod INTERFACE usermod_deeplomath)

# As kernel.mk and signal.mk have it: small, but for sums of products in C where a core has no DSP instructions.
set_source_files_properties(${DEEPLOMATH_KERNEL} PROPERTIES COMPILE_OPTIONS "-Os;-fno-tree-forwprop;-fno-tree-vrp;-fno-schedule-insns2;-fno-tree-dominator-opts;-fno-ipa-sra;-fno-move-loop-invariants;-fno-tree-scev-cprop")
set_source_files_properties(${DEEPLOMATH}/kernel/dlm_dot.c PROPERTIES COMPILE_OPTIONS -O2)
set_source_files_properties(${DEEPLOMATH_SIGNAL} PROPERTIES COMPILE_OPTIONS "-Os;-fno-tree-loop-optimize;-fno-move-loop-invariants")
