#include "hourglass/formats/keras.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/zip.h"
#include "hourglass/tests/formats/complaint.h"
#include "hourglass/tests/formats/keras_files.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::formats {
namespace {

using nlohmann::json;
using testing::complaint_of;
using testing::error_of;
using testing::expect_contains;
using testing::keras_dense;
using testing::keras_input;
using testing::keras_layer;
using testing::keras_sequential;
using testing::KerasArrays;
using testing::TemporaryFolder;

// What Keras computes is compared by tests/python/keras_test.py.

const KerasArrays kWeights = {{"layers/dense/vars/0", {4, 2}},
                              {"layers/dense/vars/1", {2}},
                              {"layers/dense_1/vars/0", {2, 4}},
                              {"layers/dense_1/vars/1", {4}}};

class Keras : public ::testing::Test {
 protected:
  TemporaryFolder folder_;

  std::filesystem::path archive(const std::string& config, const std::string& weights) {
    write_zip(folder_ / "a.keras", {{"config.json", config}, {"model.weights.h5", weights}});
    return folder_ / "a.keras";
  }
  std::filesystem::path archive(const json& config, const KerasArrays& weights = kWeights) {
    return archive(config.dump(), testing::hdf5_bytes(folder_.path(), weights));
  }
  std::string complaint(const json& config, const KerasArrays& weights = kWeights) {
    const auto path = archive(config, weights);
    return error_of([&] { read_keras({.model = path}); });
  }
};

json small_model() {
  return keras_sequential(
      {keras_input({4}), keras_dense("code", 2), keras_dense("out", 4, "sigmoid")});
}

TEST_F(Keras, BecomesLayersInWords) {
  const KerasModel model = read_keras({.model = archive(small_model())});
  EXPECT_EQ(model.encoder, "dense:2");
  EXPECT_EQ(model.decoder, "dense:4");
  EXPECT_EQ(model.variant, "dense");
  EXPECT_EQ(model.likelihood.activation, models::Activation::Sigmoid);
  EXPECT_EQ(model.likelihood.loss, models::Loss::Bce);
  EXPECT_EQ(model.shapes.input, Shape{4});
  ASSERT_EQ(model.encoder_weights.size(), 1U);
  EXPECT_EQ(model.encoder_weights[0].layer, "code");
  EXPECT_EQ(model.encoder_weights[0].tensors.at("weight").sizes(), (at::IntArrayRef{2, 4}));
}

TEST_F(Keras, ArchitectureTakesItsWeightsFromAnotherFile) {
  testing::write_file(folder_ / "a.json", small_model().dump());
  testing::write_file(folder_ / "a.weights.h5", testing::hdf5_bytes(folder_.path(), kWeights));
  EXPECT_EQ(read_keras({.model = folder_ / "a.json", .weights = folder_ / "a.weights.h5"}).encoder,
            "dense:2");
  expect_contains(error_of([&] { read_keras({.model = folder_ / "a.json"}); }),
                  {"a.json", "`weights`"});
  expect_contains(error_of([&] { read_keras({.model = folder_ / "a.weights.h5"}); }),
                  {"a.weights.h5", "HDF5", "MODEL.keras"});
  expect_contains(error_of([&] { read_keras({.model = folder_ / "absent.keras"}); }), {"absent"});
}

TEST_F(Keras, NamesWhatIsNotSupported) {
  const auto with = [&](const json& layer) {
    return complaint(keras_sequential({keras_input({4}), layer, keras_dense("out", 4)}));
  };
  expect_contains(with(keras_layer("GRU", "reader", {{"units", 3}})), {"GRU 'reader'", "LSTM"});
  expect_contains(with(keras_dense("code", 2, "softmax")), {"Dense 'code'", "softmax", "relu"});
  expect_contains(with(keras_layer("Conv2D", "c", json::object())), {"Conv2D 'c'", "a map", "4"});
  expect_contains(complaint({{"class_name", "VAE"}, {"config", {{"name", "mine"}}}}),
                  {"mine", "VAE", "keras.Sequential"});
  expect_contains(complaint(keras_sequential({keras_dense("code", 2)})),
                  {"Dense 'code'", "InputLayer"});
  expect_contains(complaint(keras_sequential({keras_input({4}), keras_dense("out", 2)})),
                  {"weights"});
  expect_contains(complaint(keras_sequential({keras_input({0}), keras_dense("a", 2)})),
                  {"batch_shape"});
}

TEST_F(Keras, NamesWeightsThatAreMissingOrOfAnotherShape) {
  KerasArrays weights = kWeights;
  weights["layers/dense_1/vars/1"] = {5};
  expect_contains(complaint(small_model(), weights),
                  {"Dense 'out'", "layers/dense_1/vars/1", "4", "5"});
  weights.erase("layers/dense_1/vars/1");
  expect_contains(complaint(small_model(), weights),
                  {"model.weights.h5", "Dense 'out'", "layers/dense_1/vars/1", "none"});
}

TEST_F(Keras, TheCodeIsTheLayerThatIsNamed) {
  const json model = keras_sequential(
      {keras_input({4}), keras_dense("a", 2), keras_dense("b", 4), keras_dense("out", 4)});
  KerasArrays weights = kWeights;
  weights["layers/dense_2/vars/0"] = {4, 4};
  weights["layers/dense_2/vars/1"] = {4};
  const auto path = archive(model, weights);
  EXPECT_EQ(read_keras({.model = path}).encoder, "dense:2");
  EXPECT_EQ(read_keras({.model = path, .code = "b"}).encoder, "dense:2; dense:4");
  expect_contains(error_of([&] { read_keras({.model = path, .code = "bb"}); }),
                  {"'bb'", "did you mean"});
  expect_contains(error_of([&] { read_keras({.model = path, .code = "out"}); }), {"out", "behind"});
}

TEST_F(Keras, GraphsThatAreNoChainsAreRefused) {
  const auto reads = [](json layer, const std::vector<std::string>& sources) {
    layer["name"] = layer["config"]["name"];
    json arguments = json::array();
    for (const auto& source : sources) {
      arguments.push_back(
          {{"class_name", "__keras_tensor__"}, {"config", {{"keras_history", {source, 0, 0}}}}});
    }
    layer["inbound_nodes"] = sources.empty() ? json::array() : json{{{"args", arguments}}};
    return layer;
  };
  const auto functional = [&](const std::vector<json>& layers) {
    return json{
        {"class_name", "Functional"},
        {"config", {{"name", "model"}, {"layers", layers}, {"output_layers", {"out", 0, 0}}}}};
  };
  const json input = reads(keras_input({4}), {}), code = reads(keras_dense("code", 2), {"input"});
  const json out = reads(keras_dense("out", 4), {"code"});
  EXPECT_EQ(read_keras({.model = archive(functional({input, code, out}))}).decoder, "dense:4");
  EXPECT_EQ(read_keras({.model = archive(functional({out, input, code}),
                                         {{"layers/dense_1/vars/0", {4, 2}},
                                          {"layers/dense_1/vars/1", {2}},
                                          {"layers/dense/vars/0", {2, 4}},
                                          {"layers/dense/vars/1", {4}}})})
                .decoder,
            "dense:4");
  expect_contains(
      complaint(functional({input, code, reads(keras_dense("out", 4), {"code", "input"})})),
      {"Dense 'out'", "2"});
  expect_contains(complaint(functional({input, code, out, reads(keras_dense("x", 4), {"code"})})),
                  {"a chain", "'code'"});
  // Around in a circle.
  expect_contains(complaint(functional({input, reads(keras_dense("code", 2), {"out"}), out})),
                  {"chain"});
}

TEST_F(Keras, HostileSizesTakeNoMemory) {
  const json huge = keras_layer("UpSampling2D", "u", {{"size", {2147483648, 2147483648}}});
  expect_contains(complaint(keras_sequential({keras_input({2, 2, 1}), huge})),
                  {"UpSampling2D 'u'", "values"});
  expect_contains(complaint(keras_sequential({keras_input({4}), keras_dense("d", 2147483648)})),
                  {"Dense 'd'", "2147483648"});
  expect_contains(complaint(keras_sequential({keras_input({4}), keras_dense("d", -1)})),
                  {"Dense 'd'", "-1"});
  json nested = small_model();
  for (int i = 0; i < 40; ++i) nested = keras_sequential({nested});
  expect_contains(complaint(nested), {"levels"});
}

TEST_F(Keras, DamagedArchivesAreRefused) {
  const std::string whole = read_file(archive(small_model()));
  for (size_t kept = 0; kept < whole.size(); kept += 97) {
    testing::write_file(folder_ / "cut.keras", whole.substr(0, kept));
    EXPECT_NE(complaint_of([&] { read_keras({.model = folder_ / "cut.keras"}); }), "") << kept;
  }
  write_zip(folder_ / "b.keras", {{"config.json", small_model().dump()}});
  expect_contains(error_of([&] { read_keras({.model = folder_ / "b.keras"}); }),
                  {"model.weights.h5"});
  const auto text = archive("{}", "no HDF5");
  EXPECT_NE(complaint_of([&] { read_keras({.model = text}); }), "");
}

/// Any value of a setting may be of any type.
TEST_F(Keras, SettingsOfOtherTypesAreErrors) {
  const std::vector<json> values = {nullptr,
                                    true,
                                    -3,
                                    2.5,
                                    "text",
                                    json::array(),
                                    json::object(),
                                    json{1, 2, 3},
                                    18446744073709551615U};
  const json flat = small_model().flatten();
  const std::string weights = testing::hdf5_bytes(folder_.path(), kWeights);
  for (const auto& [path, old] : flat.items()) {
    for (const json& value : values) {
      json model = small_model();
      model[json::json_pointer(path)] = value;
      const auto file = archive(model.dump(), weights);
      EXPECT_NO_THROW(complaint_of([&] { read_keras({.model = file}); })) << path << value;
    }
  }
}

}  // namespace
}  // namespace hourglass::formats
