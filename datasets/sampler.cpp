#include "hourglass/datasets/sampler.h"

#include "hourglass/core/random.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>

namespace hourglass::datasets {
namespace {

constexpr std::string_view kBlocks = "blocks:";
constexpr int64_t kMost = 1 << 24;  // rows of a block, blocks of a window

/// A random order of `rows` (Fisher and Yates; Durstenfeld 1964) that the seed alone decides.
void shuffle_rows(std::vector<int64_t>& rows, uint64_t seed) {
  for (size_t i = rows.size(); i > 1; --i) {
    const auto words = philox(seed, 0, i);
    std::swap(rows[i - 1], rows[(uint64_t{words[0]} << 32 | words[1]) % i]);
  }
}

/// at::randperm's permutation [size], to the bit, by this thread alone: that one wakes the threads of
/// OpenMP to write 0, 1, 2, …, and these then look for more work for some 7 ms, on the cores that the
/// epoch's first steps need. Epochs of fashion-32 take 55 ms.
at::Tensor permutation(int64_t size, uint64_t seed) {
  // Of more rows LibTorch's draws are of 64 bits.
  constexpr int64_t kOfShortDraws = std::numeric_limits<uint32_t>::max() / 20;
  at::Generator generator = at::detail::createCPUGenerator(seed);
  if (size >= kOfShortDraws) return at::randperm(size, generator, at::kLong);
  auto* words = at::check_generator<at::CPUGeneratorImpl>(generator);
  at::Tensor order = at::empty({size}, at::kLong);
  auto* rows = order.mutable_data_ptr<int64_t>();
  std::iota(rows, rows + size, 0);
  for (int64_t i = 0; i + 1 < size; ++i) std::swap(rows[i], rows[i + words->random() % (size - i)]);
  return order;
}

}  // namespace

void SequentialSampler::positions(int64_t /*epoch*/, int64_t first, std::span<int64_t> to) const {
  std::iota(to.begin(), to.end(), first);
}

void ShuffledSampler::positions(int64_t epoch, int64_t first, std::span<int64_t> to) const {
  if (epoch != epoch_) {
    const uint64_t seed = derive_seed(seed_, "shuffle", static_cast<uint64_t>(epoch));
    order_ = permutation(size_, seed);
    epoch_ = epoch;
  }
  std::copy_n(order_.const_data_ptr<int64_t>() + first, to.size(), to.begin());
}

void StretchSampler::positions(int64_t epoch, int64_t first, std::span<int64_t> to) const {
  for (int64_t next = (epoch - 1) * size_ + first; !to.empty();) {
    const int64_t pass = next / whole_->size(), begin = next % whole_->size();
    const int64_t count = std::min(std::ssize(to), whole_->size() - begin);
    whole_->positions(pass + 1, begin, to.first(static_cast<size_t>(count)));
    to = to.subspan(static_cast<size_t>(count));
    next += count;
  }
}

BlockSampler::BlockSampler(int64_t size, int64_t block_rows, int64_t window_blocks, uint64_t seed,
                           DatasetPtr data)
    : size_(size),
      block_rows_(block_rows),
      window_blocks_(window_blocks),
      blocks_((size + block_rows - 1) / block_rows),
      seed_(seed),
      data_(std::move(data)) {}

int64_t BlockSampler::rows_in(int64_t block) const {
  return std::min(block_rows_, size_ - block * block_rows_);
}

std::span<const int64_t> BlockSampler::blocks_of(int64_t window) const {
  const int64_t first = window * window_blocks_;
  return {blocks_of_epoch_.const_data_ptr<int64_t>() + first,
          static_cast<size_t>(std::min(window_blocks_, blocks_ - first))};
}

/// All windows have as many rows but the last, and the one with the data's last block, which may be
/// shorter.
int64_t BlockSampler::start_of(int64_t window) const {
  const auto* blocks = blocks_of_epoch_.const_data_ptr<int64_t>();
  const int64_t before = std::min(window * window_blocks_, blocks_);
  const bool short_before = std::find(blocks, blocks + before, blocks_ - 1) != blocks + before;
  return before * block_rows_ - (short_before ? block_rows_ - rows_in(blocks_ - 1) : 0);
}

int64_t BlockSampler::window_of(int64_t position) const {
  // Right, or one too low behind the short block.
  const int64_t window = position / (block_rows_ * window_blocks_);
  return position >= start_of(window + 1) ? window + 1 : window;
}

void BlockSampler::begin_epoch(int64_t epoch) const {
  const uint64_t seed = derive_seed(seed_, "shuffle blocks", static_cast<uint64_t>(epoch));
  blocks_of_epoch_ = permutation(blocks_, seed);
  epoch_ = epoch;
  window_ = -1;
}

void BlockSampler::begin_window(int64_t window) const {
  rows_.clear();
  for (const int64_t block : blocks_of(window)) {
    for (int64_t i = 0; i < rows_in(block); ++i) rows_.push_back(block * block_rows_ + i);
  }
  const uint64_t seed = derive_seed(derive_seed(seed_, "shuffle", static_cast<uint64_t>(epoch_)),
                                    "window", static_cast<uint64_t>(window));
  shuffle_rows(rows_, seed);
  window_ = window;
  window_start_ = start_of(window);
  if ((window + 1) * window_blocks_ < blocks_) expect_window(window + 1);
}

void BlockSampler::expect_window(int64_t window) const {
  if (!data_) return;
  for (const int64_t block : blocks_of(window)) {
    data_->expect_reading(block * block_rows_, rows_in(block));
  }
}

void BlockSampler::positions(int64_t epoch, int64_t first, std::span<int64_t> to) const {
  if (epoch != epoch_) begin_epoch(epoch);
  while (!to.empty()) {
    const int64_t end = window_start_ + std::ssize(rows_);
    if (window_ < 0 || first < window_start_ || first >= end) begin_window(window_of(first));
    const auto some = std::span(rows_).subspan(static_cast<size_t>(first - window_start_));
    const size_t count = std::min(some.size(), to.size());
    std::copy_n(some.begin(), count, to.begin());
    to = to.subspan(count);
    first += static_cast<int64_t>(count);
  }
}

std::string Shuffle::expects() { return "auto, full, blocks:ROWS[,WINDOW] or none"; }

std::optional<Shuffle> Shuffle::parse(const std::string& text) {
  if (text == "auto") return Shuffle{};
  if (text == "full") return Shuffle{Kind::Full};
  if (text == "none") return Shuffle{Kind::None};
  if (!text.starts_with(kBlocks)) return {};
  const auto parts = split_text(text.substr(kBlocks.size()), ',');
  if (parts.empty() || parts.size() > 2) return {};
  Shuffle shuffle{Kind::Blocks};
  const auto rows = parse_integer(parts[0]);
  const auto window = parts.size() > 1 ? parse_integer(parts[1]) : shuffle.window_blocks;
  const auto fits = [](const auto& number) { return number && *number > 0 && *number <= kMost; };
  if (!fits(rows) || !fits(window)) return {};
  shuffle.block_rows = *rows;
  shuffle.window_blocks = *window;
  return shuffle;
}

std::string Shuffle::text() const {
  switch (kind) {
    case Kind::Auto: return "auto";
    case Kind::Full: return "full";
    case Kind::None: return "none";
    case Kind::Blocks: break;
  }
  return fmt::format("{}{},{}", kBlocks, block_rows, window_blocks);
}

Shuffle blocks_for(const Shape& item_shape) {
  constexpr int64_t kValuesInABlock = 1 << 16;
  Shuffle shuffle{Shuffle::Kind::Blocks};
  const int64_t rows = kValuesInABlock / std::max<int64_t>(element_count(item_shape), 1);
  shuffle.block_rows = std::clamp<int64_t>(rows, 1, shuffle.block_rows);
  return shuffle;
}

std::shared_ptr<const Sampler> make_sampler(const Shuffle& shuffle, const DatasetPtr& data,
                                            uint64_t seed) {
  switch (shuffle.kind) {
    case Shuffle::Kind::Blocks:
      return std::make_shared<BlockSampler>(data->size(), shuffle.block_rows, shuffle.window_blocks,
                                            seed, data);
    case Shuffle::Kind::None: return std::make_shared<SequentialSampler>(data->size());
    default: return std::make_shared<ShuffledSampler>(data->size(), seed);
  }
}

}  // namespace hourglass::datasets
