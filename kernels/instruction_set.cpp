#include "hourglass/kernels/instruction_set.h"

#include <cstdint>
#include <hwy/highway.h>
#include <hwy/targets.h>
#include <stdexcept>

namespace hourglass::kernels {

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets())
    names.emplace_back(hwy::TargetName(target));
  return names;
}

std::string instruction_set() { return instruction_sets().front(); }

bool has_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

WithInstructionSet::WithInstructionSet(const std::string& name) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (name != hwy::TargetName(target)) continue;
    hwy::SetSupportedTargetsForTest(target);
    return;
  }
  throw std::invalid_argument("no such instruction set on this machine: " + name);
}

WithInstructionSet::~WithInstructionSet() { hwy::SetSupportedTargetsForTest(0); }

}  // namespace hourglass::kernels
