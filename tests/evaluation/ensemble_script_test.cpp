#include "hourglass/evaluation/ensemble_script.h"

#include "hourglass/evaluation/anomaly_ensemble.h"
#include "hourglass/evaluation/anomaly_findings.h"
#include "hourglass/formats/exports.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <memory>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::exported_member;
using testing::TemporaryFolder;
using testing::unscaled;

TEST(ScriptOfEnsemble, GivesTheScoresAndFlagsOfTheTool) {
  const TemporaryFolder folder;
  const AnomalyDetector ensemble =
      fit_ensemble({{exported_member(folder / "a.pt"), AnomalyScore::Reconstruction},
                    {exported_member(folder / "b.pt"), AnomalyScore::Mahalanobis},
                    {exported_member(folder / "c.pt"), AnomalyScore::Reconstruction}},
                   {.rows = unscaled(at::rand({300, 4})), .text = "rows", .scaling = {}},
                   {ThresholdKind::Quantile, 0.9});
  const at::Tensor items = at::rand({500, 4}) * 1.2 - 0.1;
  const auto found = judge_rows(*ensemble.members[0]->model, ensemble, *unscaled(items));
  const formats::Script script = script_of_ensemble(ensemble);
  EXPECT_TRUE(at::allclose(script.methods.at(0).run({items}).front(), found.scores, 1e-6, 1e-6));
  EXPECT_TRUE(at::equal(script.methods.at(1).run({items}).front(), found.flags()));
  EXPECT_GT(found.flagged(), 0);

  for (const auto format : {formats::ExportFormat::Pt2, formats::ExportFormat::Onnx,
                            formats::ExportFormat::C, formats::ExportFormat::TorchScript}) {
    for (const auto& path : formats::write_export(script, format, folder.path(), "ensemble")) {
      EXPECT_TRUE(std::filesystem::exists(path)) << path;
    }
  }
}

TEST(ScriptOfEnsemble, RefusesMembersThatAreToldAClass) {
  const TemporaryFolder folder;
  AnomalyDetector ensemble;
  ensemble.members.push_back(std::make_shared<EnsembleMember>(
      EnsembleMember{.model = exported_member(folder / "a.pt", 3)}));
  expect_contains(error_of([&] { script_of_ensemble(ensemble); }), {"a.pt", "condition"});
}

}  // namespace
}  // namespace hourglass::evaluation
