#include "hourglass/sources/scaling_json.h"

namespace hourglass::datasets {

void to_json(nlohmann::json& json, const datasets::Scaling& scaling) {
  json = {{"offset", scaling.offset}, {"factor", scaling.factor}};
}

void from_json(const nlohmann::json& json, datasets::Scaling& scaling) {
  json.at("offset").get_to(scaling.offset);
  json.at("factor").get_to(scaling.factor);
}

}  // namespace hourglass::datasets
