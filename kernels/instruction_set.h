#pragma once

#include <string>
#include <vector>

namespace hourglass::kernels {

/// The instruction sets that this machine has and the kernels were compiled for, best first:
/// "AVX3" (AVX-512), "AVX2", "SSE4".
std::vector<std::string> instruction_sets();

/// The one in use: the best, where nothing else was asked for.
std::string instruction_set();

/// Whether the machine multiplies numbers of 16 bits (bfloat16) by instructions of its own.
bool has_bfloat16();

/// While it exists, all kernels use this instruction set, for tests and benchmarks. One at a time,
/// and not while kernels run.
class WithInstructionSet {
 public:
  /// Throws std::invalid_argument where `name` is none of `instruction_sets()`.
  explicit WithInstructionSet(const std::string& name);
  ~WithInstructionSet();
  WithInstructionSet(const WithInstructionSet&) = delete;
  WithInstructionSet& operator=(const WithInstructionSet&) = delete;
};

}  // namespace hourglass::kernels
