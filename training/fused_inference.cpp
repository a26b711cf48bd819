#include "hourglass/training/fused_inference.h"

#include "hourglass/training/fused/inference.h"

#include <ATen/Parallel.h>

namespace hourglass::training {
namespace {

using namespace fused;

// Items that a thread takes at once: enough to read the weights seldom, few enough for what flows
// from layer to layer to stay in its cache.
constexpr int64_t kItemsOfThread = 128;

class FusedInference : public models::Inference {
 public:
  explicit FusedInference(const models::Autoencoder& model)
      : step_{.only_infers = true,
              .most_items = kItemsOfThread * at::get_num_threads(),
              .most_shards = at::get_num_threads()},
        network_(make_network(model, false, step_, parameters_)),
        team_(step_.most_shards),
        inference_(*network_, step_, team_) {
    parameters_.allocate(0);
    Program refresh;
    network_->add_refresh(refresh);
    step_.begin(step_.most_shards, step_.most_shards);
    refresh.run(team_, step_.items, step_.shards);
  }

  std::vector<at::Tensor> run(const std::string& method,
                              const std::vector<at::Tensor>& arguments) override {
    return inference_.run(method, arguments);
  }

 private:
  Step step_;
  Parameters parameters_;
  std::unique_ptr<Network> network_;
  Team team_;
  fused::Inference inference_;
};

}  // namespace

std::unique_ptr<models::Inference> make_fused_inference(const models::Autoencoder& model) {
  if (fused::obstacle(model)) return nullptr;
  return std::make_unique<FusedInference>(model);
}

}  // namespace hourglass::training
