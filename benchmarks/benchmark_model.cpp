#include "hourglass/benchmarks/benchmark_model.h"

#include "hourglass/core/random.h"
#include "hourglass/models/summary.h"
#include "hourglass/training/trainer.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <sys/resource.h>

namespace hourglass::benchmarks {

void describe_subject(runs::RunOptions& options, FieldTable& table) {
  table.begin_group("Recipe");
  table.add("recipe", options.recipe, "its options become the defaults of all others")
      .shown_as("NAME");
  table.begin_group("Model");
  options.model.describe(table);
  options.data.describe(table);
  options.training.describe(table);
  table.add("threads", options.threads, "for computing; auto: by the size of model and batch");
}

Subject make_subject(runs::RunOptions options) {
  check(options);
  options.training.device = training::resolve_device(options.training.device).str();
  Subject subject{.options = std::move(options), .data = {}, .model = {}};
  runs::RunOptions& settled = subject.options;
  subject.data = sources::open_data(settled.data, settled.training.seed);
  const datasets::Dataset& rows = *subject.data.training;
  const models::ItemShapes shapes{rows.item_shape(), rows.target_shape()};
  settled.model.network.resolve(shapes);
  at::manual_seed(derive_seed(settled.training.seed, "weights"));
  subject.model = settled.model.build(shapes, rows.condition_width(),
                                      std::ssize(subject.data.info.class_names));
  if (!settled.threads.count) {
    settled.threads.count = runs::automatic_threads(models::summarize(*subject.model).multiply_adds,
                                                    settled.training.batch_size);
  }
  at::set_num_threads(static_cast<int>(*settled.threads.count));
  return subject;
}

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace hourglass::benchmarks
