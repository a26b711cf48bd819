#include "hourglass/runs/state_file.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/pickle_file.h"

#include <ATen/core/Dict.h>

namespace hourglass::runs {
namespace {

constexpr int64_t kStateFormat = 1;

using Dictionary = c10::impl::GenericDict;

Dictionary new_dictionary() { return Dictionary(c10::StringType::get(), c10::AnyType::get()); }

/// A list without a type of its elements: typed ones are classes of LibTorch that `torch.load`
/// refuses.
c10::impl::GenericList new_list() { return c10::impl::GenericList(c10::AnyType::get()); }

c10::impl::GenericList pack(const std::vector<at::Tensor>& tensors) {
  auto list = new_list();
  for (const auto& tensor : tensors) list.push_back(tensor.cpu());
  return list;
}

Dictionary pack(const training::ModelState& state) {
  auto entries = new_dictionary();
  entries.insert("parameters", state.parameters.cpu());
  entries.insert("buffers", pack(state.buffers));
  return entries;
}

std::vector<at::Tensor> unpack_tensors(const c10::IValue& list) {
  std::vector<at::Tensor> tensors;
  for (const auto& entry : list.toListRef()) tensors.push_back(entry.toTensor());
  return tensors;
}

training::ModelState unpack_model(const Dictionary& entries) {
  return {entries.at("parameters").toTensor(), unpack_tensors(entries.at("buffers"))};
}

/// Two lists, because a dictionary would not keep the order of the columns.
Dictionary pack(const training::Measurements& measurements) {
  auto entries = new_dictionary();
  auto names = new_list(), values = new_list();
  for (const auto& measurement : measurements) {
    names.push_back(measurement.name);
    values.push_back(measurement.value);
  }
  entries.insert("names", names);
  entries.insert("values", values);
  return entries;
}

training::Measurements unpack_measurements(const Dictionary& entries) {
  const auto names = entries.at("names").toListRef();
  const auto values = entries.at("values").toListRef();
  training::Measurements measurements;
  for (size_t i = 0; i < names.size(); ++i) {
    measurements.push_back({names[i].toStringRef(), values[i].toDouble()});
  }
  return measurements;
}

Dictionary pack(const training::BestEpoch& best) {
  auto entries = new_dictionary();
  entries.insert("epoch", best.epoch);
  if (best.epoch == 0) return entries;
  entries.insert("monitored", best.monitored);
  entries.insert("training", pack(best.training));
  entries.insert("validation", pack(best.validation));
  entries.insert("model", pack(best.model));
  return entries;
}

training::BestEpoch unpack_best(const Dictionary& entries) {
  if (entries.at("epoch").toInt() == 0) return {};
  return {entries.at("epoch").toInt(), entries.at("monitored").toDouble(),
          unpack_measurements(entries.at("training").toGenericDict()),
          unpack_measurements(entries.at("validation").toGenericDict()),
          unpack_model(entries.at("model").toGenericDict())};
}

training::TrainingState unpack_state(const Dictionary& entries) {
  training::TrainingState state;
  state.epoch = entries.at("epoch").toInt();
  state.model = unpack_model(entries.at("model").toGenericDict());
  state.optimizer = {entries.at("optimizer_steps").toInt(),
                     unpack_tensors(entries.at("optimizer_slots"))};
  state.learning_rate = {entries.at("learning_rate_factor").toDouble(),
                         entries.at("plateau_best").toDouble(),
                         entries.at("plateau_epochs").toInt()};
  state.best = unpack_best(entries.at("best").toGenericDict());
  return state;
}

}  // namespace

void save_state(const std::filesystem::path& path, const training::TrainingState& state) {
  auto entries = new_dictionary();
  entries.insert("format", kStateFormat);
  entries.insert("epoch", state.epoch);
  entries.insert("model", pack(state.model));
  entries.insert("optimizer_steps", state.optimizer.steps);
  entries.insert("optimizer_slots", pack(state.optimizer.slots));
  entries.insert("learning_rate_factor", state.learning_rate.factor);
  entries.insert("plateau_best", state.learning_rate.best);
  entries.insert("plateau_epochs", state.learning_rate.epochs_without_improvement);
  entries.insert("best", pack(state.best));
  formats::write_pickle(path, entries);
}

training::TrainingState load_state(const std::filesystem::path& path) {
  try {
    const auto entries = formats::read_pickle(path).toGenericDict();
    const int64_t format = entries.at("format").toInt();
    if (format != kStateFormat) {
      throw Error("{}: expected state format {}, found {}: resume with the version that wrote it",
                  path.string(), kStateFormat, format);
    }
    return unpack_state(entries);
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {  // LibTorch's messages are pages long and name its own files
    throw Error(
        "{}: expected the saved state of a run, found {} bytes that are damaged or of another kind",
        path.string(), std::filesystem::file_size(path));
  }
}

}  // namespace hourglass::runs
