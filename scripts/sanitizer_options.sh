# Sourced by what runs programs of the presets asan, fuzz and tsan.

# LibTorch is built without the sanitizers: of its containers they know half, what it allocates by one function it may free by
# another, and each library has a copy of its own of what headers define. What it keeps until the end is no leak of ours. More
# than any memory holds is refused as without the sanitizers.
export ASAN_OPTIONS=detect_container_overflow=0:alloc_dealloc_mismatch=0:detect_odr_violation=0:detect_leaks=0:allocator_may_return_null=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# LibTorch and its OpenMP synchronise in ways that the sanitizer of threads does not see.
export TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=0:second_deadlock_stack=1
