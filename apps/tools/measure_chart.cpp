#include "hourglass/apps/tools/measure_chart.h"

#include "hourglass/figures/bar_chart.h"

#include <limits>
#include <string>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;

Picture comparison_chart(const std::vector<AssessedModel>& all, Measure measure) {
  std::vector<std::string> names;
  BarSeries models{"autoencoder", {}}, pca{"PCA of its size", {}};
  const auto value_of = [&](const Measures& measures) {
    return measures.at(measure).value.value_or(std::numeric_limits<double>::quiet_NaN());
  };
  for (const auto& model : all) {
    names.push_back(model.name);
    models.values.push_back(value_of(model.found.model));
    pca.values.push_back(value_of(model.found.pca));
  }
  const std::string title = measure_title(measure);
  return bar_chart(names, {models, pca},
                   {.title = title + " of the rows evaluated",
                    .y_label = title + (is_accuracy(measure) ? " accuracy" : "")});
}

}  // namespace hourglass::apps
