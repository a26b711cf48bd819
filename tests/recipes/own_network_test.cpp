// A network of a program's own: registered here and shipped nowhere, it serves objectives that know
// nothing of it.

#include "hourglass/models/layers.h"
#include "hourglass/models/network.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::recipes {
namespace {

/// x -> x + tanh(dense(x)).
class ResidualLayer : public models::Layer {
 public:
  explicit ResidualLayer(int64_t width) {
    inner_ = register_module(
        "inner", std::make_shared<models::DenseLayer>(width, width, models::Activation::Tanh));
  }

  models::LayerPlan plan() const override {
    return {.kind = "residual", .title = "Residual, tanh", .sizes = inner_->plan().sizes};
  }

 protected:
  at::Tensor run(const at::Tensor& x) override { return x + inner_->forward(x); }

 private:
  std::shared_ptr<models::DenseLayer> inner_;
};

/// Blocks of residual layers on either side of a linear code.
struct ResidualNetwork {
  static constexpr const char* kName = "residual";
  static constexpr const char* kSummary = "residual dense layers";

  int64_t blocks = 2, code = 4;

  void describe(FieldTable& table) {
    table.add("blocks", blocks, "residual layers on either side of the code").at_least(1);
    table.add("code", code, "its width").at_least(1);
  }
  void check() const {}
  models::Activation last_activation() const { return models::Activation::Linear; }

  models::Network build(const models::NetworkRequest& request) const {
    using models::Activation;
    using models::DenseLayer;
    const int64_t input = element_count(request.shapes.input);
    const int64_t target = element_count(request.shapes.target);
    models::Network network{.encoder = std::make_shared<models::Stack>(),
                            .heads = {},
                            .decoder = std::make_shared<models::Stack>(),
                            .code_shape = {code}};
    network.encoder->add(std::make_shared<models::FlattenLayer>());
    for (int64_t i = 0; i < blocks; ++i) {
      network.encoder->add(std::make_shared<ResidualLayer>(input));
    }
    for (const auto& name : request.heads) {
      network.heads.push_back(
          {name, std::make_shared<DenseLayer>(input, code, Activation::Linear)});
    }
    if (request.heads.empty()) {
      network.encoder->add(std::make_shared<DenseLayer>(input, code, Activation::Linear));
    }
    network.decoder->add(std::make_shared<DenseLayer>(code, target, Activation::Linear));
    for (int64_t i = 0; i < blocks; ++i) {
      network.decoder->add(std::make_shared<ResidualLayer>(target));
    }
    network.decoder->add(std::make_shared<models::ReshapeLayer>(request.shapes.target));
    return network;
  }
};

TEST(OwnNetwork, ServesEveryObjectiveWithoutTouchingIt) {
  models::register_network(models::network_kind<ResidualNetwork>());
  const auto data = sources::open_data(
      {.dataset = "digits", .validation = {datasets::Validation::Kind::None}}, 1);
  for (const char* variant :
       {"dense", "sparse", "contractive", "variational", "wasserstein", "adversarial",
        "importance_weighted", "vector_quantized", "regularized"}) {
    SCOPED_TRACE(variant);
    at::manual_seed(1);
    runs::RunOptions options = runs::options_of(variant, "", "residual");
    FieldTable table;
    options.describe(table);
    table.find("blocks")->set("1");
    const auto model = options.model.build(
        {data.training->item_shape(), data.training->target_shape()}, /*condition_width=*/0);
    training::Trainer trainer(model, data.training, nullptr, {.epochs = 2, .device = "cpu"});
    const double before = value_of(trainer.evaluate_training_rows(), "loss");
    const auto result = trainer.run();
    EXPECT_LT(value_of(result.last->training, "loss"), before);
    EXPECT_EQ(model->plan().encoder[1].layer.kind, "residual");
  }
}

TEST(OwnNetwork, HasANameThatNoOtherHas) {
  models::NetworkKind taken = models::network_kind<ResidualNetwork>();
  taken.name = "dense";
  testing::expect_contains(testing::error_of([&] { models::register_network(taken); }),
                           {"'dense'", "taken"});
}

}  // namespace
}  // namespace hourglass::recipes
