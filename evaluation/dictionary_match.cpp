#include "hourglass/evaluation/dictionary_match.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/evaluation/assignment.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/safetensors.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {
namespace {

at::Tensor unit_rows(const at::Tensor& vectors) {
  const at::Tensor rows = vectors.to(at::kFloat);
  return rows / rows.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-8);
}

at::Tensor read_vectors(const std::string& text) {
  if (text.ends_with(".npy")) return formats::read_npy(text);
  const size_t mark = text.find('#');
  const auto file = formats::read_safetensors(text.substr(0, mark));
  return mark == std::string::npos ? file.only() : file.find(text.substr(mark + 1));
}

/// a / b where b is not 0, else 0.
at::Tensor share(const at::Tensor& a, const at::Tensor& b) {
  return at::where(b > 0, a / b.clamp_min(1e-300), at::zeros_like(a));
}

}  // namespace

at::Tensor KnownDictionary::present(const at::Tensor& rows) const {
  if (rows.max().item<int64_t>() + 1 >= starts.size(0)) {
    throw Error("{}: expected rows below {}, which are known, found row {}", name,
                starts.size(0) - 1, rows.max().item<int64_t>());
  }
  const at::Tensor first = starts.index_select(0, rows), end = starts.index_select(0, rows + 1);
  const at::Tensor counts = end - first;
  const at::Tensor owner = at::repeat_interleave(counts);  // the row in the batch of each entry
  // Entries of a row lie side by side: its first, and how far behind it.
  const at::Tensor before = counts.cumsum(0) - counts;
  const at::Tensor entries =
      first.index_select(0, owner) + at::arange(owner.size(0)) - before.index_select(0, owner);
  at::Tensor present = at::zeros({rows.size(0), vectors.size(0)}, at::kBool);
  present.index_put_({owner, indices.index_select(0, entries)},
                     values.index_select(0, entries) > 0);
  return present;
}

KnownDictionary read_known_dictionary(const std::string& vectors, const std::string& rows) {
  KnownDictionary known{.name = vectors, .vectors = read_vectors(vectors).to(at::kFloat)};
  if (known.vectors.dim() != 2) {
    throw Error("{}: expected vectors, [how many, values], found a tensor {}", vectors,
                shape_text(known.vectors.sizes().vec()));
  }
  if (rows.empty()) return known;
  const auto file = formats::read_safetensors(rows);
  known.starts = file.find("indptr").to(at::kLong);
  known.indices = file.find("indices").to(at::kLong);
  known.values = file.find("values");
  const bool fits = known.starts.dim() == 1 && known.indices.sizes() == known.values.sizes() &&
                    known.starts.size(0) > 1 &&
                    known.starts[-1].item<int64_t>() == known.indices.size(0) &&
                    known.indices.min().item<int64_t>() >= 0 &&
                    known.indices.max().item<int64_t>() < known.vectors.size(0);
  if (!fits) {
    throw Error(
        "{}: expected indptr, indices and values of a sparse matrix with {} columns, found "
        "others",
        rows, known.vectors.size(0));
  }
  return known;
}

DictionaryMatcher::DictionaryMatcher(const at::Tensor& learned, const KnownDictionary& known)
    : known_(known) {
  if (learned.size(1) != known.vectors.size(1)) {
    throw Error("{}: expected vectors of {} values, as the model's are, found {}", known.name,
                learned.size(1), known.vectors.size(1));
  }
  cosines_ = at::matmul(unit_rows(learned), unit_rows(known.vectors).t()).abs();
  nearest_ = cosines_.argmax(1);
  found_ = wrong_ = missed_ = at::zeros({learned.size(0)}, at::kDouble);
}

void DictionaryMatcher::add(const at::Tensor& code, const at::Tensor& rows) {
  if (!known_.knows_rows()) return;
  const at::Tensor speaks = code.ne(0);
  const at::Tensor there = known_.present(rows).index_select(1, nearest_);  // [B, W]
  found_ = found_ + speaks.logical_and(there).sum(0);
  wrong_ = wrong_ + speaks.logical_and(there.logical_not()).sum(0);
  missed_ = missed_ + speaks.logical_not().logical_and(there).sum(0);
}

DictionaryMatch DictionaryMatcher::match() const {
  const auto columns = best_assignment(1 - cosines_);
  double sum = 0;
  int64_t pairs = 0;
  for (size_t row = 0; row < columns.size(); ++row) {
    if (columns[row] < 0) continue;
    sum += cosines_[static_cast<int64_t>(row)][columns[row]].item<double>();
    ++pairs;
  }
  const at::Tensor unique = std::get<0>(at::_unique(nearest_));
  DictionaryMatch match{
      .mcc = sum / static_cast<double>(pairs),
      .uniqueness = static_cast<double>(unique.size(0)) / static_cast<double>(nearest_.size(0))};
  if (!known_.knows_rows()) return match;
  const at::Tensor precision = share(found_, found_ + wrong_);
  const at::Tensor recall = share(found_, found_ + missed_);
  const at::Tensor f1 = share(2 * precision * recall, precision + recall);
  match.detection = {precision.mean().item<double>(), recall.mean().item<double>(),
                     f1.mean().item<double>()};
  return match;
}

}  // namespace hourglass::evaluation
