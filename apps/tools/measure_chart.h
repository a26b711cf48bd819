#pragma once

#include "hourglass/evaluation/assessment_report.h"
#include "hourglass/figures/picture.h"

#include <vector>

namespace hourglass::apps {

/// A group of two bars a checkpoint: the model, and PCA of its size.
figures::Picture comparison_chart(const std::vector<evaluation::AssessedModel>& all,
                                  evaluation::Measure measure);

}  // namespace hourglass::apps
