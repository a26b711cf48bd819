#include "training/state_file.h"

#include "core/error.h"
#include "core/files.h"

#include <ATen/core/Dict.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <string_view>

namespace hourglass {
namespace {

constexpr int64_t kStateFormat = 1;

using Dictionary = c10::impl::GenericDict;

Dictionary new_dictionary() { return Dictionary(c10::StringType::get(), c10::AnyType::get()); }

Dictionary pack(const ModelState& state) {
  auto entries = new_dictionary();
  entries.insert("parameters", state.parameters.cpu());
  std::vector<at::Tensor> buffers;
  for (const auto& buffer : state.buffers) buffers.push_back(buffer.cpu());
  entries.insert("buffers", buffers);
  return entries;
}

ModelState unpack_model(const Dictionary& entries) {
  return {entries.at("parameters").toTensor(), entries.at("buffers").toTensorVector()};
}

/// Two lists, because a dictionary would not keep the order of the columns.
Dictionary pack(const Measurements& measurements) {
  auto entries = new_dictionary();
  c10::List<std::string> names;
  c10::List<double> values;
  for (const auto& measurement : measurements) {
    names.push_back(measurement.name);
    values.push_back(measurement.value);
  }
  entries.insert("names", names);
  entries.insert("values", values);
  return entries;
}

Measurements unpack_measurements(const Dictionary& entries) {
  const auto names = entries.at("names").toListRef();
  const auto values = entries.at("values").toListRef();
  Measurements measurements;
  for (size_t i = 0; i < names.size(); ++i) {
    measurements.push_back({names[i].toStringRef(), values[i].toDouble()});
  }
  return measurements;
}

Dictionary pack(const BestEpoch& best) {
  auto entries = new_dictionary();
  entries.insert("epoch", best.epoch);
  if (best.epoch == 0) return entries;
  entries.insert("monitored", best.monitored);
  entries.insert("training", pack(best.training));
  entries.insert("validation", pack(best.validation));
  entries.insert("model", pack(best.model));
  return entries;
}

BestEpoch unpack_best(const Dictionary& entries) {
  if (entries.at("epoch").toInt() == 0) return {};
  return {entries.at("epoch").toInt(), entries.at("monitored").toDouble(),
          unpack_measurements(entries.at("training").toGenericDict()),
          unpack_measurements(entries.at("validation").toGenericDict()),
          unpack_model(entries.at("model").toGenericDict())};
}

TrainingState unpack_state(const Dictionary& entries) {
  TrainingState state;
  state.epoch = entries.at("epoch").toInt();
  state.model = unpack_model(entries.at("model").toGenericDict());
  state.optimizer = {entries.at("optimizer_steps").toInt(),
                     entries.at("optimizer_slots").toTensorVector()};
  state.learning_rate = {entries.at("learning_rate_factor").toDouble(),
                         entries.at("plateau_best").toDouble(),
                         entries.at("plateau_epochs").toInt()};
  state.best = unpack_best(entries.at("best").toGenericDict());
  return state;
}

}  // namespace

void save_state(const std::filesystem::path& path, const TrainingState& state) {
  auto entries = new_dictionary();
  entries.insert("format", kStateFormat);
  entries.insert("epoch", state.epoch);
  entries.insert("model", pack(state.model));
  std::vector<at::Tensor> slots;
  for (const auto& slot : state.optimizer.slots) slots.push_back(slot.cpu());
  entries.insert("optimizer_steps", state.optimizer.steps);
  entries.insert("optimizer_slots", slots);
  entries.insert("learning_rate_factor", state.learning_rate.factor);
  entries.insert("plateau_best", state.learning_rate.best);
  entries.insert("plateau_epochs", state.learning_rate.epochs_without_improvement);
  entries.insert("best", pack(state.best));
  const std::vector<char> bytes = torch::jit::pickle_save(entries);
  write_file_atomically(path, std::string_view(bytes.data(), bytes.size()));
}

TrainingState load_state(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  try {
    const auto entries =
        torch::jit::pickle_load(std::vector<char>(bytes.begin(), bytes.end())).toGenericDict();
    const int64_t format = entries.at("format").toInt();
    if (format != kStateFormat) {
      throw Error("{}: expected state format {}, found {}: resume with the version that wrote it",
                  path.string(), kStateFormat, format);
    }
    return unpack_state(entries);
  } catch (const Error&) {
    throw;
  } catch (
      const std::exception&) {  // LibTorch's messages are pages long and name its own source files
    throw Error(
        "{}: expected the saved state of a run, found {} bytes that are damaged or of another kind",
        path.string(), bytes.size());
  }
}

}  // namespace hourglass
