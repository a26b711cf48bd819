#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace hourglass::fuzz {

/// Changes files at random, as libFuzzer does, but without looking at what they reach: for compilers
/// that have no libFuzzer. The same seed gives the same files.
class Damage {
 public:
  /// `files` (at least one) are what there is to begin with.
  Damage(std::vector<std::string> files, uint64_t seed) : files_(std::move(files)), random_(seed) {}

  /// One of them with one to six changes.
  std::string next();

 private:
  std::vector<std::string> files_;
  std::mt19937_64 random_;

  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  const std::string& any_file() { return files_[below(files_.size())]; }
  /// Some bytes of a text, up to `most`.
  std::string piece(const std::string& text, size_t most);
  void change(std::string& bytes);
};

}  // namespace hourglass::fuzz
